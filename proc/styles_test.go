package proc

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

// subject is a process that scenarios are about, in either style.
type subject interface {
	ops
	Offload(f func() (any, error)) error
	Request(to PID, req any, timeout time.Duration) (RequestID, error)
	SendAfter(d time.Duration, to PID, body any) (Timer, error)
	Caller() (Caller, bool)
	Reply(v any) error
	ReplyTo(k Caller, v any) error
}

// scenario is what a process does with its messages, and at its end: in Terminate, or in a deferred function.
type scenario struct {
	name   string
	handle func(s subject, to PID, m Message) error
	end    func(s subject, to PID)
	drive  []any    // what it is sent; a call, when that is one; an exit signal, when that is one
	trace  []string // what the process that has spawned it, linked and monitoring, sees
}

type aCall struct{ v any }

// styled is a scenario's process as a state machine.
type styled struct {
	s  scenario
	to PID
}

func (a *styled) Handle(c *Ctx, m Message) error { return a.s.handle(c, a.to, m) }
func (a *styled) Terminate(c *Ctx, _ error) {
	if a.s.end != nil {
		a.s.end(c, a.to)
	}
}

// line is the same in direct style.
func (s scenario) line(to PID) Factory {
	return Direct(func(self *Self) error {
		if s.end != nil {
			defer func() { s.end(self, to) }()
		}
		for {
			if err := s.handle(self, to, self.Receive()); err != nil {
				return err
			}
		}
	})
}

// forward sends what comes to the observer.
func forward(s subject, to PID, m Message) error { return s.Send(to, m.Body) }

// last says that the end has come.
func last(s subject, to PID) { _ = s.Send(to, "last") }

func scenarios() []scenario {
	fails := func(f func(s subject) error) func(subject, PID, Message) error {
		return func(s subject, _ PID, _ Message) error { return f(s) }
	}
	offloads := func(f func() (any, error)) func(subject, PID, Message) error {
		return func(s subject, to PID, m Message) error {
			if r, ok := m.Body.(OffloadResult); ok {
				_ = s.Send(to, fmt.Sprintf("%v %v", r.Value, r.Err))
				return Normal
			}
			return s.Offload(f)
		}
	}
	var kept Caller
	return []scenario{
		{"messages, then an exit signal", forward, last, []any{"a", "b", errFirst}, []string{"a", "b", "last", "exit: the first", "down: the first"}},
		{"normal end", fails(func(subject) error { return Normal }), last, []any{1}, []string{"last", "exit: " + Normal.Error(), "down: " + Normal.Error()}},
		{"error", fails(func(subject) error { return errFault }), last, []any{1}, []string{"last", "exit: a fault", "down: a fault"}},
		{"panic", fails(func(subject) error { panic("boom") }), last, []any{1}, []string{"last", "exit: proc: panic: boom", "down: proc: panic: boom"}},
		{"Goexit", fails(func(subject) error { runtime.Goexit(); return nil }), last, []any{1}, []string{"last", "exit: " + ErrGoexit.Error(), "down: " + ErrGoexit.Error()}},
		{"panic without a core", fails(func(s subject) error { s.Blocking(func() {}); panic("boom") }), last, []any{1},
			[]string{"last", "exit: proc: panic: boom", "down: proc: panic: boom"}},
		{"Goexit without a core", fails(func(s subject) error { s.Blocking(runtime.Goexit); return nil }), last, []any{1},
			[]string{"last", "exit: " + ErrGoexit.Error(), "down: " + ErrGoexit.Error()}},
		{"kill", forward, nil, []any{"a", Kill}, []string{"a", "exit: " + Killed.Error(), "down: " + Killed.Error()}},
		{"Offload", offloads(func() (any, error) { return 7, errFault }), last, []any{1}, []string{"7 a fault", "last", "exit: " + Normal.Error(), "down: " + Normal.Error()}},
		{"panic in Offload", offloads(func() (any, error) { panic("boom") }), last, []any{1},
			[]string{"<nil> proc: panic: boom", "last", "exit: " + Normal.Error(), "down: " + Normal.Error()}},
		{"Goexit in Offload", offloads(func() (any, error) { runtime.Goexit(); return nil, nil }), last, []any{1},
			[]string{"<nil> " + ErrGoexit.Error(), "last", "exit: " + Normal.Error(), "down: " + Normal.Error()}},
		{"blocking at the end", fails(func(subject) error { return errFault }), func(s subject, to PID) { s.Blocking(runtime.Gosched); last(s, to) }, []any{1},
			[]string{"last", "exit: a fault", "down: a fault"}},
		{"blocking at the end by a signal", forward, func(s subject, to PID) { last(s, to); s.Blocking(runtime.Gosched); last(s, to) }, []any{"a", errFirst},
			[]string{"a", "last", "last", "exit: the first", "down: the first"}},
		{"panic at a normal end", fails(func(subject) error { return Normal }), func(s subject, to PID) { last(s, to); panic("at the end") }, []any{1},
			[]string{"last", "exit: proc: panic: at the end", "down: proc: panic: at the end"}},
		{"panic at the end by a signal", forward, func(s subject, to PID) { last(s, to); panic("at the end") }, []any{"a", errFirst},
			[]string{"a", "last", "exit: proc: panic: at the end", "down: proc: panic: at the end"}},
		{"panic at the end by a panic", fails(func(subject) error { panic("boom") }), func(s subject, to PID) { last(s, to); panic("at the end") }, []any{1},
			[]string{"last", "exit: proc: panic: at the end", "down: proc: panic: at the end"}},
		{"request at the end", fails(func(subject) error { return Normal }), func(s subject, to PID) { _, _ = s.Request(to, "asking", time.Hour) }, []any{1},
			[]string{"asking", "exit: " + Normal.Error(), "down: " + Normal.Error()}},
		{"request at the end by a signal", forward, func(s subject, to PID) { _, _ = s.Request(to, "asking", time.Hour) }, []any{"a", errFirst},
			[]string{"a", "asking", "exit: the first", "down: the first"}},
		{"calls", func(s subject, _ PID, m Message) error { return s.Reply(m.Body) }, last, []any{aCall{1}, aCall{2}, errFirst},
			[]string{"1 <nil>", "2 <nil>", "last", "exit: the first", "down: the first"}},
		{"call that it ends by", fails(func(subject) error { return errFault }), nil, []any{aCall{1}}, []string{"exit: a fault", "down: a fault", "<nil> a fault"}},
		{"reply at the end", func(s subject, _ PID, m Message) error { kept, _ = s.Caller(); return errFault }, func(s subject, _ PID) { _ = s.ReplyTo(kept, "late") }, []any{aCall{1}},
			[]string{"late <nil>", "exit: a fault", "down: a fault"}},
		{"exit of itself", fails(func(s subject) error { _ = s.Exit(s.Info().PID, errSecond); return nil }), last, []any{1},
			[]string{"last", "exit: the second", "down: the second"}},
		{"end of a linked child", fails(func(s subject) error {
			_, err := s.SpawnLink(withInit(func(*Ctx) error { return errSecond }))
			return err
		}), last, []any{1},
			[]string{"last", "exit: the second", "down: the second"}},
		{"trapping exits", func(s subject, to PID, m Message) error {
			if e, ok := m.Body.(Exit); ok {
				_ = s.Send(to, fmt.Sprint("trapped ", e.Reason))
				return e.Reason
			}
			s.TrapExit(true)
			_, err := s.SpawnLink(withInit(func(*Ctx) error { return errSecond }))
			return err
		}, last, []any{1}, []string{"trapped the second", "last", "exit: the second", "down: the second"}},
		{"timer", func(s subject, to PID, m Message) error {
			if m.Body == "timer" {
				_ = s.Send(to, "timer")
				return Normal
			}
			_, err := s.SendAfter(time.Microsecond, s.Info().PID, "timer")
			return err
		}, last, []any{1}, []string{"timer", "last", "exit: " + Normal.Error(), "down: " + Normal.Error()}},
	}
}

