package proc

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// toil uses n units of processor time.
func toil(n int) (x uint64) {
	for i := range n * 20_000 {
		x = x*6364136223846793005 + uint64(i)
	}
	return x
}

var toiled uint64

// toiler works, and passes the work on.
type toiler struct{ units int }

func (w toiler) Handle(c *Ctx, m Message) error {
	toiled += toil(w.units)
	return c.Send(m.Body.(PID), c.Self())
}

type bigToiler struct{ toiler }

// kill ends processes that would keep each other busy.
func kill(rt *Runtime, pids ...PID) {
	for _, pid := range pids {
		_ = rt.Exit(pid, Kill)
	}
}

// taken adds up what a meter has to say until it has so many samples.
func taken(t *testing.T, m *RunMeter, samples int) map[PID]RunTime {
	t.Helper()
	all, n := map[PID]RunTime{}, 0
	until(t, "enough samples", func() bool {
		for _, r := range m.Take() {
			n += r.Samples
			old := all[r.PID]
			r.Time, r.Samples = r.Time+old.Time, r.Samples+old.Samples
			if r.Parent == 0 {
				r.Parent = old.Parent
			}
			all[r.PID] = r
		}
		return n >= samples
	})
	return all
}

// pass waits for a tick of the monitor and n more, and returns the clocks of the first and the last, between which it has run for sure. Whatever
// happens to the machine meanwhile, samples are taken at ticks.
func pass(rt *Runtime, n int) (from, to int64) {
	for i := range n + 1 {
		for tick := rt.sched.Ticks(); rt.sched.Ticks() == tick; {
			runtime.Gosched()
		}
		if i == 0 {
			from = rt.sched.TickedAt()
		}
	}
	return from, rt.sched.TickedAt()
}

// pacer runs through some ticks, and passes on what is left of the rounds.
type pacer struct {
	ticks int
	sure  *int64 // ns of run time that it must be credited with
	over  chan struct{}
}

func (w pacer) Handle(c *Ctx, m Message) error {
	from, to := pass(c.Runtime(), w.ticks)
	*w.sure += to - from
	if m.Word == 0 {
		w.over <- struct{}{}
		return nil
	}
	return c.SendWord(m.Body.(PID), c.Self(), m.Word-1)
}

type bigPacer struct{ pacer }

// Each process is credited with all of the time between two samples that it has run through, and a worker with no more than has gone by.
func TestRunTimeIsCreditedToWhoeverRan(t *testing.T) {
	const rounds = 15
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	from := rt.sched.Clock()
	m := rt.MeasureRunTime()
	defer m.Stop()
	var bigSure, smallSure int64
	over := make(chan struct{}, 1)
	big := spawn(t, rt, func() Machine { return bigPacer{pacer{7, &bigSure, over}} })
	small := spawn(t, rt, func() Machine { return pacer{1, &smallSure, over} })
	if err := rt.SendWord(big, small, 2*rounds-1); err != nil {
		t.Fatal(err)
	}
	await(t, "the last round", over)
	until(t, "the worker parks", rt.drained)
	elapsed := time.Duration(rt.sched.Clock() - from)
	all := map[PID]RunTime{}
	for _, r := range m.Take() {
		all[r.PID] = r
	}
	b, s := all[big], all[small]
	if b.Type != "proc.bigPacer" || s.Type != "proc.pacer" {
		t.Errorf("types: %q and %q", b.Type, s.Type)
	}
	if b.Time < time.Duration(bigSure) || s.Time < time.Duration(smallSure) || b.Time+s.Time > elapsed {
		t.Errorf("%v and %v; they have run for %v and %v at least, and both for %v at most", b.Time, s.Time, time.Duration(bigSure), time.Duration(smallSure), elapsed)
	}
	if b.Samples < rounds || s.Samples < rounds {
		t.Errorf("%d and %d samples of %d turns with ticks in each", b.Samples, s.Samples, rounds)
	}
}

// Two processes work in turns, one of them 64 times as long, so most samples must find that one. How many depends on the machine: what a turn costs
// beside the work belongs to both, and a worker that waits for its processor gives one sample for many ticks. Even if a turn costs 20 times the
// short work, three quarters of the time are the long one's, and a half of 300 independent samples is 10 standard deviations away. Beside 20 busy
// threads it was 265 to 296 of them.
func TestMostSamplesFindWhoeverRunsLongest(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	m := rt.MeasureRunTime()
	defer m.Stop()
	big := spawn(t, rt, func() Machine { return bigToiler{toiler{64}} })
	small := spawn(t, rt, func() Machine { return toiler{1} })
	if err := rt.Send(big, small); err != nil {
		t.Fatal(err)
	}
	all := taken(t, m, 300)
	kill(rt, big, small)
	b, s := all[big], all[small]
	if b.Samples < s.Samples {
		t.Errorf("%d samples of the one that runs long, %d of the other", b.Samples, s.Samples)
	}
	t.Logf("%d and %d samples", b.Samples, s.Samples)
}

