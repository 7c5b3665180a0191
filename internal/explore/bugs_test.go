package explore_test

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// Each protocol comes in the right form, which must hold in all executions, and with a bug, which must be found.

// lostUpdate increments a counter by load and store, or by Add.
func lostUpdate(bug bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		n := new(word)
		x.Name(n, "counter")
		for _, name := range []string{"a", "b"} {
			x.Go(name, func() {
				if bug {
					n.store(n.load() + 1)
				} else {
					n.add(1)
				}
			})
		}
		x.After(func() {
			if n.load() != 2 {
				x.Failf("two increments make %d", n.load())
			}
		})
	}
}

func TestLostUpdateIsFound(t *testing.T) {
	explore.Run(t, explore.Config{}, lostUpdate(false))
	mustFail(t, explore.Config{}, lostUpdate(true))
	mustFail(t, explore.Config{Preemptions: 1}, lostUpdate(true))
	mustFail(t, explore.Config{Reduce: true}, lostUpdate(true))
	mustFail(t, explore.Config{Random: true, Seed: 1}, lostUpdate(true))
	if r := explore.Run(nil, explore.Config{Preemptions: explore.NoPreemption}, lostUpdate(true)); r.Failure != nil {
		t.Errorf("without preemptions there is nothing to lose: %v", r.Failure)
	}
}

// parking is a consumer that announces that it sleeps, looks once more (not, with the bug), and parks; producers
// publish and wake it if it sleeps.
func parking(producers int, bug bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		queue, asleep := new(word), new(word)
		x.Name(queue, "queue")
		x.Name(asleep, "asleep")
		wake := explore.NewSemaphore(1)
		x.Name(wake, "wake")
		x.Go("consumer", func() {
			for got := 0; got < producers; {
				if n := queue.swap(0); n > 0 {
					got += int(n)
					continue
				}
				asleep.store(1)
				if !bug && queue.load() > 0 {
					asleep.store(0)
					continue
				}
				wake.Acquire()
				asleep.store(0)
			}
		})
		for range producers {
			x.Go("producer", func() {
				queue.add(1)
				if asleep.load() == 1 {
					wake.Release()
				}
			})
		}
	}
}

func TestLostWakeUpIsFoundAsDeadlock(t *testing.T) {
	for _, cfg := range []explore.Config{bounded(), {Preemptions: 1}, {Reduce: true}} {
		explore.Run(t, cfg, parking(1, false))
		explore.Run(t, cfg, parking(2, false))
		mustFail(t, cfg, parking(1, true))
		mustFail(t, cfg, parking(2, true))
	}
	mustFail(t, explore.Config{Random: true}, parking(2, true))
}

// stack is a Treiber stack of nodes that are used again; head holds the node's number, and a version unless the bug is
// seeded.
type stack struct {
	head word
	next [4]word
	bug  bool
}

func (s *stack) pop() uint64 {
	for {
		h := s.head.load()
		node := h & 0xff
		if node == 0 {
			return 0
		}
		next := s.next[node].load()
		if s.head.cas(h, s.version(h)|next) {
			return node
		}
	}
}

func (s *stack) push(node uint64) {
	for {
		h := s.head.load()
		s.next[node].store(h & 0xff)
		if s.head.cas(h, s.version(h)|node) {
			return
		}
	}
}

func (s *stack) version(h uint64) uint64 {
	if s.bug {
		return 0
	}
	return h&^0xff + 0x100
}

func aba(bug bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		s := &stack{bug: bug}
		s.push(3)
		s.push(2)
		s.push(1)
		var slow, a, b uint64
		x.Go("slow", func() { slow = s.pop() })
		x.Go("quick", func() {
			a = s.pop()
			b = s.pop()
			s.push(a)
		})
		x.After(func() {
			held := map[uint64]int{slow: 1, b: 1}
			for n := s.pop(); n != 0; n = s.pop() {
				held[n]++
				if held[n] > 1 {
					x.Failf("node %d is in two places", n)
				}
			}
			if len(held) != 3 {
				x.Failf("%d nodes left of 3", len(held))
			}
		})
	}
}

func TestABAIsFound(t *testing.T) {
	for _, cfg := range []explore.Config{bounded(), {Preemptions: 2}, {Reduce: true}} {
		explore.Run(t, cfg, aba(false))
		mustFail(t, cfg, aba(true))
	}
}

// handshake is the asymmetric one: an owner that marks its operations by plain stores, and a taker that takes the
// owner's memory away when it finds no mark after a barrier.
func handshake(barrier bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		busy, taken := new(explore.Buffered), new(word)
		x.Name(busy, "busy")
		x.Name(taken, "taken")
		inside := new(word)
		enter := func() {
			if inside.v.Add(1) > 1 {
				x.Failf("owner and taker are in the memory together")
			}
		}
		x.Go("owner", func() {
			for range 2 {
				busy.Store(1)
				if taken.load() == 1 {
					busy.Store(0)
					return
				}
				enter()
				explore.Point(explore.Step, 0) // the work
				inside.v.Add(^uint64(0))
				busy.Store(0)
			}
		})
		x.Go("taker", func() {
			taken.store(1)
			if barrier {
				explore.Barrier()
			}
			if busy.Load() == 0 {
				enter()
			}
		})
	}
}

func TestMissingBarrierIsFound(t *testing.T) {
	for _, cfg := range []explore.Config{{}, {Preemptions: 1}, {Reduce: true}} {
		explore.Run(t, cfg, handshake(true))
		mustFail(t, cfg, handshake(false))
	}
}
