package proc

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// faulty is a machine that goes wrong where it is told to.
type faulty struct {
	init, handle, terminate func() error
	detach                  bool // loses its core first
	ended                   chan error
}

func (f *faulty) do(c *Ctx, g func() error) error {
	if g == nil {
		return nil
	}
	if f.detach {
		c.Blocking(func() {})
	}
	return g()
}

func (f *faulty) Init(c *Ctx) error              { return f.do(c, f.init) }
func (f *faulty) Handle(c *Ctx, m Message) error { return f.do(c, f.handle) }
func (f *faulty) Terminate(c *Ctx, reason error) {
	f.ended <- reason
	_ = f.do(c, f.terminate)
}

var errFault = errors.New("a fault")

func panicHere() error { panic("the panic's value") }
func panicNil() error  { panic(nil) }
func panicErr() error  { panic(errFault) }
func exitHere() error  { runtime.Goexit(); return nil }
func failHere() error  { return fmt.Errorf("wrapped: %w", errFault) }
func normal() error    { return Normal }
func done() error      { return fmt.Errorf("done: %w", Normal) }

// isPanic says that the reason is a panic with a value that prints as text.
func isPanic(text string) func(error) bool {
	return func(err error) bool {
		var p *Panic
		return errors.As(err, &p) && strings.Contains(fmt.Sprint(p.Value), text)
	}
}

func is(want error) func(error) bool {
	return func(err error) bool { return errors.Is(err, want) }
}

var faults = []struct {
	name      string
	machine   faulty
	reason    func(error) bool // that Terminate is told; nil when it must not be called
	reports   []string         // the reason of each crash report
	stackFrom string           // a function that the last report's stack shows
}{
	{"panic in Init", faulty{init: panicHere}, nil, []string{"the panic's value"}, "panicHere"},
	{"panic in Handle", faulty{handle: panicHere}, isPanic("the panic's value"), []string{"the panic's value"}, "panicHere"},
	{"panic in Terminate", faulty{handle: normal, terminate: panicHere}, is(Normal), []string{"the panic's value"}, "panicHere"},
	{"panic in a panic's Terminate", faulty{handle: panicErr, terminate: panicHere}, is(errFault), []string{"a fault", "the panic's value"}, "panicHere"},
	{"panic of nil", faulty{handle: panicNil}, isPanic("nil"), []string{"nil"}, "panicNil"},
	{"panic with an error", faulty{handle: panicErr}, is(errFault), []string{"a fault"}, "panicErr"},
	{"Goexit in Init", faulty{init: exitHere}, nil, []string{ErrGoexit.Error()}, ""},
	{"Goexit in Handle", faulty{handle: exitHere}, is(ErrGoexit), []string{ErrGoexit.Error()}, ""},
	{"Goexit in Terminate", faulty{handle: normal, terminate: exitHere}, is(Normal), []string{ErrGoexit.Error()}, ""},
	{"Goexit in a panic's Terminate", faulty{handle: panicHere, terminate: exitHere}, isPanic("value"), []string{"the panic's value", ErrGoexit.Error()}, ""},
	{"error from Init", faulty{init: failHere}, nil, []string{"wrapped: a fault"}, ""},
	{"error from Handle", faulty{handle: failHere}, is(errFault), []string{"wrapped: a fault"}, ""},
	{"Normal from Init", faulty{init: normal}, nil, nil, ""},
	{"Normal from Handle", faulty{handle: normal}, is(Normal), nil, ""},
	{"wrapped Normal from Handle", faulty{handle: done}, is(Normal), nil, ""},
	{"Shutdown from Handle", faulty{handle: func() error { return Shutdown }}, is(Shutdown), nil, ""},
}