// A process that has ended is still told of, with its parent.
func TestRunTimeOfProcessesThatHaveEnded(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	m := rt.MeasureRunTime()
	defer m.Stop()
	type next struct{}
	parent := spawn(t, rt, Of(func(c *Ctx, msg Message) error {
		if _, err := c.SpawnLink(func() Machine { return &brief{} }); err != nil {
			return err
		}
		return c.Send(c.Self(), next{})
	}))
	if err := rt.Send(parent, next{}); err != nil {
		t.Fatal(err)
	}
	found := 0
	until(t, "children with their parent", func() bool {
		for _, r := range m.Take() {
			if r.Type == "*proc.brief" {
				if r.Parent == parent {
					found++
				} else if r.Parent != 0 {
					t.Fatalf("the parent of a child is %v, want %v", r.Parent, parent)
				}
			}
		}
		return found >= 20
	})
	kill(rt, parent)
}

// brief works for some time in Init, and ends.
type brief struct{}

func (*brief) Init(*Ctx) error {
	toiled2.Lock()
	defer toiled2.Unlock()
	toiled2.x += toil(2)
	return Normal
}

func (*brief) Handle(*Ctx, Message) error { return nil }

var toiled2 struct {
	sync.Mutex
	x uint64
}

// What a handler blocks in counts as soon as it returns, unless it has said so.
func TestRunTimeOfHandlersThatBlock(t *testing.T) {
	const ticks = 30
	rt := begin(t, Config{Workers: 2, StuckAfter: time.Millisecond})
	m := rt.MeasureRunTime()
	defer m.Stop()
	of := func(pid PID) (sum int64) {
		for _, r := range m.Take() {
			if r.PID == pid {
				sum += int64(r.Time)
			}
		}
		return sum
	}
	blocked := make(chan int64, 1) // ns
	for range 3 {
		open := handler(t, rt, func(c *Ctx, _ Message) error {
			from, to := pass(rt, ticks)
			blocked <- to - from
			return nil
		})
		send(t, rt, open, nil)
		sure, got := await(t, "the handler", blocked), int64(0)
		until(t, "all that the handler has run", func() bool { got += of(open); return got >= sure })
	}
	// When the whole machine stands still at a bad moment, the turn after it gets the time of that. It does not three times.
	least := 1.0
	for range 3 {
		during := make(chan int64, 1)
		told := handler(t, rt, func(c *Ctx, _ Message) error {
			c.Blocking(func() {
				m.Take()
				from, to := pass(rt, ticks)
				during <- of(c.Self())
				blocked <- to - from
			})
			return nil
		})
		until(t, "whoever has started it parks", rt.drained) // else what that does next may count as still the start
		send(t, rt, told, nil)
		if ns := await(t, "the sum", during); ns != 0 {
			t.Errorf("credited with %v in Blocking", time.Duration(ns))
		}
		took := await(t, "the handler", blocked)
		kill(rt, told)
		gone(t, rt, told)
		until(t, "the workers park", rt.drained)
		least = min(least, float64(of(told))/float64(took))
	}
	if least > 0.5 {
		t.Errorf("a process is credited with %.0f %% of what it was in Blocking for", 100*least)
	}
}

// Meters come and go under load, and none is left.
func TestRunMetersComeAndGoUnderLoad(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	a := spawn(t, rt, func() Machine { return toiler{1} })
	b := spawn(t, rt, func() Machine { return toiler{1} })
	if err := rt.Send(a, b); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				m := rt.MeasureRunTime()
				rt.SetProfileLabels(true)
				taken(t, m, 3)
				rt.SetProfileLabels(false)
				m.Stop()
				m.Stop()
			}
		})
	}
	wg.Wait()
	if n := rt.runs.n.Load(); n != 0 || len(rt.runs.meters) != 0 {
		t.Errorf("%d meters are left, %d in the list", n, len(rt.runs.meters))
	}
	kill(rt, a, b)
	m := rt.MeasureRunTime()
	m.Stop()
	m.Take()
	if got := m.Take(); len(got) != 0 {
		t.Errorf("a stopped meter has gone on: %v", got)
	}
}

// A meter that nobody reads keeps no more than it must, and loses no time.
func TestRunMeterPutsTogetherWhatHasEnded(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	alive := spawn(t, rt, func() Machine { return toiler{1} })
	m := rt.MeasureRunTime()
	m.Stop()
	kind := rt.types.get("kind", func() string { return "kind" })
	const n = 2 * maxRuns
	m.add(alive, kind, 0, 7)
	for i := range n {
		m.add(PID(1<<60+i), kind, PID(1<<59+i), 1) // of no process
	}
	if len(m.runs) > maxRuns {
		t.Errorf("%d kept", len(m.runs))
	}
	sum, own := time.Duration(0), time.Duration(0)
	for _, r := range m.Take() {
		sum += r.Time
		if r.PID == alive {
			own = r.Time
		}
	}
	if sum != n+7 || own != 7 {
		t.Errorf("%d ns in all, %d of the one that lives; want %d and 7", sum, own, n+7)
	}
}
