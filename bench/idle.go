package bench

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

var idleWorkload = &Workload{
	Name:    "idle",
	Group:   OnMemory,
	Purpose: "processes that hold 32 bytes of their own and wait: memory each, and processor time of all",
	Twin:    "goroutines (at most 200,000) that hold as much, waiting on a channel each",
	Figure:  BytesPerProc,
	Parameters: []Parameter{
		workersParam(), procsParam("processes", 1_000_000, 1000, 100_000_000),
		durationParam(3e9), roundsParam(1),
	},
	thrum: idleThrum,
	twin:  idleTwin,
	size:  func(p Params) int64 { return int64(p.Procs) },
}

// idleWatch is how long the idle program's processor time is watched.
const idleWatch = 300 * time.Millisecond

// idleTwins is the most goroutines the twin starts: what each takes does not
// depend on how many there are, and a million take 3 GB.
const idleTwins = 200_000

// idleRun is what the processes share.
type idleRun struct {
	*trial
	pids  []proc.PID   // written by the spawner, in order
	woken atomic.Int64 // processes that found their state as they left it
	ready chan struct{}
}

// idleProc is a process's own state: 32 bytes.
type idleProc struct {
	run  *idleRun
	id   uint64
	fill [2]uint64
}

func newIdleProc(run *idleRun, id uint64) *idleProc {
	return &idleProc{run: run, id: id, fill: [2]uint64{^id, id * 3}}
}

// Handle implements proc.Machine. The only message a process gets is to end.
func (p *idleProc) Handle(*proc.Ctx, proc.Message) error {
	p.woke()
	return proc.Normal
}

func (p *idleProc) woke() {
	if p.fill != [2]uint64{^p.id, p.id * 3} {
		p.run.failf(fmt.Sprintf("idle process %d", p.id), "its state has changed while it slept: %x", p.fill)
		return
	}
	p.run.woken.Add(1)
}

// idleSpawner starts the others, in turns, and ends.
type idleSpawner struct {
	run  *idleRun
	next uint64
	on   steps
}

// Handle implements proc.Machine. Every message means: go on spawning.
func (s *idleSpawner) Handle(c *proc.Ctx, m proc.Message) error {
	run := s.run
	if !s.on.come(run.trial, "spawner", m) {
		return nil
	}
	for s.next < uint64(run.n) && !run.stopped.Load() {
		id := s.next
		pid, err := c.Spawn(run.factory(func() proc.Machine { return newIdleProc(run, id) }))
		if err != nil {
			return run.unborn("spawner", fmt.Sprintf("process %d", id), err)
		}
		run.pids[id] = pid
		s.next++
		if c.ShouldYield() && s.next < uint64(run.n) {
			return s.on.next(c, run.trial, "spawner", m)
		}
	}
	close(run.ready)
	return proc.Normal
}

func idleThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := &idleRun{trial: t, pids: make([]proc.PID, t.n), ready: make(chan struct{})}
	for i := range run.pids {
		run.pids[i] = 1 // the pages are to be there before memory is measured
	}
	spawner, err := s.spawn(&idleSpawner{run: run})
	if err != nil {
		return Sample{}, err
	}
	before := meter.Resident()
	if err := s.send(spawner, start); err != nil {
		return Sample{}, err
	}
	if err := s.await(run.ready); err != nil {
		return Sample{}, err
	}
	var st proc.Stats
	err = s.watch(nil, func() bool {
		s.rt.ReadStats(&st)
		return st.Processes == int(t.n)
	}, "the spawner does not end")
	if err != nil {
		return Sample{}, err
	}
	sample := Sample{BytesPerProc: float64(meter.Resident()-before) / float64(t.n)}
	if share, ok := processorShare(idleWatch); ok {
		sample.Details = append(sample.Details, Detail{"idle_cpu", share * 100, "%"})
	}
	began := t.clock.Now()
	for _, pid := range run.pids {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
		if t.stopped.Load() {
			return Sample{}, t.ctx.Err()
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	sample.Details = append(sample.Details, Detail{"wake_and_exit", float64(t.clock.Now()-began) / float64(t.n), "ns each"})
	if woken := run.woken.Load(); woken != t.n {
		t.failf("drain", "%d processes were woken, %d were told to end", woken, t.n)
	}
	return sample, nil
}

// processorShare watches the program for d and returns the share of one
// processor that it used.
func processorShare(d time.Duration) (float64, bool) {
	began := time.Now()
	before, ok := meter.ProcessorTime()
	if !ok {
		return 0, false
	}
	time.Sleep(d)
	after, ok := meter.ProcessorTime()
	return float64(after-before) / float64(time.Since(began)), ok
}

func idleTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	n := min(t.n, idleTwins)
	run := &idleRun{trial: t}
	inboxes := make([]chan message, n)
	before := meter.Resident()
	for i := range inboxes {
		inboxes[i] = make(chan message)
		g.wg.Go(func() {
			state := newIdleProc(run, uint64(i))
			<-inboxes[i]
			state.woke()
		})
		if i%1024 == 0 && t.stopped.Load() {
			inboxes = inboxes[:i+1]
			break
		}
	}
	sample := Sample{BytesPerProc: float64(meter.Resident()-before) / float64(len(inboxes))}
	for _, inbox := range inboxes {
		inbox <- message{}
	}
	g.join()
	if woken := run.woken.Load(); woken != int64(len(inboxes)) {
		t.failf("twin", "%d goroutines were woken of %d", woken, len(inboxes))
	}
	return sample, nil
}
