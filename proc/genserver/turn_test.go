package genserver

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// A server that goes on for ever by Continue starves nobody, on a single worker, and ends by an exit signal.
func TestAnEndlessContinueStarvesNobody(t *testing.T) {
	for _, bound := range [][]proc.SpawnOption{nil, {proc.WithMailboxBound(1, proc.Reject)}, {proc.WithMailboxBound(1, proc.DropOldest)}} {
		for _, reason := range []error{proc.Kill, errFault} {
			rt := begin(t, proc.Config{Workers: 1})
			s := newScript(t)
			s.init = func(c *Ctx) error { c.Continue(0); return nil }
			var turns atomic.Int64
			s.cont = func(c *Ctx, what any) error { turns.Add(1); c.Continue(what); return nil }
			ref := run(t, rt, s, Spawn(bound...))
			other, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error { return c.Reply(m.Body) }))
			is(t, "Spawn", err, nil)
			before := turns.Load()
			for i := range 200 {
				v, err := rt.Call(within(t), other, i)
				is(t, "a call of another process", err, nil)
				eq(t, "its reply", v, any(i))
			}
			until(t, "another Continue", func() bool { return turns.Load() > before })
			w := watched(t, rt, ref.PID)
			is(t, "Exit", rt.Exit(ref.PID, reason), nil)
			if reason == proc.Kill {
				reason = proc.Killed
			}
			is(t, "its end", w.ended(t), reason)
			s.wrote(t)
		}
	}
}

// Messages of every kind that come between two turns of one run of Continue wait for its end, in order.
func TestMessagesWaitForTheEndOfALongContinue(t *testing.T) {
	for _, bound := range [][]proc.SpawnOption{nil, {proc.WithMailboxBound(100, proc.Reject)}, {proc.WithMailboxBound(100, proc.DropOldest)}} {
		rt := begin(t, proc.Config{})
		s := newScript(t)
		s.cont = func(c *Ctx, what any) error {
			s.note("continue %v", what)
			c.Consume(4000) // each is a turn
			if n := what.(int); n < 50 {
				c.Continue(n + 1)
			}
			return nil
		}
		ref := run(t, rt, s, Spawn(bound...))
		var want []string
		cast(t, rt, ref, func(c *Ctx) error { c.Continue(1); return nil })
		for i := range 50 {
			want = append(want, fmt.Sprintf("continue %d", i+1))
		}
		for i := range 20 {
			is(t, "Send", rt.Send(ref.PID, i), nil)
			cast(t, rt, ref, func(*Ctx) error { s.note("cast %d", i); return nil })
			want = append(want, fmt.Sprintf("info %d", i), fmt.Sprintf("cast %d", i))
		}
		if _, err := sys.GetState(client(t, rt), ref.PID); err != nil {
			t.Errorf("GetState: %v", err)
		}
		synced(t, rt, ref)
		s.wrote(t, want...)
	}
}

// A Timeout that is asked for along with a long Continue begins after it, and comes once.
func TestTimeoutBesideALongContinue(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	over := make(chan struct{})
	s.cont = func(c *Ctx, what any) error {
		c.Consume(4000)
		s.note("continue %v", what)
		if n := what.(int); n < 5 {
			c.Continue(n + 1)
		}
		return nil
	}
	s.info = func(_ *Ctx, m proc.Message) error { s.note("%T", m.Body); close(over); return nil }
	ref := run(t, rt, s)
	cast(t, rt, ref, func(c *Ctx) error { c.Continue(1); return c.Timeout(0) })
	await(t, "the Timeout", over)
	synced(t, rt, ref)
	s.wrote(t, "continue 1", "continue 2", "continue 3", "continue 4", "continue 5", "genserver.Timeout")
}

// echo is a process that replies when it is let.
func echo(t *testing.T, rt *proc.Runtime) (pid proc.PID, let chan struct{}) {
	let = make(chan struct{})
	pid, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
		c.Blocking(func() { <-let })
		return c.Reply(m.Body)
	}))
	is(t, "Spawn", err, nil)
	return pid, let
}

// While HandleContinue awaits a reply nothing else is handled: no further Continue, and no message, not even the one by whose coming it was called.
func TestAwaitInContinueHasItsReplyFirst(t *testing.T) {
	rt := begin(t, proc.Config{})
	other, let := echo(t, rt)
	s := newScript(t)
	s.init = func(c *Ctx) error {
		_ = c.Send(c.Self(), "sent in Init")
		c.Continue("first")
		c.Continue("second")
		return nil
	}
	s.cont = func(c *Ctx, what any) error {
		s.note("continue %v", what)
		if what != "first" {
			return nil
		}
		return c.Await(other, "reply", proc.Forever, func(c *Ctx, v any, err error) error {
			s.note("%v %v", v, err)
			c.Continue("third")
			return nil
		})
	}
	ref := run(t, rt, s)
	is(t, "Send", rt.Send(ref.PID, "sent later"), nil)
	close(let)
	synced(t, rt, ref)
	s.wrote(t, "continue first", "reply <nil>", "continue second", "continue third", "info sent in Init", "info sent later")
}

