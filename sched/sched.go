package sched

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
)

// Tuned on two cores of an AMD EPYC of the Zen 3 family unless another reason is given.
const (
	// TurnReductions is how many reductions a turn may use, as in Erlang (CONTEXT_REDS, erl_vm.h).
	TurnReductions = 4000

	// MaxWorkers is how many workers a scheduler can have.
	MaxWorkers = 255

	lifoMax    = 3                             // turns in a row from the LIFO slot; tokio's figure
	youthMax   = 64                            // turns of new tasks for one of another
	lowEvery   = 8                             // turns of Normal for one of Low; Erlang's figure
	fuelMax    = 512                           // messages between two looks at the clock, at most
	pullMax    = 64                            // tasks taken from outside at a time
	checkEvery = int64(20 * time.Microsecond)  // a clock read costs 36 ns here: 0.2 %
	crowdTurns = int64(2 * time.Millisecond)   // all turns of a crowd of woken tasks together should take
	spentEvery = int64(400 * time.Microsecond) // spent tasks get a turn at least this often

	sharePatience = int64(50 * time.Microsecond) // about what waking a worker costs
	shareLongest  = int64(10 * time.Millisecond)
	shareUse      = int64(time.Millisecond) // sharing that keeps others busy for so long was of use

	// What is offered is left to others for so long. A worker that is woken comes after 50 to 90 µs; on the two cores of an AMD EPYC of
	// the Zen 3 family bench's steal took 11.3 µs a task when offers were taken back after 40 µs, 9.9 with 100 µs, 8.8 with 200 and 300,
	// 8.4 with 500. A task that nobody takes waits longer for it.
	offerLasts = int64(300 * time.Microsecond)
)

// ErrStopped is returned when the scheduler no longer takes work.
var ErrStopped = errors.New("sched: scheduler is stopped")

// Config says how a scheduler works. The zero value is right for most uses.
type Config struct {
	// Workers is how many workers run turns, 1 to MaxWorkers. 0 means GOMAXPROCS, followed when it changes.
	Workers int

	// NoHostP leaves GOMAXPROCS alone. By default a scheduler that uses every P adds one for the rest of the program, because
	// workers that are always busy keep Go from polling the network: measured on two cores, an HTTP server in the
	// same program answers with a p99 of 74 ms without and 0.2 ms with the spare P, at 1 % of the throughput. It is put
	// back by Stop. Setting it switches off Go's own adjustment to a changed CPU quota until then.
	NoHostP bool

	// Slice is how long a turn may last while others wait; 0 means 200 µs. It is looked at between messages.
	Slice time.Duration

	// StuckAfter is how long a worker may be inside one handler before a spare worker takes over its core; 0 means
	// 10 ms.
	StuckAfter time.Duration

	// Spin is how long a worker without work looks for some before it parks; 0 means 20 µs.
	Spin time.Duration

	// Relax makes a searching worker offer its P to other goroutines. It is set by itself when there is no P to spare.
	Relax bool

	// Logger receives what nobody else is told: panics of tasks without a Crashed hook, stuck tasks without a Stuck
	// hook. nil means slog.Default().
	Logger *slog.Logger

	// NewCore makes the embedder's state of a core, found in Core.Local. Called before the core is used.
	NewCore func(c *Core) any

	// NewWorker makes the embedder's state of a worker, found in Worker.Local. Called whenever a worker gets a core.
	NewWorker func(w *Worker) any

	// Crashed is called in place of the rest of a turn that ended by a panic with value v, or by runtime.Goexit when v is
	// nil. kept says whether the worker still has its core. The result is what Run would have returned.
	Crashed func(w *Worker, t Task, v any, stack []byte, kept bool) Next

	// Look is called by a worker, with its core held, about every 20 µs of busy time and before it parks: the moment to
	// publish counters that are plain memory of the core.
	Look func(w *Worker)

	// Idle is called by a worker, with its core held, when it has run out of work. It reports whether it has let time go by.
	Idle func(w *Worker) bool

	// Awake is called by a worker, with its core held, when it has slept; Worker.Now tells the time then.
	Awake func(w *Worker)

	// Stuck is called from the monitor when a core was taken from a worker that had been inside t for the given time. t can
	// be looked at until Stuck returns; what takes longer, such as a log record, belongs into the function it returns.
	Stuck func(t Task, since time.Duration) (report func())

	// Timers is what timers do when they are due. Who starts none needs none.
	Timers Timers

	clock   func() int64 // ns, monotonic; tests replace it
	osYield func()       // see cede; tests replace it
}

