package bench

import (
	"fmt"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

var bigWorkload = &Workload{
	Name:    "big",
	Group:   OnMessages,
	Purpose: "every process sends to random others, which answer",
	Twin:    "a goroutine a process, a channel each with room for one message of every other",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes", 512, 2, 4096),
		messagesParam(), durationParam(2e9), roundsParam(3), seedParam(),
	},
	thrum: bigThrum,
	twin:  bigTwin,
	warm:  func(p Params) int64 { return max(50_000, 20*int64(p.Procs)) },
}

// bigAnswer marks the word of an answer. The rest is sender and number.
const bigAnswer = 1 << 63

// bigRun is what the processes share.
type bigRun struct {
	*trial
	begin, end int64 // written before the first question and after the last answer
	quota      int64 // questions each process asks, one at a time
	asking     atomic.Int64
	done       chan struct{}
	pids       []proc.PID // read-only once the first question is asked
}

func newBig(t *trial) *bigRun {
	r := &bigRun{trial: t, quota: max(1, t.n/int64(2*t.p.Procs)), done: make(chan struct{})}
	r.asking.Store(int64(t.p.Procs))
	return r
}

// bigPeer is the part of a process that both implementations have: whom it asks,
// and what it has sent to and seen of each other.
type bigPeer struct {
	run    *bigRun
	id     int
	random uint64
	asked  int64
	// The low bytes of the numbers of the last message to and from every other
	// process. A byte keeps a process's bookkeeping in the first-level cache; the
	// number of messages is counted besides.
	sent, seen []uint8
	took       int64
}

func (r *bigRun) peer(id int) bigPeer {
	n := r.p.Procs
	return bigPeer{run: r, id: id, random: r.p.Seed*0x9e3779b97f4a7c15 + uint64(id)*0xbf58476d1ce4e5b9 | 1,
		sent: make([]uint8, n), seen: make([]uint8, n)}
}

// number returns the word for the next message to a process.
func (p *bigPeer) number(to int) uint64 {
	p.sent[to]++
	return uint64(p.id)<<8 | uint64(p.sent[to])
}

// take checks the order of a message and returns its sender.
func (p *bigPeer) take(word uint64) int {
	from := int(word &^ bigAnswer >> 8)
	if from >= len(p.seen) {
		p.run.failf(fmt.Sprintf("process %d", p.id), "a message of process %d, there are %d", from, len(p.seen))
		return p.id
	}
	p.seen[from]++
	if p.seen[from] != uint8(word) {
		p.run.failf(fmt.Sprintf("process %d", p.id), "of process %d: message %d modulo 256 came, %d was due", from, uint8(word), p.seen[from])
	}
	p.took++
	return from
}

// next returns whom to ask next; ok is false when all is asked.
func (p *bigPeer) next() (to int, ok bool) {
	if p.asked == p.run.quota || p.run.stopped.Load() {
		p.run.finished()
		return 0, false
	}
	p.asked++
	p.random ^= p.random << 13
	p.random ^= p.random >> 7
	p.random ^= p.random << 17
	to = int(p.random >> 33 % uint64(p.run.p.Procs-1))
	if to >= p.id {
		to++ // anybody but itself
	}
	return to, true
}

func (r *bigRun) finished() {
	if r.asking.Add(-1) == 0 {
		r.end = r.clock.Now()
		close(r.done)
	}
}

func (r *bigRun) total() int64 { return 2 * r.quota * int64(r.p.Procs) }

// verify counts questions and answers, and compares what was sent between each
// two processes with what was seen.
func (r *bigRun) verify(peers []*bigPeer) {
	var took int64
	for _, p := range peers {
		took += p.took
		for to, n := range p.sent {
			if seen := peers[to].seen[p.id]; seen != n {
				r.failf(fmt.Sprintf("process %d", to), "saw %d messages of process %d modulo 256, %d were sent", seen, p.id, n)
				return
			}
		}
	}
	if took != r.total() {
		r.failf("all processes", "%d messages taken, %d were to be", took, r.total())
	}
}

// bigProc is a process: it asks one question at a time and answers all.
type bigProc struct {
	bigPeer
	_ [24]byte
}

// Handle implements proc.Machine.
func (p *bigProc) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	if m.Body == nil {
		from := p.take(m.Word)
		if m.Word&bigAnswer == 0 {
			if err := c.SendWord(m.From, nil, p.number(from)|bigAnswer); err != nil {
				return p.run.sent(fmt.Sprintf("process %d answering", p.id), err)
			}
			return nil
		}
	}
	if to, ok := p.next(); ok {
		if err := c.SendWord(p.run.pids[to], nil, p.number(to)); err != nil {
			return p.run.sent(fmt.Sprintf("process %d asking", p.id), err)
		}
	}
	return nil
}

func bigThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newBig(t)
	procs := make([]bigProc, t.p.Procs)
	peers := make([]*bigPeer, t.p.Procs)
	run.pids = make([]proc.PID, t.p.Procs)
	for i := range procs {
		procs[i].bigPeer = run.peer(i)
		peers[i] = &procs[i].bigPeer
		if run.pids[i], err = s.spawn(&procs[i]); err != nil {
			return Sample{}, err
		}
	}
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		for _, pid := range run.pids {
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
	for _, pid := range run.pids {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	run.verify(peers)
	return sample, nil
}

func bigTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newBig(t)
	run.done = g.done
	// A process has at most one question on its way, so an inbox never holds more
	// than one message of each other and nobody ever waits to send: with less room
	// a circle of full inboxes could stand still for ever.
	inbox := make([]chan message, t.p.Procs)
	peers := make([]*bigPeer, t.p.Procs)
	for i := range inbox {
		inbox[i] = make(chan message, t.p.Procs)
		p := run.peer(i)
		peers[i] = &p
	}
	for i, p := range peers {
		g.wg.Go(func() {
			for m := range inbox[i] {
				if m.Body == nil {
					from := p.take(m.Word)
					if m.Word&bigAnswer == 0 {
						inbox[from] <- message{Word: p.number(from) | bigAnswer}
						continue
					}
				}
				if to, ok := p.next(); ok {
					inbox[to] <- message{Word: p.number(to)}
				}
			}
		})
	}
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		for i := range inbox {
			inbox[i] <- message{Body: start}
		}
		<-g.done
		return run.begin, run.end, nil
	})
	for i := range inbox {
		close(inbox[i])
	}
	g.join()
	if !t.stopped.Load() {
		run.verify(peers)
	}
	return sample, err
}
