package load

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
)

// errFull says that a channel has no room: unlike a mailbox it cannot grow.
var errFull = errors.New("load: the channel is full")

// twinRoom is what a channel has room for at least; the one channel of bang has room for
// all that may be under way.
const twinRoom = 1024

func room(w *world, n int) int {
	return int(max(twinRoom, w.inflight/int64(n)))
}

// message is what goes through a channel.
type message struct {
	op  *op
	seq uint64
}

// castTwin sends to goroutines, each with a channel.
type castTwin struct {
	w      *world
	name   string
	random *rand.Rand
	inbox  []chan message
	sent   []uint64
	took   []uint64 // each the goroutine's
}

func newTwin(w *world, name string, n int) *castTwin {
	t := &castTwin{w: w, name: name, random: rand.New(rand.NewPCG(w.seed, targets)), inbox: make([]chan message, n), sent: make([]uint64, n), took: make([]uint64, n)}
	for i := range t.inbox {
		t.inbox[i] = make(chan message, room(w, n))
	}
	return t
}

func newCastTwin(w *world, name string, n int) *castTwin {
	t := newTwin(w, name, n)
	for i, inbox := range t.inbox {
		w.wg.Go(func() {
			for m := range inbox {
				if t.take(i, m) {
					w.complete(m.op, name, i)
				}
			}
		})
	}
	return t
}

// newCallTwin pairs each goroutine that is told to ask with one that answers.
func newCallTwin(w *world, name string) *castTwin {
	t := newTwin(w, name, max(1, w.procs/2))
	for i, inbox := range t.inbox {
		ask, answer := make(chan message), make(chan message)
		w.wg.Go(func() {
			for m := range ask {
				answer <- m
			}
		})
		w.wg.Go(func() {
			defer close(ask)
			for m := range inbox {
				if !t.take(i, m) {
					continue
				}
				ask <- m
				if back := <-answer; back != m {
					w.failf(name, fmt.Sprintf("goroutine %d", i), "question %d has got the answer %d", m.seq, back.seq)
					continue
				}
				w.complete(m.op, name, i)
			}
		})
	}
	return t
}

// take checks the order of what a goroutine gets.
func (t *castTwin) take(i int, m message) bool {
	t.took[i]++
	if m.seq != t.took[i] {
		t.w.order(t.name, fmt.Sprintf("goroutine %d", i), m.seq, t.took[i])
		return false
	}
	return true
}

func (t *castTwin) begin(o *op) error {
	i := t.random.IntN(len(t.inbox))
	select {
	case t.inbox[i] <- message{o, t.sent[i] + 1}:
		t.sent[i]++
		return nil
	default:
		return errFull
	}
}

func (t *castTwin) stop() error {
	for _, c := range t.inbox {
		close(c)
	}
	return nil
}

func (t *castTwin) verify() {
	for i, n := range t.took {
		if n != t.sent[i] {
			t.w.failf(t.name, fmt.Sprintf("goroutine %d", i), "it got %d messages, %d were sent", n, t.sent[i])
			return
		}
	}
}

// spawnTwin starts goroutines.
type spawnTwin struct {
	w     *world
	begun int64
	ended atomic.Int64
}

func newSpawnTwin(w *world) (target, error) { return &spawnTwin{w: w}, nil }

func (t *spawnTwin) begin(o *op) error {
	t.begun++
	shard := int(t.begun)
	inbox := make(chan *op)
	t.w.wg.Go(func() {
		o := <-inbox
		t.ended.Add(1)
		t.w.complete(o, "spawn", shard)
	})
	inbox <- o
	return nil
}

func (t *spawnTwin) stop() error { return nil }

func (t *spawnTwin) verify() {
	if n := t.ended.Load(); n != t.begun {
		t.w.failf("spawn", "twin", "%d goroutines have handled their message, %d were started", n, t.begun)
	}
}
