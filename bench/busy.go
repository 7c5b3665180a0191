package bench

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

// busyWork is what a busy process computes at each message.
const busyWork = 10 * time.Microsecond

// busyCrowd is a number of processes or goroutines that compute without end, the
// background of fair and host.
type busyCrowd struct {
	*trial
	rounds uint64 // of meter.Spin that take busyWork
	busy   []busyProc
}

// busyProc computes at each message and sends itself the next.
type busyProc struct {
	crowd  *busyCrowd
	id     int
	ending bool
	// count of messages handled. Its process alone writes it; whoever wants to
	// know the rate reads it at any time.
	count atomic.Uint64
	_     [96]byte
}

func (t *trial) crowd(n int) *busyCrowd {
	c := &busyCrowd{trial: t, rounds: meter.SpinRounds(int64(busyWork)), busy: make([]busyProc, n)}
	for i := range c.busy {
		c.busy[i].crowd, c.busy[i].id = c, i
	}
	return c
}

// work is one message's work, and the check of its number.
func (b *busyProc) work(word uint64) {
	meter.Sink(meter.Spin(b.crowd.rounds))
	n := b.count.Load() + 1
	if word != n {
		b.crowd.order(fmt.Sprintf("busy process %d", b.id), word, n)
	}
	b.count.Store(n)
}

// Handle implements proc.Machine. It always has exactly one message to itself
// under way, so it ends with the one that follows a stop: nothing is left behind.
func (b *busyProc) Handle(c *proc.Ctx, m proc.Message) error {
	switch m.Body {
	case stop:
		b.ending = true
		return nil
	case nil:
		b.work(m.Word)
		if b.ending {
			return proc.Normal
		}
	}
	if err := c.SendWord(c.Self(), nil, b.count.Load()+1); err != nil {
		return b.crowd.sent(fmt.Sprintf("busy process %d to itself", b.id), err)
	}
	return nil
}

// spawn starts the crowd's processes and sets them to work.
func (b *busyCrowd) spawn(s *system) ([]proc.PID, error) {
	pids := make([]proc.PID, len(b.busy))
	var err error
	for i := range b.busy {
		if pids[i], err = s.spawn(&b.busy[i]); err != nil {
			return nil, err
		}
	}
	for _, pid := range pids {
		if err := s.send(pid, start); err != nil {
			return nil, err
		}
	}
	return pids, nil
}

// goroutine is a twin of a busy process: it sends itself the next message over a
// channel of one and lets others run after each. It ends when over is set.
func (b *busyProc) goroutine(yield func(), over *atomic.Bool) {
	inbox := make(chan message, 1)
	inbox <- message{Word: 1}
	for !over.Load() {
		m := <-inbox
		b.work(m.Word)
		inbox <- message{Word: m.Word + 1}
		yield()
	}
}

// total counts the messages handled so far.
func (b *busyCrowd) total() uint64 {
	n := uint64(0)
	for i := range b.busy {
		n += b.busy[i].count.Load()
	}
	return n
}

// underWay waits until every member has had its first turn. What is measured is
// how a crowd at work treats others, not the moment in which a thousand wake at
// once.
func (b *busyCrowd) underWay() error {
	until := time.Now().Add(b.patience)
	for i := range b.busy {
		for b.busy[i].count.Load() == 0 {
			if time.Now().After(until) {
				b.failf(fmt.Sprintf("busy process %d", i), "in %v it has not had its first turn; all together had %d", b.patience, b.total())
				return errBroken
			}
			if err := b.sleep(time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// pace is the crowd's messages a second over a stretch of time.
type pace struct {
	crowd *busyCrowd
	count uint64
	at    int64
}

func (b *busyCrowd) pace() pace { return pace{b, b.total(), b.clock.Now()} }

// rate returns the messages a second since the pace was taken.
func (p pace) rate() float64 {
	return float64(p.crowd.total()-p.count) / float64(p.crowd.clock.Now()-p.at) * 1e9
}

// utilisation turns a rate into the share of the workers' time that went into
// the crowd's computations, in percent.
func (b *busyCrowd) utilisation(rate float64) Detail {
	return Detail{"busy_utilisation", rate * busyWork.Seconds() / float64(b.p.Workers) * 100, "%"}
}
