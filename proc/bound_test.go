package proc

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// A cork is a bounded process that keeps hold of its first message until it is let go, so that its mailbox fills.
type cork struct {
	rt      *Runtime
	pid     PID
	inside  chan struct{} // closed when the first message is in its handler
	let     chan struct{} // to be closed
	arrived chan uint64
}

func newCork(t *testing.T, rt *Runtime, detach bool, opts ...SpawnOption) *cork {
	k := &cork{rt: rt, inside: make(chan struct{}), let: make(chan struct{}), arrived: make(chan uint64, 1000)}
	k.pid = handler(t, rt, func(c *Ctx, m Message) error {
		if m.Body == "first" {
			if detach {
				c.Blocking(func() { close(k.inside); <-k.let })
			} else {
				close(k.inside)
				<-k.let
			}
			return nil
		}
		k.arrived <- m.Word
		return nil
	}, opts...)
	send(t, rt, k.pid, "first")
	await(t, "the first message", k.inside)
	return k
}

// drain lets the process go and returns what it gets until its runtime has come to rest.
func (k *cork) drain(t *testing.T) (got []uint64) {
	t.Helper()
	close(k.let)
	stats(t, k.rt)
	for len(k.arrived) > 0 {
		got = append(got, <-k.arrived)
	}
	return got
}

// fill sends the words 1 to n with each way in turn and returns the words that were refused.
func (k *cork) fill(t *testing.T, n int, ways ...func(to PID, body any, word uint64) error) (refused []uint64) {
	t.Helper()
	for w := range n {
		word := uint64(w + 1)
		switch err := ways[w%len(ways)](k.pid, nil, word); {
		case errors.Is(err, ErrMailboxFull):
			refused = append(refused, word)
		case err != nil:
			t.Fatalf("message %d: %v", word, err)
		}
	}
	return refused
}

// inner sends for the test from inside a process, as it is or without its core.
func inner(t *testing.T, rt *Runtime, detach bool) func(to PID, body any, word uint64) error {
	type request struct {
		to   PID
		body any
		word uint64
	}
	done := make(chan error)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		r := m.Body.(request)
		if detach {
			c.Blocking(func() {})
		}
		done <- c.SendWord(r.to, r.body, r.word)
		return nil
	})
	return func(to PID, body any, word uint64) error {
		send(t, rt, pid, request{to, body, word})
		return await(t, "SendWord", done)
	}
}

func words(from, to int) (w []uint64) {
	for i := from; i <= to; i++ {
		w = append(w, uint64(i))
	}
	return w
}

// Each policy keeps exactly as many messages as the bound says, the ones it promises, tells whom it promises, and counts the
// rest, whoever sends.
func TestBoundIsExact(t *testing.T) {
	const sent = 25
	for _, bound := range []int{1, 2, 7, 24, 25, 26} {
		over := max(0, sent-bound)
		for _, c := range []struct {
			policy            Overflow
			kept, refused     []uint64
			rejected, dropped int
		}{
			{Reject, words(1, sent-over), words(sent-over+1, sent), over, 0},
			{DropNewest, words(1, sent-over), nil, 0, over},
			{DropOldest, words(over+1, sent), nil, 0, over},
		} {
			for _, sender := range []string{"goroutine", "process", "detached process", "all in turn"} {
				for _, detach := range []bool{false, true} {
					name := fmt.Sprintf("bound=%d/%v/from=%s/detached=%v", bound, c.policy, sender, detach)
					t.Run(name, func(t *testing.T) {
						if raced && bound != 7 {
							t.Skip("only one bound under the race detector")
						}
						rt := begin(t, Config{Workers: 2})
						ways := []func(PID, any, uint64) error{rt.SendWord, inner(t, rt, false), inner(t, rt, true)}
						switch sender {
						case "goroutine":
							ways = ways[:1]
						case "process":
							ways = ways[1:2]
						case "detached process":
							ways = ways[2:]
						}
						k := newCork(t, rt, detach, WithMailboxBound(bound, c.policy))
						if refused := k.fill(t, sent, ways...); !slices.Equal(refused, c.refused) {
							t.Errorf("refused %v, want %v", refused, c.refused)
						}
						got := k.drain(t)
						if !slices.Equal(got, c.kept) {
							t.Errorf("kept %v, want %v", got, c.kept)
						}
						s := stats(t, rt)
						if int(s.Rejected) != c.rejected || int(s.Dropped) != c.dropped || s.DeadLetters != 0 {
							t.Errorf("Stats: %d rejected, %d dropped, %d dead letters; want %d, %d, 0", s.Rejected, s.Dropped, s.DeadLetters, c.rejected, c.dropped)
						}
						i, err := rt.Info(k.pid)
						if err != nil || i.Bound != bound || int(i.Turned) != over || i.Messages != 0 || i.Status != Waiting {
							t.Errorf("Info: %+v, %v; want bound %d, %d turned away", i, err, bound, over)
						}
					})
				}
			}
		}
	}
}

func TestMessagesOfABoundedProcessThatEndsBecomeDeadLetters(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	letters := watch(rt)
	k := newCork(t, rt, false, WithMailboxBound(5, Reject))
	k.fill(t, 5, rt.SendWord)
	if err := rt.Exit(k.pid, Kill); err != nil {
		t.Fatal(err)
	}
	k.fill(t, 3, rt.SendWord) // refused
	got := k.drain(t)
	gone(t, rt, k.pid)
	if len(got) != 0 {
		t.Errorf("got %v: the signal takes effect when it arrives, before the messages that wait", got)
	}
	if err := rt.Send(k.pid, nil); !errors.Is(err, ErrNoProc) {
		t.Errorf("Send to the ended process: %v", err)
	}
	if n := len(letters()); n != 6 {
		t.Errorf("%d dead letters, want 6", n)
	}

	k = newCork(t, rt, false, WithMailboxBound(5, Reject))
	if err := rt.Exit(k.pid, Kill); err != nil {
		t.Fatal(err)
	}
	k.fill(t, 5, rt.SendWord)
	if got := k.drain(t); len(got) != 0 {
		t.Errorf("got %v after the exit signal", got)
	}
	gone(t, rt, k.pid)
	if n := len(letters()); n != 11 {
		t.Errorf("%d dead letters, want 11", n)
	}
	if s := stats(t, rt); s.DeadLetters != 11 {
		t.Errorf("Stats: %d dead letters, want 11", s.DeadLetters)
	}
}

func TestBoundedProcessInARecycledSlotStartsEmpty(t *testing.T) {
	n := newNursery(t)
	spawn := n.spawn
	n.spawn = func(f Factory, _ ...SpawnOption) (PID, error) { return spawn(f, WithMailboxBound(3, DropOldest)) }
	old := n.life()
	got := make(chan uint64, 10)
	fresh := n.start(func(c *Ctx, m Message) error { got <- m.Word; return nil })
	if slotOf(fresh) != slotOf(old) {
		t.Fatalf("%v should be in the slot of %v", fresh, old)
	}
	if err := n.rt.SendWord(old, nil, 1); !errors.Is(err, ErrNoProc) {
		t.Errorf("Send to the old one: %v", err)
	}
	if err := n.rt.SendWord(fresh, nil, 2); err != nil {
		t.Error(err)
	}
	if w := await(t, "a message", got); w != 2 {
		t.Errorf("message %d arrived", w)
	}
	if i, err := n.rt.Info(fresh); err != nil || i.Turned != 0 || i.Bound != 3 {
		t.Errorf("Info: %+v, %v", i, err)
	}
}
