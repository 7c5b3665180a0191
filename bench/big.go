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
	Twin:    "a goroutine a process, a channel each with room for all that is under way",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes", 512, 2, 4096), inflightParam("questions of a process", 10_000),
		messagesParam(), durationParam(2e9), roundsParam(3), seedParam(),
	},
	thrum:    bigThrum,
	twin:     bigTwin,
	twinFits: bigTwinFits,
	warm:     func(p Params) int64 { return max(50_000, 20*int64(p.Procs)) },
	refine:   boundInflight("big"),
	label:    inflightLabel,
}

// bigTwinFits says whether channels with room for everything fit memory.
func bigTwinFits(p Params) bool {
	return int64(p.Procs)*int64(p.Procs)*int64(p.Inflight)*32 <= 512<<20
}

// bigAnswer marks the word of an answer. The rest is sender and number.
const bigAnswer = 1 << 63

// bigRun is what the processes share.
type bigRun struct {
	*trial
	begin, end int64 // written before the first question and after the last answer
	quota      int64 // questions each process asks
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
	back   int64 // answers
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
	from := int(word >> 8 & 0xffff)
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
		if p.back == p.asked {
			p.run.finished()
		}
		return 0, false
	}
	p.asked++
	return p.other(), true
}

// other chooses anybody but the process itself.
func (p *bigPeer) other() int {
	p.random ^= p.random << 13
	p.random ^= p.random >> 7
	p.random ^= p.random << 17
	to := int(p.random >> 33 % uint64(p.run.p.Procs-1))
	if to >= p.id {
		to++
	}
	return to
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
func (r *bigRun) verify(peers []*bigPeer, messages int64) {
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
	if took != messages {
		r.failf("all processes", "%d messages taken, %d were to be", took, messages)
	}
}

// bigProc is a process: it asks some questions, another one for each answer, and answers
// all.
type bigProc struct {
	bigPeer
	_ [16]byte
}

// Handle implements proc.Machine.
func (p *bigProc) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	asks := p.run.ahead()
	if m.Body == nil {
		from := p.take(m.Word)
		if m.Word&bigAnswer == 0 {
			if err := c.SendWord(m.From, nil, p.number(from)|bigAnswer); err != nil {
				return p.run.sent(fmt.Sprintf("process %d answering", p.id), err)
			}
			return nil
		}
		p.back++
		asks = 1
	}
	for range asks {
		to, ok := p.next()
		if !ok {
			break
		}
		if err := c.SendWord(p.run.pids[to], nil, p.number(to)); err != nil {
			return p.run.sent(fmt.Sprintf("process %d asking", p.id), err)
		}
	}
	return nil
}

func bigThrum(t *trial) (Sample, error) {
	run := newBig(t)
	procs := make([]bigProc, t.p.Procs)
	return run.play(run.total(), func(i int) (proc.Machine, *bigPeer) {
		procs[i].bigPeer = run.peer(i)
		return &procs[i], &procs[i].bigPeer
	})
}

// play is a round of processes that know each other, of so many messages.
func (r *bigRun) play(messages int64, process func(i int) (proc.Machine, *bigPeer)) (Sample, error) {
	s, err := r.trial.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	peers := make([]*bigPeer, r.p.Procs)
	r.pids = make([]proc.PID, r.p.Procs)
	for i := range peers {
		var m proc.Machine
		m, peers[i] = process(i)
		if r.pids[i], err = s.spawn(m); err != nil {
			return Sample{}, err
		}
	}
	sample, err := r.timed(messages, func() (int64, int64, error) {
		r.begin = r.clock.Now()
		for _, pid := range r.pids {
			if err := s.send(pid, start); err != nil {
				return 0, 0, err
			}
		}
		return s.awaitSpan(r.done, &r.begin, &r.end)
	})
	if err != nil {
		return Sample{}, err
	}
	for _, pid := range r.pids {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	r.verify(peers, messages)
	return sample, nil
}

func bigTwin(t *trial) (Sample, error) {
	run := newBig(t)
	return run.playTwin(run.total(), func(p *bigPeer, inbox []chan message, m message) {
		asks := t.ahead()
		if m.Body == nil {
			from := p.take(m.Word)
			if m.Word&bigAnswer == 0 {
				inbox[from] <- message{Word: p.number(from) | bigAnswer}
				return
			}
			p.back++
			asks = 1
		}
		for range asks {
			to, ok := p.next()
			if !ok {
				break
			}
			inbox[to] <- message{Word: p.number(to)}
		}
	})
}

// playTwin is a round of goroutines that know each other.
func (r *bigRun) playTwin(messages int64, handle func(p *bigPeer, inbox []chan message, m message)) (Sample, error) {
	g := r.goroutines()
	r.done = g.done
	// A message is under way until it is answered or passed on, so an inbox never holds
	// more than there are in all, and nobody ever waits to send: with less room a circle
	// of full inboxes could stand still for ever.
	inbox := make([]chan message, r.p.Procs)
	peers := make([]*bigPeer, r.p.Procs)
	for i := range inbox {
		inbox[i] = make(chan message, r.p.Procs*int(r.ahead()))
		p := r.peer(i)
		peers[i] = &p
	}
	for i, p := range peers {
		g.wg.Go(func() {
			for m := range inbox[i] {
				handle(p, inbox, m)
			}
		})
	}
	sample, err := r.timed(messages, func() (int64, int64, error) {
		r.begin = r.clock.Now()
		for i := range inbox {
			inbox[i] <- message{Body: start}
		}
		<-g.done
		return r.begin, r.end, nil
	})
	for i := range inbox {
		close(inbox[i])
	}
	g.join()
	if !r.stopped.Load() {
		r.verify(peers, messages)
	}
	return sample, err
}