// Scheduler runs tasks on its workers.
type Scheduler struct {
	tick atomics.Uint32 // raised by the monitor every millisecond while workers are busy; anyone may load it
	_    [60]byte

	cfg    Config
	base   time.Time
	clock  func() int64
	follow bool // Workers follows GOMAXPROCS

	osYield func() // nil where there is none; see cede

	cores   atomics.Pointer[[]*Core] // replaced by the monitor, or by New
	active  atomics.Int32            // cores below this number are in use
	idle    idle
	stale   staleness
	inject  mpsc.Queue[Task] // from outside; consumed by whoever sets pulling
	births  mpsc.Queue[Task] // tasks from outside that have never run; likewise
	pulling atomics.Uint32

	relax    atomics.Bool // searching workers offer their P to others; written by resize, read by the workers
	stopping atomics.Bool
	stop     chan struct{} // closed when stopping
	hand     chan *Core    // to a spare worker that waits
	spares   atomics.Int32 // workers started beyond one a core, now
	tookOver atomics.Uint64
	wakes    atomics.Uint64

	running sync.WaitGroup // every goroutine of the scheduler
	alive   atomics.Int32
	mon     monitor
	once    sync.Once
}

// New starts a scheduler. Stop ends it.
func New(cfg Config) (*Scheduler, error) {
	switch {
	case cfg.Workers < 0 || cfg.Workers > MaxWorkers:
		return nil, fmt.Errorf("sched: Config.Workers is %d; it must be from 1 to %d, or 0 for GOMAXPROCS", cfg.Workers, MaxWorkers)
	case cfg.Slice < 0:
		return nil, fmt.Errorf("sched: Config.Slice is %v; it must be positive, or 0 for 200µs", cfg.Slice)
	case cfg.StuckAfter < 0:
		return nil, fmt.Errorf("sched: Config.StuckAfter is %v; it must be positive, or 0 for 10ms", cfg.StuckAfter)
	case cfg.Spin < 0:
		return nil, fmt.Errorf("sched: Config.Spin is %v; it must be positive, or 0 for 20µs", cfg.Spin)
	}
	if cfg.Slice == 0 {
		cfg.Slice = 200 * time.Microsecond
	}
	if cfg.StuckAfter == 0 {
		cfg.StuckAfter = 10 * time.Millisecond
	}
	if cfg.Spin == 0 {
		cfg.Spin = 20 * time.Microsecond
	}
	s := &Scheduler{
		cfg:    cfg,
		base:   time.Now(),
		follow: cfg.Workers == 0,
		stop:   make(chan struct{}),
		hand:   make(chan *Core),
	}
	if s.osYield = cfg.osYield; s.osYield == nil {
		s.osYield = osYield
	}
	if s.clock = cfg.clock; s.clock == nil {
		s.clock = func() int64 { return int64(time.Since(s.base)) }
	}
	s.idle.words = len(s.idle.parked)
	s.idle.pending = s.pending
	s.idle.signal = func(core int) {
		s.wakes.Add(1)
		(*s.cores.Load())[core].signal()
	}
	n := cfg.Workers
	if n == 0 {
		n = min(ps.base(), MaxWorkers)
	}
	s.mon.init()
	s.cores.Store(&[]*Core{})
	if !cfg.NoHostP {
		ps.add(s, n)
	}
	s.resize(n)
	s.running.Add(1)
	go s.monitor()
	return s, nil
}

// resize sets the number of active cores. Only New and the monitor call it.
func (s *Scheduler) resize(n int) {
	old := *s.cores.Load()
	cores := old
	for len(cores) < n {
		c := &Core{takenAt: -takenLately, id: len(cores), sched: s, ticks: &s.tick, sem: make(chan struct{}, 1), rand: uint64(len(cores))*2654435761 + 1, cedeEvery: cedeOften}
		c.wheel.init()
		c.now = s.clock()
		c.count.idle = c.now // it was not busy before it was there
		c.public.idle.Store(c.now)
		c.batch, c.fuel = 8, 8
		if s.cfg.NewCore != nil {
			c.Local = s.cfg.NewCore(c)
		}
		cores = append(cores[:len(cores):len(cores)], c)
	}
	s.cores.Store(&cores)
	s.active.Store(int32(n))
	s.relax.Store(s.cfg.Relax || s.cfg.NoHostP && n >= runtime.GOMAXPROCS(0))
	for i, c := range cores {
		if was := c.retire.Load(); was != (i >= n) {
			c.retire.Store(i >= n)
			c.signal()
		}
		if i >= len(old) {
			s.start(c)
		}
	}
}

