package genserver

import (
	"errors"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

func TestContinueComesBeforeMessagesSentInInit(t *testing.T) { // GS11
	rt := begin(t, proc.Config{})
	s := newScript(t)
	s.init = func(c *Ctx) error {
		_ = c.Send(c.Self(), "sent in Init")
		_ = Cast(c, scriptRef{c.Self()}, func(*Ctx) error { s.note("cast in Init"); return nil })
		c.Continue(1)
		_ = c.Send(c.Self(), "sent after Continue")
		c.Continue(2)
		return nil
	}
	ref := run(t, rt, s)
	synced(t, rt, ref)
	s.wrote(t, "continue 1", "continue 2", "info sent in Init", "cast in Init", "info sent after Continue")
}

func TestContinueComesBeforeEveryKindOfFirstMessage(t *testing.T) {
	rt := begin(t, proc.Config{})
	for name, first := range map[string]func(ref scriptRef) error{
		"call": func(ref scriptRef) error { synced(t, rt, ref); return nil },
		"info": func(ref scriptRef) error { return rt.Send(ref.PID, "x") },
		"sys":  func(ref scriptRef) error { _, err := sys.GetState(client(t, rt), ref.PID); return err },
		"suspend": func(ref scriptRef) error {
			return errors.Join(sys.Suspend(client(t, rt), ref.PID), sys.Resume(client(t, rt), ref.PID))
		},
	} {
		s := newScript(t)
		gate := make(chan struct{})
		s.init = func(c *Ctx) error { c.Continue(1); return nil }
		s.cont = func(c *Ctx, what any) error { c.Blocking(func() { <-gate }); s.note("continue %v", what); return nil }
		ref := run(t, rt, s) // it does not wait for HandleContinue
		sent := make(chan error, 1)
		go func() { sent <- first(ref) }()
		close(gate)
		is(t, name, await(t, name, sent), nil)
		synced(t, rt, ref)
		if list := s.noted(); len(list) == 0 || list[0] != "continue 1" {
			t.Errorf("%s: it wrote %q", name, list)
		}
	}
}

func TestStartDoesNotWaitForContinue(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	s.init = func(c *Ctx) error { c.Continue(errFault); return nil }
	gate := make(chan struct{})
	s.cont = func(c *Ctx, what any) error { c.Blocking(func() { <-gate }); return what.(error) }
	_, w := runWatched(t, rt, s) // that it fails is no failure of the start
	close(gate)
	eq(t, "the reason", w.ended(t), errFault)
	s.wrote(t, "terminate fault")
}

func TestContinueComesBeforeMessagesInTheMailbox(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	s.cont = func(c *Ctx, what any) error {
		s.note("continue %v", what)
		if n := what.(int); n < 3 {
			c.Continue(n + 1)
		}
		return nil
	}
	ref := run(t, rt, s)
	for _, cause := range []func(c *Ctx) error{
		func(c *Ctx) error { return c.Send(c.Self(), "queued") },
	} {
		v, err := do(t, rt, ref, func(c *Ctx, _ From[string]) (string, error) {
			c.Continue(1)
			return "reply", cause(c)
		})
		if v != "reply" || err != nil {
			t.Errorf("%q, %v", v, err)
		}
		synced(t, rt, ref)
		s.wrote(t, "continue 1", "continue 2", "continue 3", "info queued")
	}
	s.info = func(c *Ctx, m proc.Message) error {
		if m.Body == "go" {
			c.Continue(3)
			return c.Send(c.Self(), "queued")
		}
		s.note("info %v", m.Body)
		return nil
	}
	is(t, "Send", rt.Send(ref.PID, "go"), nil)
	until(t, "the message", func() bool { return len(s.diary) == 2 })
	s.wrote(t, "continue 3", "info queued")
}

func TestContinueWithoutHandleContinueEndsTheServer(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := started(t, rt, func() Server[int, int, int] { return &continuing{} })
	w := watched(t, rt, ref.PID)
	is(t, "Cast", Cast(rt, ref, 1), nil)
	var e *MissingCallbackError
	if reason := w.ended(t); !errors.As(reason, &e) || e.Callback != "HandleContinue" || e.Type != "*genserver.continuing" {
		t.Errorf("the reason is %v", reason)
	}
	says(t, "the reason", e, "genserver", "HandleContinue")
}

type continuing struct{ Base[int, int, int] }

func (*continuing) HandleCast(c *Ctx, _ int) error { c.Continue(1); return nil }

func TestContinueInAFullMailboxIsNotLost(t *testing.T) {
	rt := begin(t, proc.Config{})
	for _, policy := range []proc.Overflow{proc.Reject, proc.DropNewest, proc.DropOldest} {
		s := newScript(t)
		s.init = func(c *Ctx) error {
			_ = c.Runtime().Send(c.Self(), "sent in Init")
			c.Continue(1)
			return nil
		}
		run(t, rt, s, Spawn(proc.WithMailboxBound(1, policy)))
		eq(t, policy.String(), await(t, policy.String(), s.diary), "continue 1")
	}
}

// runWatched is run and watched, however soon the script ends.
func runWatched(t testing.TB, rt *proc.Runtime, s *script, opts ...Option) (scriptRef, watch) {
	t.Helper()
	w := watch{make(chan error, 1)}
	refs := make(chan scriptRef, 1)
	_, err := rt.Go(func(self *proc.Self) error {
		ref, _, err := StartMonitor(self.Client(patience), s.factory, opts...)
		refs <- ref
		if err == nil {
			w.reason <- self.Receive().Body.(proc.Down).Reason
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return await(t, "the start", refs), w
}

func TestTimeoutComesToHandleInfo(t *testing.T) {
	rt := begin(t, proc.Config{})
	for _, d := range []time.Duration{0, time.Millisecond} {
		s := newScript(t)
		s.init = func(c *Ctx) error { return c.Timeout(d) }
		s.info = func(c *Ctx, m proc.Message) error {
			s.note("info %T from %d", m.Body, m.From)
			if len(s.diary) < 3 {
				return c.Timeout(d)
			}
			return proc.Normal
		}
		_, w := runWatched(t, rt, s)
		eq(t, "the reason", w.ended(t), proc.Normal)
		const e = "info genserver.Timeout from 0"
		s.wrote(t, e, e, e, "terminate "+proc.Normal.Error())
	}
}

func TestTimeoutIsCancelledByAnyMessage(t *testing.T) {
	rt := begin(t, proc.Config{})
	other := run(t, rt, newScript(t))
	for name, send := range map[string]func(self *proc.Self, ref scriptRef) error{
		"cast":                 func(self *proc.Self, ref scriptRef) error { return Cast(self, ref, func(*Ctx) error { return nil }) },
		"cast of another type": func(self *proc.Self, ref scriptRef) error { return Cast(self, RefOf[ask, string, int](ref.PID), 1) },
		"message":              func(self *proc.Self, ref scriptRef) error { return self.Send(ref.PID, 1) },
		"call": func(self *proc.Self, ref scriptRef) error {
			_, err := Request(self, ref, func(*Ctx, From[string]) (string, error) { return "", nil }, patience)
			return err
		},
		"call of another type": func(self *proc.Self, ref scriptRef) error {
			_, err := self.Request(ref.PID, 1, patience)
			return err
		},
	} {
		s := newScript(t)
		s.info = func(_ *Ctx, m proc.Message) error {
			if _, ok := m.Body.(Timeout); ok {
				s.note("timeout after %s", name)
			}
			return nil
		}
		ref := run(t, rt, s)
		release := hold(t, rt, ref)
		inside(t, rt, func(self *proc.Self) error {
			// Both are in the mailbox when the first is handled, so a timeout of 0 that was not cancelled would come before the last.
			_ = Cast(self, ref, func(c *Ctx) error { return c.Timeout(0) })
			err := send(self, ref)
			id, e := Request(self, ref, func(*Ctx, From[string]) (string, error) { return "", nil }, patience)
			self.Alive(other.PID)
			release()
			_, f := Receive[string](self, id, patience)
			return errors.Join(err, e, f)
		})
		s.wrote(t)
	}
}

func TestTimeoutOutlivesRequestsOfSys(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	ref := run(t, rt, s)
	k := client(t, rt)
	cast(t, rt, ref, func(c *Ctx) error { return c.Timeout(50 * time.Millisecond) })
	for range 3 {
		if _, err := sys.GetState(k, ref.PID); err != nil {
			t.Fatal(err)
		}
	}
	eq(t, "the timeout", await(t, "the timeout", s.diary), "info {}")
	cast(t, rt, ref, func(c *Ctx) error { return c.Timeout(time.Millisecond) })
	if err := errors.Join(sys.Suspend(k, ref.PID), sys.Resume(k, ref.PID)); err != nil {
		t.Fatal(err)
	}
	eq(t, "the timeout after Suspend", await(t, "the timeout", s.diary), "info {}")
}

func TestBadTimesAreRefused(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	_, err := do(t, rt, ref, func(c *Ctx, _ From[string]) (string, error) {
		says(t, "Timeout", c.Timeout(-1), "genserver: Timeout: d is -1ns", "negative")
		says(t, "HibernateAfter", c.HibernateAfter(-1), "genserver: HibernateAfter: d is -1ns", "negative")
		return "", nil
	})
	is(t, "the call", err, nil)
	synced(t, rt, ref)
}

// grow has the runtime keep memory for the server: of monitors of the process "other" that are over.
func grow(c *Ctx) error {
	var refs []proc.MonitorRef
	other, _ := c.Whereis("other")
	for range 200 {
		ref, err := c.Monitor(other)
		if err != nil {
			return err
		}
		refs = append(refs, ref)
	}
	for _, ref := range refs {
		c.DemonitorFlush(ref)
	}
	return nil
}

func memory(t testing.TB, rt *proc.Runtime, pid proc.PID) int {
	t.Helper()
	in, err := rt.Info(pid)
	if err != nil {
		t.Fatal(err)
	}
	return in.Memory
}

func TestHibernateGivesMemoryBackAfterTheCallback(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	run(t, rt, newScript(t), WithName("other"))
	cast(t, rt, ref, grow)
	synced(t, rt, ref)
	before := memory(t, rt, ref.PID)
	cast(t, rt, ref, func(c *Ctx) error { c.Hibernate(); return grow(c) })
	synced(t, rt, ref)
	if after := memory(t, rt, ref.PID); after >= before {
		t.Errorf("%d bytes, and %d before", after, before)
	}
}

func TestHibernateAfterGivesMemoryBackWhenNoMessageComes(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	ref := run(t, rt, s, HibernateAfter(time.Millisecond))
	run(t, rt, newScript(t), WithName("other"))
	for range 2 { // again after the next message
		before := 0
		for before == 0 { // a handler that has lost its worker does not know
			_, err := do(t, rt, ref, func(c *Ctx, _ From[string]) (string, error) {
				err := grow(c)
				before = c.Info().Memory
				return "", err
			})
			is(t, "the call", err, nil)
		}
		until(t, "the memory comes back", func() bool { return memory(t, rt, ref.PID) < before })
	}
	s.wrote(t) // HandleInfo is not told
	cast(t, rt, ref, func(c *Ctx) error { return c.Timeout(time.Millisecond) })
	eq(t, "a Timeout goes before it", await(t, "a timeout", s.diary), "info {}")
	cast(t, rt, ref, func(c *Ctx) error { return c.HibernateAfter(0) })
	synced(t, rt, ref)
	s.wrote(t)
}
