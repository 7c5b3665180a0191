package bench

import (
	"fmt"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

var faninWorkload = &Workload{
	Name:    "fanin",
	Group:   OnMessages,
	Aliases: []string{"bang"},
	Purpose: "many processes send to one as fast as they can",
	Twin:    "a goroutine a process and one channel of 1,024",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes, the receiver among them", 101, 2, 100_000),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum: faninThrum,
	twin:  faninTwin,
	warm:  func(p Params) int64 { return max(200_000, 10*int64(p.Procs)) },
}

// A message's word holds its sender and its number.
const (
	seqBits = 40
	seqMask = 1<<seqBits - 1
)

// twinBuffer is the capacity of the twin's channel: as much as lets a goroutine
// run for tens of microseconds without waiting, and still fits the cache.
const twinBuffer = 1024

// faninRun is what senders and receiver share.
type faninRun struct {
	*trial
	begin, end int64 // written before the senders start and by the receiver
	quota      uint64
	done       chan struct{}
}

// faninSender sends its quota in turns.
type faninSender struct {
	run  *faninRun
	to   proc.PID
	id   uint64
	sent uint64
	on   steps
	_    [88]byte
}

// Handle implements proc.Machine. Every message but stop means: go on sending.
func (f *faninSender) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	if !f.on.come(f.run.trial, "sender", m) {
		return nil
	}
	for f.sent < f.run.quota {
		f.sent++
		if err := c.SendWord(f.to, nil, f.id<<seqBits|f.sent); err != nil {
			return f.run.sent(fmt.Sprintf("sender %d", f.id), err)
		}
		if c.ShouldYield() {
			if f.sent == f.run.quota || f.run.stopped.Load() {
				return nil
			}
			return f.on.next(c, f.run.trial, "sender", m)
		}
	}
	return nil
}

// faninReceiver follows the numbers of each sender.
type faninReceiver struct {
	run  *faninRun
	seen []uint64 // last number of each sender
	left int64
	peak int64 // most memory held, in bytes
}

// memoryEvery is how many messages pass between two looks at the memory held:
// often enough to see a queue grow, seldom enough not to be seen in the time.
const memoryEvery = 1 << 17

// take accounts for one message. It reports whether it was the last.
func (r *faninReceiver) take(word uint64) bool {
	id, seq := word>>seqBits, word&seqMask
	if id >= uint64(len(r.seen)) {
		r.run.failf("receiver", "a message of sender %d, there are %d", id, len(r.seen))
		return false
	}
	if seq != r.seen[id]+1 {
		r.run.order(fmt.Sprintf("receiver, from sender %d", id), seq, r.seen[id]+1)
	}
	r.seen[id] = seq
	r.left--
	if r.left%memoryEvery == 0 {
		r.peak = max(r.peak, meter.Held())
		return r.left == 0
	}
	return false
}

// Handle implements proc.Machine.
func (r *faninReceiver) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body != nil {
		return proc.Normal
	}
	if r.take(m.Word) {
		r.run.end = r.run.clock.Now()
		close(r.run.done)
	}
	return nil
}

// complete adds how far memory grew, and checks that each sender's last message
// was taken.
func (r *faninReceiver) complete(s *Sample, before int64) {
	for id, seen := range r.seen {
		if seen != r.run.quota {
			r.run.failf("receiver", "sender %d: %d messages taken of %d", id, seen, r.run.quota)
		}
	}
	if r.left != 0 {
		r.run.failf("receiver", "%d messages too few", r.left)
	}
	s.Details = append(s.Details, Detail{"peak_memory_growth", max(0, float64(r.peak-before)) / (1 << 20), "MB"})
}

func newFanin(t *trial) (*faninRun, *faninReceiver) {
	senders := t.p.Procs - 1
	run := &faninRun{trial: t, quota: uint64(max(1, t.n/int64(senders))), done: make(chan struct{})}
	return run, &faninReceiver{run: run, seen: make([]uint64, senders), left: int64(run.quota) * int64(senders)}
}

func faninThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run, receiver := newFanin(t)
	to, err := s.spawn(receiver)
	if err != nil {
		return Sample{}, err
	}
	senders := make([]faninSender, t.p.Procs-1)
	pids := make([]proc.PID, len(senders))
	for i := range senders {
		senders[i] = faninSender{run: run, to: to, id: uint64(i)}
		if pids[i], err = s.spawn(&senders[i]); err != nil {
			return Sample{}, err
		}
	}
	before := meter.Held()
	sample, err := t.timed(receiver.left, func() (int64, int64, error) {
		run.begin = t.clock.Now()
		for _, pid := range pids {
			if err := s.send(pid, start); err != nil {
				return 0, 0, err
			}
		}
		if err := s.await(run.done); err != nil {
			return 0, 0, err
		}
		return run.begin, run.end, nil
	})
	if err != nil {
		return Sample{}, err
	}
	for _, pid := range append(pids, to) {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	receiver.complete(&sample, before)
	return sample, nil
}

func faninTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run, receiver := newFanin(t)
	run.done = g.done
	total := receiver.left
	inbox := make(chan message, twinBuffer)
	begin := make(chan struct{})
	for i := range t.p.Procs - 1 {
		id := uint64(i)
		g.wg.Go(func() {
			<-begin
			for seq := uint64(1); seq <= run.quota; seq++ {
				inbox <- message{Word: id<<seqBits | seq}
				if seq%twinBuffer == 0 && t.stopped.Load() {
					return
				}
			}
		})
	}
	before := meter.Held()
	sample, err := t.timed(total, func() (int64, int64, error) {
		run.begin = t.clock.Now()
		close(begin)
		ended := make(chan struct{})
		go func() {
			g.wg.Wait()
			close(inbox)
			close(ended)
		}()
		for m := range inbox {
			if receiver.take(m.Word) {
				run.end = t.clock.Now()
			}
		}
		<-ended
		return run.begin, run.end, nil
	})
	g.join()
	if !t.stopped.Load() {
		receiver.complete(&sample, before)
	}
	return sample, err
}