// start gives a core to a new worker goroutine.
func (s *Scheduler) start(c *Core) {
	w := &Worker{}
	w.bind(c)
	s.running.Add(1)
	s.alive.Add(1)
	go w.run()
}

func (w *Worker) bind(c *Core) {
	w.core = c
	w.lost = false
	w.busy.Set()
	w.state.Store(held)
	w.parted.Store(false)
	if f := c.sched.cfg.NewWorker; f != nil {
		w.Local = f(w)
	}
	c.progress.Store(c.sched.clock())
	c.worker.Store(w)
}

func (s *Scheduler) exited() {
	s.alive.Add(-1)
	s.running.Done()
}

// Workers returns how many workers run turns at present.
func (s *Scheduler) Workers() int { return int(s.active.Load()) }

// Now returns the scheduler's monotonic clock: the time since it began. Any goroutine may ask.
func (s *Scheduler) Now() time.Duration { return time.Duration(s.clock()) }

// Submit makes a task ready from outside: any goroutine may call it. It returns ErrStopped when the scheduler is
// stopped.
func (s *Scheduler) Submit(t Task) error {
	if t == nil {
		return errors.New("sched: Submit: task is nil")
	}
	if s.stopping.Load() {
		return ErrStopped
	}
	s.push(t)
	return nil
}

func (s *Scheduler) push(t Task) {
	s.inject.Push(t)
	s.idle.wake()
}

// Begin is Submit for a task that has never run; see Worker.Begin.
func (s *Scheduler) Begin(t Task) error {
	if t == nil {
		return errors.New("sched: Begin: task is nil")
	}
	if s.stopping.Load() {
		return ErrStopped
	}
	s.births.Push(t)
	s.idle.wake()
	return nil
}

func (s *Scheduler) injected() bool { return !s.inject.Empty() || !s.births.Empty() }

// pending reports whether any shared queue holds work.
func (s *Scheduler) pending() bool {
	if s.injected() || s.stopping.Load() {
		return true
	}
	for _, c := range *s.cores.Load() {
		if c.ring.len() > 0 {
			return true
		}
	}
	return false
}

func (c *Core) signal() {
	select {
	case c.sem <- struct{}{}:
	default: // it has one already and will look again
	}
}

// OnCore has f called by the worker that holds the given core, with the core held, between two messages. f must be quick. Any
// goroutine may call OnCore; a core number that is not in use is ignored.
func (s *Scheduler) OnCore(core int, f func(w *Worker)) {
	cores := *s.cores.Load()
	if core < 0 || core >= len(cores) {
		return
	}
	c := cores[core]
	c.ops.Push(f)
	if s.idle.clear(core) { // pairs with the look at ops after park
		s.idle.searching.Add(1)
		c.signal()
	} else if c.retire.Load() {
		c.signal() // its worker may sleep without a bit. Pairs with resize, which signals after it has set retire
	}
}

// Ticks returns the monitor's count: milliseconds of busy time, coarse and sometimes late. Any goroutine may ask.
func (s *Scheduler) Ticks() uint32 { return s.tick.Load() }

// Quiet reports whether nothing is queued and every worker is parked: no task runs or waits to run. Timers may still be
// running, and tasks that have lost their core. The answer is a moment's view.
func (s *Scheduler) Quiet() bool {
	if s.pending() || s.spares.Load() > 0 {
		return false
	}
	for i, c := range *s.cores.Load() {
		if !s.idle.isParked(i) && !c.dozing.Load() {
			return false
		}
	}
	return !s.pending()
}

// Stop ends the scheduler: workers finish the turn they are in, tasks that still wait are not run, and every goroutine that New or
// the scheduler has started ends. It returns ctx's error, wrapped, when tasks are still inside Run by then; their
// goroutines end when they return. Any goroutine but a worker may call it, more than once.
func (s *Scheduler) Stop(ctx context.Context) error {
	s.once.Do(func() {
		s.stopping.Store(true)
		s.tick.Add(1) // every worker looks up after the turn it is in
		close(s.stop)
		ps.remove(s)
	})
	for _, c := range *s.cores.Load() {
		c.signal()
	}
	s.mon.wake(s.clock())
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		select {
		case <-done:
			return nil
		default:
		}
		return fmt.Errorf("sched: %d workers are still inside a task: %w", s.alive.Load(), ctx.Err())
	}
}
