package proc

import (
	"errors"
	"sync"
	"testing"
)

// watch collects rt's dead letters.
func watch(rt *Runtime) (letters func() []DeadLetter) {
	var mu sync.Mutex
	var list []DeadLetter
	rt.WatchDeadLetters(func(d DeadLetter) {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, d)
	})
	return func() []DeadLetter {
		mu.Lock()
		defer mu.Unlock()
		return append([]DeadLetter(nil), list...)
	}
}

// Every message that nobody handles is counted once and shown to each watcher once, whoever sent it and whether its receiver had
// ended before or came to its end with the message in its mailbox.
func TestDeadLettersAreCountedAndWatchedExactlyOnce(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(1000, Reject)}} {
		rt := begin(t, Config{Workers: 4})
		first, second := watch(rt), watch(rt)
		const n = 100
		k := newCork(t, rt, false, opts...)
		ways := []func(PID, any, uint64) error{rt.SendWord, inner(t, rt, false), inner(t, rt, true)}

		// Sent before the end, unhandled at the end.
		if err := rt.Exit(k.pid, Kill); err != nil {
			t.Fatal(err)
		}
		if refused := k.fill(t, n, ways...); refused != nil {
			t.Fatal(refused)
		}
		if got := k.drain(t); len(got) != 0 {
			t.Errorf("%d messages were handled", len(got))
		}
		gone(t, rt, k.pid)

		// Sent after the end.
		for i := range n {
			if err := ways[i%len(ways)](k.pid, nil, uint64(n+i+1)); !errors.Is(err, ErrNoProc) {
				t.Errorf("error %v, want ErrNoProc", err)
			}
		}
		if s := stats(t, rt); s.DeadLetters != 2*n || s.Rejected != 0 || s.Dropped != 0 {
			t.Errorf("%d dead letters are counted, want %d", s.DeadLetters, 2*n)
		}
		for _, letters := range [][]DeadLetter{first(), second()} {
			times := map[uint64]int{}
			for _, d := range letters {
				times[d.Message.Word]++
				if d.To != k.pid {
					t.Errorf("letter to %v", d.To)
				}
			}
			for w := uint64(1); w <= 2*n; w++ {
				if times[w] != 1 {
					t.Errorf("message %d was watched %d times", w, times[w])
				}
			}
			if len(times) != 2*n {
				t.Errorf("%d letters, want %d", len(times), 2*n)
			}
		}
	}
}

func TestWatcherSeesNothingAfterItHasStopped(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	pid := handler(t, rt, func(*Ctx, Message) error { return Normal })
	send(t, rt, pid, nil)
	gone(t, rt, pid)
	var a, b int
	stopA := rt.WatchDeadLetters(func(DeadLetter) { a++ })
	stopB := rt.WatchDeadLetters(func(DeadLetter) { b++ })
	_ = rt.Send(pid, nil)
	stopA()
	_ = rt.Send(pid, nil)
	stopA() // a second time does nothing
	stopB()
	_ = rt.Send(pid, nil)
	if a != 1 || b != 2 {
		t.Errorf("the watchers saw %d and %d letters, want 1 and 2", a, b)
	}
}

// A watcher may hand the letters to a process: that is how a supervisor sees them.
func TestWatcherMaySendToAProcess(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	got := make(chan DeadLetter, 10)
	morgue := handler(t, rt, func(c *Ctx, m Message) error {
		got <- m.Body.(DeadLetter)
		return nil
	})
	rt.WatchDeadLetters(func(d DeadLetter) { _ = rt.Send(morgue, d) })
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		c.SendWord(c.Self(), "left behind", 7) // noticed by the worker, at the end
		return Normal
	})
	send(t, rt, pid, nil)
	if d := await(t, "the letter", got); d.To != pid || d.Message.From != pid || d.Message.Word != 7 || d.Message.Body != "left behind" {
		t.Errorf("letter %+v", d)
	}
}

// Questions and exits that meet an ended process are no messages.
func TestSignalsAreNoDeadLetters(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	letters := watch(rt)
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(1, Reject)}} {
		pid := handler(t, rt, func(*Ctx, Message) error { return Normal }, opts...)
		send(t, rt, pid, nil)
		gone(t, rt, pid)
		if rt.signal(pid, Message{From: markSignal, Body: &signal{kind: sigExit, reason: Kill}}) {
			t.Error("a signal to an ended process has found it")
		}
	}
	if s := stats(t, rt); s.DeadLetters != 0 || len(letters()) != 0 {
		t.Errorf("%d dead letters are counted, %d watched", s.DeadLetters, len(letters()))
	}
}
