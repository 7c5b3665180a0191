package bench

import (
	"fmt"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

var hackWorkload = &Workload{
	Name:    "hack",
	Group:   OnMessages,
	Purpose: "groups in which every sender sends to every receiver in turns, as fast as it can",
	Aliases: []string{"ehb"},
	Twin:    "a goroutine a process, a channel of 64 for each receiver",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("groups", 10, 1, 10_000), sizeParam("senders, and as many receivers, of a group", 20, 1, 1000),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum: hackThrum,
	twin:  hackTwin,
	warm:  func(p Params) int64 { return max(100_000, int64(p.Procs)*p.Size*p.Size) },
	label: func(p Params) string { return fmt.Sprintf("procs=%d size=%d", p.Procs, p.Size) },
	refine: func(p Params) error {
		if all := int64(p.Procs) * p.Size * p.Size; all > hackPairs {
			return &ParamError{"hack", Procs, fmt.Sprint(p.Procs), fmt.Sprintf("with groups of %d senders it takes at most %d", p.Size, max(1, hackPairs/(p.Size*p.Size)))}
		}
		return nil
	},
}

const (
	// hackPairs bounds the pairs of sender and receiver, each of which is counted.
	hackPairs = 10_000_000
	// hackRoom is what a twin's channel holds: several receivers share a processor.
	hackRoom = 64
)

// hackRun is what all groups share.
type hackRun struct {
	*trial
	begin, end int64
	each       uint64       // messages of each sender to each receiver
	receiving  atomic.Int64 // receivers that have not got all
	done       chan struct{}
}

func newHack(t *trial) *hackRun {
	size := t.p.Size
	r := &hackRun{trial: t, each: uint64(max(1, t.n/(int64(t.p.Procs)*size*size))), done: make(chan struct{})}
	r.receiving.Store(int64(t.p.Procs) * size)
	return r
}

func (r *hackRun) total() int64 { return int64(r.each) * int64(r.p.Procs) * r.p.Size * r.p.Size }

// hackReceiver follows the numbers of each sender of its group.
type hackReceiver struct {
	run  *hackRun
	id   int
	seen []uint64
	left uint64
}

func (r *hackRun) receiver(id int) *hackReceiver {
	n := uint64(r.p.Size)
	return &hackReceiver{run: r, id: id, seen: make([]uint64, n), left: n * r.each}
}

// take accounts for one message.
func (k *hackReceiver) take(word uint64) {
	from, n := word>>seqBits, word&seqMask
	if k.seen[from]++; n != k.seen[from] || k.left == 0 {
		k.run.order(fmt.Sprintf("receiver %d, from sender %d of its group", k.id, from), n, k.seen[from])
		return
	}
	if k.left--; k.left == 0 && k.run.receiving.Add(-1) == 0 {
		k.run.end = k.run.clock.Now()
		close(k.run.done)
	}
}

// Handle implements proc.Machine.
func (k *hackReceiver) Handle(_ *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	k.take(m.Word)
	return nil
}

// hackSender sends its messages in turns.
type hackSender struct {
	run  *hackRun
	id   uint64
	to   []proc.PID
	sent uint64 // to all
	on   steps
}

// Handle implements proc.Machine. Every message but stop means: go on sending.
func (k *hackSender) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	if !k.on.come(k.run.trial, "sender", m) {
		return nil
	}
	n := uint64(len(k.to))
	for all := n * k.run.each; k.sent < all; {
		to := k.to[k.sent%n]
		k.sent++
		if err := c.SendWord(to, nil, k.id<<seqBits|((k.sent-1)/n+1)); err != nil {
			return k.run.sent(fmt.Sprintf("sender %d", k.id), err)
		}
		if c.ShouldYield() && k.sent < all {
			if k.run.stopped.Load() {
				return nil
			}
			return k.on.next(c, k.run.trial, "sender", m)
		}
	}
	return nil
}

func hackThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newHack(t)
	size := int(t.p.Size)
	var senders, receivers []proc.PID
	for g := range t.p.Procs {
		for i := range size {
			pid, err := s.spawn(run.receiver(g*size + i))
			if err != nil {
				return Sample{}, err
			}
			receivers = append(receivers, pid)
		}
		for i := range size {
			pid, err := s.spawn(&hackSender{run: run, id: uint64(i), to: receivers[g*size : (g+1)*size : (g+1)*size]})
			if err != nil {
				return Sample{}, err
			}
			senders = append(senders, pid)
		}
	}
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		for _, pid := range senders {
			if err := s.send(pid, start); err != nil {
				return 0, 0, err
			}
		}
		return s.awaitSpan(run.done, &run.begin, &run.end)
	})
	if err != nil {
		return Sample{}, err
	}
	for _, pid := range append(senders, receivers...) {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	return sample, s.drain()
}

func hackTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newHack(t)
	run.done = g.done
	size := int(t.p.Size)
	begin := make(chan struct{})
	for group := range t.p.Procs {
		inboxes := make([]chan message, size)
		for i := range inboxes {
			inboxes[i] = make(chan message, hackRoom)
			k := run.receiver(group*size + i)
			g.wg.Go(func() {
				for m := range inboxes[i] {
					k.take(m.Word)
				}
			})
		}
		var sending atomic.Int64
		sending.Store(int64(size))
		for i := range size {
			g.wg.Go(func() {
				<-begin
				for n := uint64(1); n <= run.each && !t.stopped.Load(); n++ {
					for _, inbox := range inboxes {
						inbox <- message{Word: uint64(i)<<seqBits | n}
					}
				}
				if sending.Add(-1) == 0 {
					for _, inbox := range inboxes {
						close(inbox)
					}
				}
			})
		}
	}
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		close(begin)
		g.wg.Wait()
		return run.begin, run.end, nil
	})
	g.join()
	if left := run.receiving.Load(); left != 0 && !t.stopped.Load() {
		t.failf("receivers", "%d have not got all", left)
	}
	return sample, err
}