// What a callback asks for besides Await comes after the reply: Continue, and the time of a Timeout.
func TestAwaitGoesBeforeContinueAndTimeout(t *testing.T) {
	rt := begin(t, proc.Config{})
	other, let := echo(t, rt)
	s := newScript(t)
	over := make(chan struct{})
	s.info = func(_ *Ctx, m proc.Message) error { s.note("%T", m.Body); close(over); return nil }
	ref := run(t, rt, s)
	cast(t, rt, ref, func(c *Ctx) error {
		c.Continue("then")
		is(t, "Timeout", c.Timeout(0), nil)
		return c.Await(other, "reply", proc.Forever, func(_ *Ctx, v any, err error) error { s.note("%v %v", v, err); return nil })
	})
	close(let)
	await(t, "the Timeout", over)
	s.wrote(t, "reply <nil>", "continue then", "genserver.Timeout")
}

// Servers that call one another in a ring by Await get a timeout, not a standstill; their other messages are handled then.
func TestARingOfAwaitsEndsByTimeout(t *testing.T) {
	rt := begin(t, proc.Config{})
	const n = 3
	var refs [n]scriptRef
	scripts := [n]*script{}
	for i := range n {
		scripts[i] = newScript(t)
		refs[i] = run(t, rt, scripts[i])
	}
	var pass func(i int) ask
	pass = func(i int) ask {
		return func(c *Ctx, from From[string]) (string, error) {
			next := refs[(i+1)%n]
			return "", joined(c.Await(next.PID, pass(i+1), 1e6, func(c *Ctx, v any, err error) error {
				if err != nil {
					_ = from.Fail(c, err) // who called may wait no more
				} else {
					_ = c.ReplyTo(from.Caller, v)
				}
				return nil
			}))
		}
	}
	_, err := do(t, rt, refs[0], pass(0))
	if err == nil {
		t.Error("a ring of calls was replied to")
	}
	for i := range n {
		synced(t, rt, refs[i])
	}
}

// joined is NoReply, or why there was no Await.
func joined(err error) error {
	if err != nil {
		return ErrorReply(err)
	}
	return NoReply
}

// The reply of ReplyAndStop is sent even when Terminate panics (OTP: gen_server, handle_msg, try ... after reply).
func TestReplyAndStopRepliesAfterACrashInTerminate(t *testing.T) {
	rt := begin(t, proc.Config{Logger: slog.New(slog.DiscardHandler)})
	s := newScript(t)
	s.term = func(*Ctx, error) { panic("in Terminate") }
	ref := run(t, rt, s)
	w := watched(t, rt, ref.PID)
	v, err := do(t, rt, ref, func(*Ctx, From[string]) (string, error) { return "bye", ReplyAndStop(proc.Normal) })
	eq(t, "the reply", v, "bye")
	is(t, "its error", err, nil)
	if _, ok := w.ended(t).(*proc.Panic); !ok {
		t.Error("the crash in Terminate is not the reason")
	}
}

// A message that only looks like the end of the parent, without a reason, is one for HandleInfo.
func TestAnExitWithoutAReasonIsAMessage(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	ref := run(t, rt, s)
	is(t, "Send", rt.Send(ref.PID, proc.Exit{}), nil)
	synced(t, rt, ref)
	s.wrote(t, fmt.Sprintf("info %v", proc.Exit{}))
	w := watched(t, rt, ref.PID)
	is(t, "Exit", rt.Exit(ref.PID, errFault), nil)
	is(t, "its end", w.ended(t), errFault)
	s.wrote(t) // no Terminate
}

// A nil reply is no value of a type that has no nil.
func TestANilReplyIsNoValueOfAConcreteType(t *testing.T) {
	rt := begin(t, proc.Config{})
	pid, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error { return c.Reply(nil) }))
	is(t, "Spawn", err, nil)
	if _, err := CallContext(within(t), rt, RefOf[int, int, int](pid), 1); err == nil {
		t.Error("nil was taken for an int")
	}
	if v, err := CallContext(within(t), rt, RefOf[int, any, int](pid), 1); v != nil || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}
