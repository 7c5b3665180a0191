package proc

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// dawdler replies to calls after a random time of up to twice the given one, to some of them never; it ends when the time is up
// for the call that says so.
func dawdler(about time.Duration, seed uint64) Factory {
	return func() Machine {
		r := seeded(seed)
		return Func(func(c *Ctx, m Message) error {
			switch b := m.Body.(type) {
			case delayed:
				if b.ends {
					return ExitValue{"enough"}
				}
				return c.ReplyTo(b.to, b.v)
			default:
				k, ok := c.Caller()
				if !ok || b != "end" && r.below(8) == 0 {
					return nil
				}
				_, err := c.SendAfter(time.Duration(r.below(int(2*about))), c.Self(), delayed{k, b, b == "end"})
				return err
			}
		})
	}
}

// about is a time in which a reply may come or not.
func about() time.Duration {
	if raced {
		return 2 * time.Millisecond
	}
	return 200 * time.Microsecond
}

type delayed struct {
	to   Caller
	v    any
	ends bool
}

// Replies that come around the deadline: each call gets its own or ErrTimeout, and none that comes after it is ever seen.
func TestLateReplyIsNeverSeen(t *testing.T) {
	about := about()
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		var replies, timeouts atomic.Int64
		count := func(want int, v any, err error) error {
			switch {
			case err == nil && v == want:
				replies.Add(1)
			case errors.Is(err, ErrTimeout) && v == nil:
				timeouts.Add(1)
			default:
				return fmt.Errorf("call %d: %v, %v", want, v, err)
			}
			return nil
		}
		const callers = 8
		calls := scale(80)
		over := make(chan error, 2*callers)
		for i := range callers {
			to := spawn(t, rt, dawdler(about, uint64(i)))
			direct(t, rt, func(self *Self) (err error) {
				defer func() { over <- err }()
				for n := range calls {
					v, err := self.Call(to, n, about)
					if err := count(n, v, err); err != nil {
						return err
					}
					if m, ok := self.ReceiveTimeout(0); ok {
						return fmt.Errorf("after call %d a message came: %+v", n, m)
					}
				}
				if m, ok := self.ReceiveTimeout(4 * about); ok {
					return fmt.Errorf("after all calls a message came: %+v", m)
				}
				return nil
			})
			n := 0
			var next func(c *Ctx) error
			next = func(c *Ctx) error {
				if n == calls {
					return c.ReceiveTimeout(4 * about)
				}
				return c.Await(to, n, about, func(c *Ctx, v any, err error) error {
					if err := count(n, v, err); err != nil {
						return err
					}
					n++
					return next(c)
				})
			}
			w := newWitness(func(c *Ctx, m Message) error {
				switch m.Body.(type) {
				case ReceiveTimeout:
					return Normal
				case nil:
					return next(c)
				}
				return fmt.Errorf("a message came: %+v", m)
			})
			w.reasons = over
			send(t, rt, spawn(t, rt, func() Machine { return w }), nil)
		}
		for range 2 * callers {
			if err := await(t, "the end of a caller", over); err != nil && err != Normal {
				t.Error(err)
			}
		}
		if replies.Load() == 0 || timeouts.Load() == 0 {
			t.Errorf("%d workers: %d replies, %d timeouts: there was no race", workers, replies.Load(), timeouts.Load())
		}
	}
}

// auditor makes requests, some of which it gives up, and keeps a book of what comes of each.
type auditor struct {
	r        *random
	rounds   int
	callee   PID
	spawned  int
	open     map[RequestID]bool // false: Abandon came too late, so the Reply is in the mailbox
	ended    map[RequestID]bool
	outcomes map[string]int
	over     chan error
}

func (a *auditor) Handle(c *Ctx, m Message) error {
	if r, ok := m.Body.(Reply); ok {
		if err := a.audit(r); err != nil {
			return err
		}
	}
	for len(a.open) < 20 && a.rounds > 0 {
		a.rounds--
		if err := a.request(c); err != nil {
			return err
		}
	}
	if a.rounds == 0 && len(a.open) == 0 && a.over != nil {
		if n := c.p.cold.talk.calls.len(); n != 0 {
			return fmt.Errorf("%d requests are open after all have ended", n)
		}
		a.over <- nil
		a.over = nil
		return c.ReceiveTimeout(time.Millisecond) // what came too often would come now
	}
	return nil
}

func (a *auditor) Terminate(c *Ctx, reason error) {
	if a.over != nil {
		a.over <- reason
	}
}

func (a *auditor) audit(r Reply) error {
	if _, open := a.open[r.Request]; !open {
		return fmt.Errorf("a reply to %d, which is over (ended before: %v): %+v", r.Request, a.ended[r.Request], r)
	}
	delete(a.open, r.Request)
	a.ended[r.Request] = true
	switch {
	case r.Err == nil:
		a.outcomes["reply"]++
	case errors.Is(r.Err, ErrTimeout):
		a.outcomes["timeout"]++
	case errors.Is(r.Err, ExitValue{"enough"}), errors.Is(r.Err, ErrNoProc):
		a.outcomes["death"]++
	default:
		return r.Err
	}
	return nil
}

func (a *auditor) request(c *Ctx) (err error) {
	about := about()
	if a.callee == 0 || a.r.below(20) == 0 {
		a.spawned++
		if a.callee, err = c.Spawn(dawdler(about, a.r.Uint64())); err != nil {
			return err
		}
	}
	var req any = a.rounds
	if a.r.below(10) == 0 {
		req = "end"
	}
	timeout := Forever
	if a.r.below(8) != 0 || req != "end" { // the dawdler leaves some of the others without a reply
		timeout = time.Duration(1 + a.r.below(int(2*about)))
	}
	id, err := c.Request(a.callee, req, timeout)
	if errors.Is(err, ErrNoProc) {
		a.outcomes["refused"]++
		a.callee = 0
		return nil
	}
	if err != nil {
		return err
	}
	if a.ended[id] {
		return fmt.Errorf("request %d had been used", id)
	}
	a.open[id] = true
	if a.r.below(4) != 0 {
		return nil
	}
	for id := range a.open { // any of them
		if c.Abandon(id) {
			a.outcomes["abandoned"]++
			a.ended[id] = true
			delete(a.open, id)
			if c.Abandon(id) {
				return fmt.Errorf("request %d was abandoned twice", id)
			}
		} else {
			a.open[id] = false
			a.outcomes["too late"]++
		}
		break
	}
	return nil
}

// A request ends once, by the reply, the timeout, the callee's end or Abandon, whichever comes first, and never again.
func TestRequestEndsExactlyOnce(t *testing.T) {
	total := map[string]int{}
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		const auditors = 4
		over := make(chan error, auditors)
		var books []*auditor
		for i := range auditors {
			a := &auditor{
				r: seeded(uint64(100*workers + i)), rounds: scale(2000) / auditors, over: over,
				open: map[RequestID]bool{}, ended: map[RequestID]bool{}, outcomes: map[string]int{},
			}
			books = append(books, a)
			send(t, rt, spawn(t, rt, func() Machine { return a }), nil)
		}
		for range auditors {
			if err := await(t, "the end of all requests", over); err != nil {
				t.Errorf("%d workers: %v", workers, err)
			}
		}
		for _, a := range books {
			for what, n := range a.outcomes {
				total[what] += n
			}
		}
	}
	for _, what := range []string{"reply", "timeout", "death", "abandoned", "refused"} {
		if total[what] == 0 {
			t.Errorf("outcomes %v: no %s", total, what)
		}
	}
}
