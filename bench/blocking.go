package bench

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

var blockingWorkload = &Workload{
	Name:    "blocking",
	Group:   OnFairness,
	Purpose: "as many handlers as workers sleep at once: how long other processes' messages wait meanwhile",
	Figure:  P99,
	Parameters: []Parameter{
		workersParam(), procsParam("processes that are sent messages", 32, 2, 10_000),
		{Name: Duration, Meaning: "how long the handlers sleep, once all do", Default: int64(time.Second), Min: int64(10 * time.Millisecond), Max: int64(time.Minute)},
		roundsParam(1),
	},
	timed: true,
	thrum: blockingThrum,
}

const (
	// blockingStep is the pause between two volleys of messages.
	blockingStep = 500 * time.Microsecond
	// blockingVolley is how many processes get a message in each.
	blockingVolley = 8
)

// blockingRun is what sleepers and relays share.
type blockingRun struct {
	*trial
	asleep atomic.Int64  // handlers that have begun to block
	all    chan struct{} // closed when every one has
	allAt  int64         // when that was; written before all is closed
	awoke  atomic.Bool   // the first has woken: the time of interest is over
	passed atomic.Int64  // messages that have reached the second relay
}

// sleeper blocks in its handler when told to start: until every other sleeper does
// so too, and then for the time of the round.
type sleeper struct{ run *blockingRun }

// Handle implements proc.Machine.
func (s *sleeper) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	run := s.run
	if run.asleep.Add(1) == int64(run.p.Workers) {
		run.allAt = run.clock.Now()
		close(run.all)
	}
	select {
	case <-run.all:
	case <-time.After(run.patience):
		run.failf("sleepers", "in %v only %d of %d handlers were begun: the others wait for those to return", run.patience, run.asleep.Load(), run.p.Workers)
	case <-run.ctx.Done():
	}
	// Nobody can tell a handler that sleeps to wake; an interrupted run does not
	// wait for it.
	select {
	case <-time.After(run.limit):
	case <-run.broken:
	case <-run.ctx.Done():
	}
	run.awoke.Store(true)
	return nil
}

// relay records how old a message is that comes from outside, and passes it on to
// the next relay, which records that hop.
type relay struct {
	run           *blockingRun
	id            int
	next          proc.PID
	rec           *meter.Recorder
	outer, inner  int64 // messages from outside and from the relay before
	lastOut, last uint64
}

// Handle implements proc.Machine. The word is when the message was sent.
func (r *relay) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	now := uint64(r.run.clock.Now())
	r.rec.Record(int64(now) - int64(m.Word))
	count, last := &r.inner, &r.last
	if m.From == 0 {
		count, last = &r.outer, &r.lastOut
	}
	if m.Word < *last {
		r.run.failf(fmt.Sprintf("relay %d", r.id), "a message sent at %d ns came after one sent at %d ns", m.Word, *last)
	}
	*last = m.Word
	*count++
	if m.From != 0 {
		r.run.passed.Add(1)
		return nil
	}
	if err := c.SendWord(r.next, nil, uint64(r.run.clock.Now())); err != nil {
		return r.run.sent(fmt.Sprintf("relay %d", r.id), err)
	}
	return nil
}

func blockingThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := &blockingRun{trial: t, all: make(chan struct{})}
	relays := make([]relay, t.p.Procs)
	pids := make([]proc.PID, len(relays))
	for i := range relays {
		relays[i] = relay{run: run, id: i, rec: meter.NewRecorder()}
		if pids[i], err = s.spawn(&relays[i]); err != nil {
			return Sample{}, err
		}
	}
	for i := range relays {
		relays[i].next = pids[(i+1)%len(pids)]
	}
	sleepers := make([]proc.PID, t.p.Workers)
	for i := range sleepers {
		if sleepers[i], err = s.spawn(&sleeper{run}); err != nil {
			return Sample{}, err
		}
	}
	began := t.clock.Now()
	for _, pid := range sleepers {
		if err := s.send(pid, start); err != nil {
			return Sample{}, err
		}
	}
	volleys, err := run.volleys(s, pids)
	if err != nil {
		return Sample{}, err
	}
	err = s.watch(nil, func() bool { return run.passed.Load() >= volleys }, "messages are missing")
	if err != nil {
		return Sample{}, err
	}
	for _, pid := range append(sleepers, pids...) {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	all := meter.NewRecorder()
	var outer, inner int64
	for i := range relays {
		all.Merge(relays[i].rec)
		outer += relays[i].outer
		inner += relays[i].inner
	}
	if outer != volleys || inner != volleys {
		t.failf("relays", "%d messages were sent; %d came, and %d that were passed on", volleys, outer, inner)
	}
	sample := Sample{Latency: all, Details: []Detail{
		{"handlers_found_stuck", float64(s.final.StuckTotal), ""},
		{"all_blocked_after", float64(run.allAt-began) / 1e6, "ms"},
	}}
	return sample, nil
}

// volleys sends messages to the relays until the first sleeper wakes, and returns
// how many.
func (r *blockingRun) volleys(s *system, pids []proc.PID) (int64, error) {
	sent := int64(0)
	for sent == 0 || !r.awoke.Load() {
		for range blockingVolley {
			to := pids[sent%int64(len(pids))]
			if err := s.rt.SendWord(to, nil, uint64(r.clock.Now())); err != nil {
				return sent, r.sent("messages from outside", err)
			}
			sent++
		}
		if err := r.sleep(blockingStep); err != nil {
			return sent, err
		}
	}
	return sent, nil
}
