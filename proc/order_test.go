package proc

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

func TestPerPairOrderOnOneWorker(t *testing.T) {
	s := storm{each: scale(3000), spend: 50}
	s.run(t, Config{Workers: 1}, 16, 0, nil)
}

func TestPerPairOrderAcrossWorkers(t *testing.T) {
	for _, workers := range []int{2, 8, 64} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			s := storm{each: scale(3000), spend: 50, yield: 100, burn: 300}
			s.run(t, Config{Workers: workers}, 32, 0, nil)
		})
	}
}

func TestPerPairOrderFromGoroutines(t *testing.T) {
	for _, workers := range []int{1, 2, 64} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			s := storm{each: scale(3000), yield: 10}
			s.run(t, Config{Workers: workers}, 8, 8, nil)
		})
	}
}

func TestPerPairOrderIntoBoundedMailboxes(t *testing.T) {
	for _, policy := range []Overflow{Reject, DropNewest, DropOldest} {
		t.Run(policy.String(), func(t *testing.T) {
			s := storm{each: scale(3000), yield: 20, spend: 50, burn: 100}
			s.run(t, Config{Workers: 4}, 16, 4, func(i int) []SpawnOption {
				if i%2 == 0 {
					return nil
				}
				return []SpawnOption{WithMailboxBound(1+i*8, policy)}
			})
		})
	}
}

func TestPerPairOrderBetweenPriorities(t *testing.T) {
	s := storm{each: scale(3000), yield: 20, spend: 50, burn: 300}
	s.run(t, Config{Workers: 3}, 16, 2, func(i int) []SpawnOption {
		return []SpawnOption{WithPriority(Priority(i % 4))}
	})
}

func TestPerPairOrderWhileHandlersAreStuck(t *testing.T) {
	s := storm{each: scale(300), yield: 20, sleep: 100, naps: 4 * time.Millisecond}
	s.run(t, Config{Workers: 4, StuckAfter: time.Millisecond}, 16, 2, nil)
}

func TestPerPairOrderOfSendersDetachedByBlocking(t *testing.T) {
	s := storm{each: scale(1000), yield: 20, block: 20, spend: 50}
	s.run(t, Config{Workers: 4}, 16, 2, nil)
}

func TestPerPairOrderUnderEverythingAtOnce(t *testing.T) {
	s := storm{each: scale(300), yield: 20, block: 100, spend: 50, burn: 100, sleep: 200, naps: 4 * time.Millisecond}
	s.run(t, Config{Workers: 64, StuckAfter: time.Millisecond}, 48, 4, func(i int) []SpawnOption {
		o := []SpawnOption{WithPriority(Priority(i % 4))}
		if i%3 == 0 {
			o = append(o, WithMailboxBound(50, Overflow(i/3%3)))
		}
		return o
	})
}

func TestNothingIsLostWhateverGOMAXPROCSIs(t *testing.T) {
	for _, procs := range []int{1, 2, 8} {
		t.Run(fmt.Sprint(procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			s := storm{each: scale(1000), spend: 50, burn: 300}
			s.run(t, Config{Workers: 64}, 64, 4, nil)
		})
	}
}

// numbered checks that the words it receives count up from 1.
type numbered struct {
	last uint64
	bad  string
}

func (n *numbered) took(m Message) {
	if m.Word != n.last+1 && n.bad == "" {
		n.bad = fmt.Sprintf("message %d came after %d", m.Word, n.last)
	}
	n.last = m.Word
}

// A handler that goes on sending while the monitor tries to take its core uses the core for some of its messages and the shared
// way for others, as the attempts come and fail. The receiver is behind all the time, so that messages are appended to open
// chunks.
func TestPerPairOrderWhileTheMonitorTriesToTakeTheSendersCore(t *testing.T) {
	rt := begin(t, Config{Workers: 2, StuckAfter: time.Microsecond})
	const total = 30000
	var got numbered
	hold, done := make(chan struct{}), make(chan struct{})
	to := handler(t, rt, func(c *Ctx, m Message) error {
		if m.Word == 0 {
			<-hold
			return nil
		}
		if got.took(m); m.Word == total {
			close(done)
		}
		return nil
	})
	send(t, rt, to, nil) // from now on it is stuck, and all else waits in its inbox
	handler(t, rt, func(c *Ctx, m Message) error { return nil })
	n := uint64(0)
	from := handler(t, rt, func(c *Ctx, m Message) error {
		for range 1000 {
			if n == total {
				close(hold)
				return nil
			}
			n++
			c.SendWord(to, nil, n)
			for end := time.Now().Add(time.Microsecond); time.Now().Before(end); {
			}
		}
		return c.Send(c.Self(), nil)
	})
	send(t, rt, from, nil)
	await(t, "the last message", done)
	if got.bad != "" {
		t.Error(got.bad)
	}
}
