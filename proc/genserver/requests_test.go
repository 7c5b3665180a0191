package genserver

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// never is a request that is not answered; saying is one that is, at once.
func never(*Ctx, From[string]) (string, error) { return "", NoReply }

func saying(s string) ask { return func(*Ctx, From[string]) (string, error) { return s, nil } }

// later is a request whose From goes to ch.
func later(ch chan From[string]) ask {
	return func(_ *Ctx, from From[string]) (string, error) { ch <- from; return "", NoReply }
}

func TestReceiveGivesTheReplyOfARequest(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	inside(t, rt, func(self *proc.Self) error {
		id, err := Request(self, ref, saying("a"), proc.Forever)
		if err != nil {
			return err
		}
		v, err := Receive[string](self, id, proc.Forever)
		eq(t, "the reply", v, "a")
		is(t, "the reply", err, nil)
		id, _ = Request(self, ref, func(*Ctx, From[string]) (string, error) { return "", ErrorReply(errFault) }, proc.Forever)
		_, err = Receive[string](self, id, patience)
		is(t, "an error reply", err, errFault)
		id, _ = Request(self, ref, saying("a"), proc.Forever)
		_, err = Receive[int](self, id, patience)
		var e *proc.ReplyTypeError
		if !errors.As(err, &e) || e.To != ref.PID {
			t.Errorf("a reply of another type: %v", err)
		}
		id, _ = Request(self, ref, func(*Ctx, From[string]) (string, error) { return "", errFault }, proc.Forever)
		_, err = Receive[string](self, id, patience)
		is(t, "the end of the server", err, errFault)
		_, err = Request(self, ref, never, patience)
		is(t, "a request to nobody", err, proc.ErrNoProc)
		_, err = Request(self, ref, never, 0)
		says(t, "a request without time", err, "timeout")
		return nil
	})
}

func TestReceiveGivesUpAfterItsTimeoutAndWaitDoesNot(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	inside(t, rt, func(self *proc.Self) error {
		froms := make(chan From[string], 2)
		waited, err := Request(self, ref, later(froms), proc.Forever)
		given, e := Request(self, ref, later(froms), proc.Forever)
		if err := errors.Join(err, e); err != nil {
			return err
		}
		for range 2 {
			_, err = Wait[string](self, waited, 0)
			is(t, "Wait", err, proc.ErrTimeout)
		}
		_, err = Receive[string](self, given, time.Millisecond)
		is(t, "Receive", err, proc.ErrTimeout)
		for range 2 {
			_ = (<-froms).Reply(self, "late")
		}
		v, err := Wait[string](self, waited, patience)
		eq(t, "Wait", v, "late")
		is(t, "Wait", err, nil)
		if m, ok := self.ReceiveTimeout(0); ok {
			t.Errorf("%v is left", m.Body)
		}
		return nil
	})
}

func TestReceiveTakesAReplyThatHasCome(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	inside(t, rt, func(self *proc.Self) error {
		id, err := Request(self, ref, saying("a"), proc.Forever)
		if err != nil {
			return err
		}
		_, err = Call(self, ref, saying("b"), patience) // after it the first reply is there
		v, e := Receive[string](self, id, 0)
		eq(t, "the reply", v, "a")
		return errors.Join(err, e)
	})
}

func TestCheckTellsRepliesFromOtherMessages(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	inside(t, rt, func(self *proc.Self) error {
		a, err := Request(self, ref, saying("a"), proc.Forever)
		b, e := Request(self, ref, func(*Ctx, From[string]) (string, error) { return "", ErrorReply(errFault) }, proc.Forever)
		_ = self.Send(self.PID(), "text")
		got := map[string]int{}
		for range 3 {
			m := self.Receive()
			if v, ours, err := Check[string](m, a); ours {
				got["a"]++
				eq(t, "the reply", v, "a")
				is(t, "the reply", err, nil)
				r, err := Result[string](m.Body.(proc.Reply))
				eq(t, "Result", r, "a")
				is(t, "Result", err, nil)
			} else if _, ours, err := Check[string](m, b); ours {
				got["b"]++
				is(t, "the reply", err, errFault)
			} else {
				got["text"]++
				eq[any](t, "the message", m.Body, "text")
			}
		}
		if want := (map[string]int{"a": 1, "b": 1, "text": 1}); !maps.Equal(got, want) {
			t.Errorf("got %v", got)
		}
		return errors.Join(err, e)
	})
}