// From outside it cannot be seen in which style a process is written: whoever has spawned it, linked and monitoring, sees the same of both.
func TestBothStylesLookTheSameFromOutside(t *testing.T) {
	bounds := [][]SpawnOption{nil, {WithMailboxBound(100, Reject)}}
	for _, workers := range []int{1, 2} {
		rt := begin(t, Config{Workers: workers})
		for i, s := range scenarios() {
			for round := range scale(40) {
				direct := round%2 == 1
				inside(t, rt, func(self *Self) error {
					me := self.PID()
					f := func() Machine { return &styled{scenarios()[i], me} }
					if direct {
						f = scenarios()[i].line(me)
					}
					trace, err := observe(self, f, s.drive, bounds[round/2%2])
					if err == nil && !slices.Equal(trace, s.trace) {
						err = fmt.Errorf("saw %q, want %q", trace, s.trace)
					}
					if err != nil {
						return fmt.Errorf("%s, direct %v, round %d: %w", s.name, direct, round, err)
					}
					return nil
				}, WithTrapExit())
				if t.Failed() {
					return
				}
			}
		}
		end(t, rt)
	}
}

// observe spawns a process, has it driven, and returns what is seen of it.
func observe(self *Self, f Factory, drive []any, opts []SpawnOption) (trace []string, err error) {
	var ref MonitorRef
	pid, err := self.Spawn(f, append(opts[:len(opts):len(opts)], WithLink(), WithMonitor(&ref), WithName("subject"))...)
	if err != nil {
		return nil, err
	}
	answers := map[RequestID]bool{}
	over, exit := false, error(nil)
	take := func(m Message) {
		switch b := m.Body.(type) {
		case Exit:
			if who, ok := self.Whereis("subject"); ok {
				err = fmt.Errorf("at its Exit the name is %v's", who)
			}
			trace = append(trace, "exit: "+b.Reason.Error())
		case Down:
			if b.Monitor != ref {
				err = fmt.Errorf("got %+v", b)
			}
			trace = append(trace, "down: "+b.Reason.Error())
			over = true
		case Reply:
			delete(answers, b.Request)
			var e *CallError
			if errors.As(b.Err, &e) {
				b.Err = e.Err
			}
			trace = append(trace, fmt.Sprint(b.Value, " ", b.Err))
		default:
			trace = append(trace, fmt.Sprint(b))
		}
	}
	sent := 0
	for _, d := range drive {
		switch d := d.(type) {
		case aCall:
			id, err := self.Request(pid, d.v, Forever)
			if err != nil {
				return nil, err
			}
			answers[id] = true
		case error:
			exit = d
			continue
		default:
			if err := self.Send(pid, d); err != nil {
				return nil, err
			}
		}
		sent++
	}
	if exit != nil { // it goes before messages: when all have been answered
		for ; sent > 0; sent-- {
			take(self.Receive())
		}
		if err := self.Exit(pid, exit); err != nil {
			return nil, err
		}
	}
	for !over || len(answers) > 0 {
		take(self.Receive())
	}
	if m, ok := self.ReceiveTimeout(0); ok {
		err = fmt.Errorf("got %+v besides", m)
	}
	return trace, err
}
