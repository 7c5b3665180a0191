package load

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/proc"
)

var timerOperation = &Operation{
	Name:     "timer",
	Purpose:  "a timer of 5 to 15 ms is started for a random one of the processes; complete when it fires, and latency counts from when it should have",
	Twin:     "time.AfterFunc",
	MaxProcs: 1_000_000,
	thrum:    newTimer,
	twin:     newTimerTwin,
}

const (
	timerLeast  = 5 * time.Millisecond
	timerSpread = 10 * time.Millisecond
	// timerSlack is what two clocks may differ by over a timer's time before it counts as
	// early: the runtime's and the one that latencies are read from.
	timerSlack = 100 * time.Microsecond
)

// timers starts timers for processes.
type timers struct {
	w      *world
	random *rand.Rand
	delays *rand.Rand
	procs  []timerProc
	pids   []proc.PID
	begun  int64
}

// timerProc is where timers fire.
type timerProc struct {
	of    *timers
	id    int
	fired int64
	_     [40]byte
}

// Handle implements proc.Machine.
func (p *timerProc) Handle(_ *proc.Ctx, m proc.Message) error {
	o, ok := m.Body.(*op)
	if !ok {
		return proc.Normal
	}
	p.fired++
	p.of.w.fire(o, p.id)
	return nil
}

// fire completes a timer, which must not be early.
func (w *world) fire(o *op, shard int) {
	if early := o.begun - w.env.now(); early > int64(timerSlack) {
		w.failf("timer", fmt.Sprintf("process %d", shard), "a timer fired %v early", time.Duration(early))
	}
	w.complete(o, "timer", shard)
}

// delay draws how long a timer runs. The operation's instants become those at which it
// should fire: by the schedule, and by when it was started.
func delay(random *rand.Rand, o *op) time.Duration {
	d := timerLeast + time.Duration(random.Int64N(int64(timerSpread)))
	o.due += int64(d)
	o.begun += int64(d)
	return d
}

func newTimer(w *world) (target, error) {
	t := &timers{w: w, random: rand.New(rand.NewPCG(w.seed, targets)), delays: rand.New(rand.NewPCG(w.seed, delays)), procs: make([]timerProc, w.procs)}
	for i := range t.procs {
		t.procs[i] = timerProc{of: t, id: i}
		pid, err := w.spawn(&t.procs[i])
		if err != nil {
			return nil, err
		}
		t.pids = append(t.pids, pid)
	}
	return t, nil
}

func (t *timers) begin(o *op) error {
	o.who = t.random.IntN(len(t.pids))
	t.begun++
	_, err := t.w.rt.SendAfter(delay(t.delays, o), t.pids[o.who], o)
	return err
}

func (t *timers) stop() error { return t.w.stopAll("timer", t.pids) }

func (t *timers) verify() {
	var fired int64
	for i := range t.procs {
		fired += t.procs[i].fired
	}
	if fired != t.begun {
		t.w.failf("timer", "processes", "%d timers have fired, %d were started", fired, t.begun)
	}
}

// timersTwin starts timers of package time.
type timersTwin struct {
	w      *world
	delays *rand.Rand
	begun  int64
	fired  atomic.Int64
}

func newTimerTwin(w *world) (target, error) {
	return &timersTwin{w: w, delays: rand.New(rand.NewPCG(w.seed, delays))}, nil
}

func (t *timersTwin) begin(o *op) error {
	t.begun++
	shard := int(t.begun)
	time.AfterFunc(delay(t.delays, o), func() {
		t.fired.Add(1)
		t.w.fire(o, shard)
	})
	return nil
}

func (t *timersTwin) stop() error { return nil }

func (t *timersTwin) verify() {
	if n := t.fired.Load(); n != t.begun {
		t.w.failf("timer", "twin", "%d timers have fired, %d were started", n, t.begun)
	}
}