func TestACollectionGivesEachResponseWithItsLabel(t *testing.T) {
	rt := begin(t, proc.Config{})
	for _, keep := range []bool{false, true} {
		crashes := run(t, rt, newScript(t))
		ref := run(t, rt, newScript(t))
		inside(t, rt, func(self *proc.Self) error {
			c := Requests[string, string]{Keep: keep}
			_, err := c.Receive(self, proc.Forever)
			is(t, "Receive of an empty collection", err, ErrNoRequests)
			want := map[string]string{}
			for i := range 5 {
				label := fmt.Sprint("label ", i)
				id, err := Request(self, ref, saying(fmt.Sprint("reply ", i)), patience)
				if err != nil {
					return err
				}
				c.Add(id, "another label")
				c.Add(id, label)
				want[label] = fmt.Sprint("reply ", i)
			}
			id, err := Request(self, crashes, func(*Ctx, From[string]) (string, error) { return "", errFault }, patience)
			if err != nil {
				return err
			}
			c.Add(id, "crash")
			want["crash"] = "fault"
			eq(t, "Len", c.Len(), 6)
			if all := maps.Collect(c.All()); len(all) != 6 || all[id] != "crash" {
				t.Errorf("All: %v", all)
			}
			_ = self.Send(self.PID(), "other messages stay")
			got := map[string]string{}
			for range 6 {
				r, err := c.Receive(self, patience)
				if err != nil {
					return err
				}
				got[r.Label] = r.Value
				if reason, ok := proc.Reason(r.Err); ok {
					got[r.Label] = reason.Error()
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			for _, wait := range []func(*proc.Self, time.Duration) (Response[string, string], error){c.Receive, c.Wait} {
				_, err = wait(self, proc.Forever)
				is(t, "when all have been answered", err, ErrNoRequests)
			}
			eq(t, "Len", c.Len(), map[bool]int{false: 0, true: 6}[keep])
			eq(t, "Labels", len(c.Labels()), 0)
			if c.Add(id, "again"); keep {
				_, err = c.Receive(self, proc.Forever)
				is(t, "a kept one that is added again", err, ErrNoRequests)
			}
			eq[any](t, "the other message", self.Receive().Body, "other messages stay")
			return nil
		})
	}
}

func TestACollectionGivesUpAfterReceivesTimeoutAndNotAfterWaits(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	inside(t, rt, func(self *proc.Self) error {
		var c Requests[string, int]
		froms := make(chan From[string], 3)
		for i := range 3 {
			id, err := Request(self, ref, later(froms), proc.Forever)
			if err != nil {
				return err
			}
			c.Add(id, i)
		}
		for _, err := range []error{
			second(c.Wait(self, 0)), second(c.Wait(self, time.Millisecond)),
			second(c.WaitUntil(self, time.Now().Add(time.Millisecond))), second(c.WaitUntil(self, time.Time{})),
		} {
			is(t, "Wait", err, proc.ErrTimeout)
		}
		labels := c.Labels()
		slices.Sort(labels)
		if !slices.Equal(labels, []int{0, 1, 2}) {
			t.Errorf("Labels: %v", labels)
		}
		_ = (<-froms).Reply(self, "first")
		r, err := c.WaitUntil(self, time.Now().Add(patience))
		if err != nil || r.Value != "first" || r.Label != 0 || r.Err != nil {
			t.Errorf("%+v, %v", r, err)
		}
		is(t, "ReceiveUntil", second(c.ReceiveUntil(self, time.Now().Add(time.Millisecond))), proc.ErrTimeout)
		eq(t, "Len", c.Len(), 0)
		for range 2 {
			_ = (<-froms).Reply(self, "late")
		}
		if m, ok := self.ReceiveTimeout(0); ok {
			t.Errorf("%v is left", m.Body)
		}
		eq(t, "Requests", self.Info().Requests, 0)
		return nil
	})
}

func second[A, B any](_ A, b B) B { return b }

func TestACollectionServesMachines(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref, s := run(t, rt, newScript(t)), newScript(t)
	c := Requests[string, string]{Keep: true}
	s.info = func(_ *Ctx, m proc.Message) error {
		r, ours := c.Check(m)
		s.note("%v %s %s %v", ours, r.Label, r.Value, r.Err)
		if _, again := c.Check(m); again {
			s.note("again")
		}
		return nil
	}
	server := run(t, rt, s)
	_, err := do(t, rt, server, func(c2 *Ctx, _ From[string]) (string, error) {
		id, err := Request(c2, ref, saying("reply"), proc.Forever)
		c.Add(id, "label")
		return "", errors.Join(err, c2.Send(c2.Self(), "text"))
	})
	is(t, "the call", err, nil)
	got := []string{await(t, "a message", s.diary), await(t, "a message", s.diary)}
	slices.Sort(got)
	if want := []string{"false   <nil>", "true label reply <nil>"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMultiCallAsksAllAtTheSameTime(t *testing.T) {
	rt := begin(t, proc.Config{})
	var refs []scriptRef
	for range 5 {
		refs = append(refs, run(t, rt, newScript(t)))
	}
	// Nobody is answered before all have been asked.
	froms, all := make(chan From[string], 5), make(chan struct{})
	go func() {
		var list []From[string]
		for range 5 {
			list = append(list, <-froms)
		}
		for _, f := range list {
			_ = f.Reply(rt, "all")
		}
		close(all)
	}()
	replies, errs := MultiCall(client(t, rt), append(refs, refs...), later(froms), patience)
	await(t, "all", all)
	if len(replies) != 5 || len(errs) != 0 {
		t.Errorf("replies %v, errors %v", replies, errs)
	}
	for _, ref := range refs {
		eq(t, "a reply", replies[ref.PID], "all")
	}
}

func TestMultiCallTellsOfDeadSlowAndCrashingServers(t *testing.T) {
	rt := begin(t, proc.Config{})
	fresh := func() scriptRef { return run(t, rt, newScript(t)) }
	dead, slow, well, fails := fresh(), fresh(), fresh(), fresh()
	is(t, "Stop", Stop(client(t, rt), dead.PID, proc.Normal), nil)
	release := hold(t, rt, slow)
	defer release()
	req := func(c *Ctx, _ From[string]) (string, error) {
		switch c.Self() {
		case fails.PID:
			return "", ErrorReply(errInfo)
		case well.PID:
			return "well", nil
		}
		return "", errFault // it ends
	}
	inside(t, rt, func(self *proc.Self) error {
		me := scriptRef{self.PID()}
		foreign := begin(t, proc.Config{})
		alien := run(t, foreign, newScript(t))
		refs := []scriptRef{dead, slow, well, {}, fails, me, {}, alien}
		var replies map[proc.PID]string
		var errs map[proc.PID]error
		for d := 20 * time.Millisecond; d < patience && replies[well.PID] == ""; d *= 2 { // a slow machine may need more
			refs[3] = fresh() // the last one may have ended before its time was over
			replies, errs = MultiCall(self.Client(patience), refs, req, d)
		}
		if len(replies) != 1 || replies[well.PID] != "well" || len(errs) != 7 {
			t.Errorf("replies %v, errors %v", replies, errs)
		}
		for pid, want := range map[proc.PID]error{dead.PID: proc.ErrNoProc, slow.PID: proc.ErrTimeout, refs[3].PID: errFault, fails.PID: errInfo,
			me.PID: proc.ErrCallingSelf, 0: proc.ErrNoProc, alien.PID: proc.ErrWrongRuntime} {
			is(t, pid.String(), errs[pid], want)
		}
		_, errs = MultiCall(self.Client(1), []scriptRef{slow, well}, req, proc.Forever)
		is(t, "when the client waits no longer", errs[slow.PID], proc.ErrTimeout)
		is(t, "when the client waits no longer", errs[well.PID], proc.ErrTimeout)
		_, errs = MultiCall(self.Client(patience), []scriptRef{well}, req, 0)
		says(t, "without time", errs[well.PID], "timeout")
		replies, errs = MultiCall(self.Client(patience), []scriptRef(nil), req, proc.Forever)
		eq(t, "nobody", len(replies)+len(errs), 0)
		if m, ok := self.ReceiveTimeout(0); ok {
			t.Errorf("%v is left", m.Body)
		}
		return nil
	})
}