// A fault ends the process it happens in, with the reason that fits, a report when it is a crash, and Terminate called once
// unless Init has failed. All others on the same worker go on.
func TestFaultEndsOnlyItsProcess(t *testing.T) {
	ways := []struct {
		name   string
		detach bool
		opts   []SpawnOption
	}{
		{name: "plain"},
		{name: "detached", detach: true},
		{name: "bounded", opts: []SpawnOption{WithMailboxBound(3, Reject)}},
		{name: "bounded and detached", detach: true, opts: []SpawnOption{WithMailboxBound(3, Reject)}},
		{name: "high priority", opts: []SpawnOption{WithPriority(PriorityHigh)}},
	}
	for _, f := range faults {
		for _, way := range ways {
			t.Run(f.name+"/"+way.name, func(t *testing.T) {
				var log records
				rt := begin(t, Config{Workers: 1, Logger: log.logger()})
				m := f.machine
				m.detach = way.detach
				m.ended = make(chan error, 10)
				pid := spawn(t, rt, func() Machine { return &m }, way.opts...)
				_ = rt.Send(pid, nil) // it may have ended in Init
				gone(t, rt, pid)
				answers(t, rt)

				select {
				case reason := <-m.ended:
					if f.reason == nil {
						t.Errorf("Terminate was called, with %v", reason)
					} else if !f.reason(reason) {
						t.Errorf("Terminate was called with %v", reason)
					}
				default:
					if f.reason != nil {
						t.Error("Terminate was not called")
					}
				}
				if len(m.ended) > 0 {
					t.Error("Terminate was called twice")
				}
				checkReports(t, &log, pid, "*proc.faulty", f.reports, f.stackFrom)
				if s := stats(t, rt); s.Spawned != 2 || s.Exited != 2 || s.Processes != 0 {
					t.Errorf("%d spawned, %d ended, %d alive", s.Spawned, s.Exited, s.Processes)
				}
			})
		}
	}
}

// checkReports checks that the crash reports are those wanted, each with type, pid, reason and, after a panic, the stack.
func checkReports(t *testing.T, log *records, pid PID, typ string, reasons []string, stackFrom string) {
	t.Helper()
	got := log.with("crashed")
	if len(got) != len(reasons) {
		t.Fatalf("%d crash reports, want %d: %v", len(got), len(reasons), got)
	}
	for i, r := range got {
		if r["type"].String() != typ || r["pid"].String() != pid.String() || !strings.Contains(r["reason"].String(), reasons[i]) {
			t.Errorf("report says type %v, pid %v, reason %v; want %v, %v, %q", r["type"], r["pid"], r["reason"], typ, pid, reasons[i])
		}
		if i == len(got)-1 && !strings.Contains(r["stack"].String(), stackFrom) {
			t.Errorf("the stack does not show %s:\n%s", stackFrom, r["stack"].String())
		}
		if _, has := r["stack"]; i == len(got)-1 && has != (stackFrom != "") {
			t.Errorf("report has a stack: %v", has)
		}
	}
}

func TestFactoryThatFailsEndsItsProcess(t *testing.T) {
	for _, f := range []struct {
		name    string
		factory Factory
		reason  string
	}{
		{"returns nil", func() Machine { return nil }, ErrFactory.Error()},
		{"panics", func() Machine { panic("in the factory") }, "in the factory"},
		{"calls Goexit", func() Machine { runtime.Goexit(); return nil }, ErrGoexit.Error()},
	} {
		t.Run(f.name, func(t *testing.T) {
			var log records
			rt := begin(t, Config{Workers: 1, Logger: log.logger()})
			answers(t, rt) // so that the slot has had another life, of another type
			pid := spawn(t, rt, f.factory)
			_ = rt.Send(pid, nil)
			gone(t, rt, pid)
			answers(t, rt)
			got := log.with("crashed")
			if len(got) != 1 || !strings.Contains(got[0]["reason"].String(), f.reason) || got[0]["pid"].String() != pid.String() {
				t.Fatalf("reports: %v", got)
			}
			if typ := got[0]["type"].String(); strings.Contains(typ, "Func") {
				t.Errorf("a process without a machine is reported with the type of another one: %s", typ)
			}
		})
	}
}

func TestAnEndedProcessHandlesNoMessage(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	handled := 0
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		handled++
		for range 10 {
			c.Send(c.Self(), nil)
		}
		return Normal
	})
	send(t, rt, pid, nil)
	gone(t, rt, pid)
	if s := stats(t, rt); handled != 1 || s.DeadLetters != 10 {
		t.Errorf("%d messages handled, %d dead letters; want 1 and 10", handled, s.DeadLetters)
	}
}
