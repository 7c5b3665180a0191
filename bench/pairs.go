package bench

import (
	"fmt"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/sched"
)

var pairsWorkload = &Workload{
	Name:    "pairs",
	Group:   OnMessages,
	Purpose: "independent ping-pong pairs on one worker and on several: does the second core help?",
	Twin:    "two goroutines and two channels a pair, unbuffered for one message, on as many processors",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		{Name: Workers, Meaning: "workers to compare with one; default: GOMAXPROCS, at least 2", Min: 2, Max: sched.MaxWorkers},
		procsParam("processes, two a pair", 128, 2, 1_000_000), inflightParam("messages of a pair", maxPairInflight),
		messagesParam(), durationParam(3e9), roundsParam(3),
	},
	thrum:  pairsThrum,
	twin:   pairsTwin,
	warm:   func(p Params) int64 { return max(20_000, 4*int64(p.Procs)) },
	refine: refineAll(evenProcs("pairs"), boundInflight("pairs")),
	rows: func(p Params) []Params {
		one := p
		one.Workers = 1
		return []Params{one, p}
	},
	conclude: func(r []Result) {
		if len(r) == 2 && r[0].NsPerMsg != nil && r[1].NsPerMsg != nil {
			last := &r[1]
			last.Details = append(last.Details, Detail{"speedup_over_one_worker", *r[0].NsPerMsg / *r[1].NsPerMsg, "x"})
			if r[0].Twin != nil && r[1].Twin != nil {
				last.Details = append(last.Details, Detail{"twin_speedup_over_one_processor", *r[0].Twin / *r[1].Twin, "x"})
			}
		}
	},
	label: func(p Params) string { return fmt.Sprintf("workers=%d", p.Workers) + inflightLabel(p) },
}

// maxPairInflight bounds what waits in a mailbox or, of the twin, a channel.
const maxPairInflight = 100_000

func evenProcs(name string) func(Params) error {
	return func(p Params) error {
		if p.Procs%2 != 0 {
			return &ParamError{name, Procs, fmt.Sprint(p.Procs), "processes come in pairs: it takes an even number"}
		}
		return nil
	}
}

// pairsRun is what the pairs of a round share.
type pairsRun struct {
	*trial
	begin, end int64
	ahead      uint64       // numbers that a player sends without an answer
	last       uint64       // number to end with
	playing    atomic.Int64 // pairs not yet done; the one that takes it to 0 writes end
	done       chan struct{}
}

func (r *pairsRun) finished() {
	if r.playing.Add(-1) == 0 {
		r.end = r.clock.Now()
		close(r.done)
	}
}

// player serves: it sends some numbers, and another one for each that comes back.
type player struct {
	run  *pairsRun
	peer proc.PID
	id   int
	sent uint64 // last number sent
	back uint64 // last number that came back
	_    [88]byte
}

// Handle implements proc.Machine.
func (p *player) Handle(c *proc.Ctx, m proc.Message) error {
	run := p.run
	n := uint64(1)
	switch m.Body {
	case stop:
		return proc.Normal
	case start:
		n = min(run.ahead, run.last)
	default:
		if p.back++; m.Word != p.back {
			run.order(fmt.Sprintf("player %d", p.id), m.Word, p.back)
			return nil
		}
		if p.sent == run.last || run.stopped.Load() {
			if p.back == p.sent {
				run.finished()
			}
			return nil
		}
	}
	for range n {
		p.sent++
		if err := c.SendWord(p.peer, nil, p.sent); err != nil {
			return run.sent(fmt.Sprintf("player %d", p.id), err)
		}
	}
	return nil
}

// returner sends back whatever comes.
type returner struct {
	run *pairsRun
	id  int
	seq uint64
	_   [104]byte
}

// Handle implements proc.Machine.
func (r *returner) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body != nil {
		return proc.Normal
	}
	r.seq++
	if m.Word != r.seq {
		r.run.order(fmt.Sprintf("returner %d", r.id), m.Word, r.seq)
		return nil
	}
	if err := c.SendWord(m.From, nil, m.Word); err != nil {
		return r.run.sent(fmt.Sprintf("returner %d", r.id), err)
	}
	return nil
}

// rallies returns how many rallies of two messages each pair plays.
func rallies(t *trial, pairs int) uint64 {
	return uint64(max(1, t.n/int64(2*pairs)))
}

func pairsThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	pairs := t.p.Procs / 2
	run := &pairsRun{trial: t, done: make(chan struct{}), ahead: t.ahead(), last: rallies(t, pairs)}
	run.playing.Store(int64(pairs))
	players := make([]player, pairs)
	returners := make([]returner, pairs)
	pids := make([]proc.PID, 0, 2*pairs)
	for i := range pairs {
		returners[i] = returner{run: run, id: i}
		ret, err := s.spawn(&returners[i])
		if err != nil {
			return Sample{}, err
		}
		players[i] = player{run: run, peer: ret, id: i}
		pl, err := s.spawn(&players[i])
		if err != nil {
			return Sample{}, err
		}
		pids = append(pids, pl, ret)
	}
	sample, err := t.timed(int64(run.last)*2*int64(pairs), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		for i := 0; i < len(pids); i += 2 {
			if err := s.send(pids[i], start); err != nil {
				return 0, 0, err
			}
		}
		return s.awaitSpan(run.done, &run.begin, &run.end)
	})
	if err != nil {
		return Sample{}, err
	}
	for _, pid := range pids {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	return sample, s.drain()
}

func pairsTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	pairs := t.p.Procs / 2
	run := &pairsRun{trial: t, done: g.done, ahead: t.ahead(), last: rallies(t, pairs)}
	run.playing.Store(int64(pairs))
	begin := make(chan struct{})
	for i := range pairs {
		there, back := roomFor(run.ahead), roomFor(run.ahead)
		g.wg.Go(func() {
			seq := uint64(0)
			for m := range there {
				seq++
				if m.Word != seq {
					t.order(fmt.Sprintf("returner %d", i), m.Word, seq)
				}
				back <- m
			}
		})
		g.wg.Go(func() {
			defer close(there)
			<-begin
			sent := min(run.ahead, run.last)
			for seq := uint64(1); seq <= sent; seq++ {
				there <- message{Word: seq}
			}
			for seq := uint64(1); seq <= sent; seq++ {
				if m := <-back; m.Word != seq {
					t.order(fmt.Sprintf("player %d", i), m.Word, seq)
				}
				if sent < run.last && !t.stopped.Load() {
					sent++
					there <- message{Word: sent}
				}
			}
			run.finished()
		})
	}
	sample, err := t.timed(int64(run.last)*2*int64(pairs), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		close(begin)
		<-g.done
		return run.begin, run.end, nil
	})
	g.join()
	return sample, err
}
