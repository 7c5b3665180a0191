package proc

import (
	"fmt"
	"iter"
	"log/slog"
	"runtime"
	"time"
	"unsafe"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// Config says how a runtime works. The zero value is right for most programs.
type Config struct {
	// Workers is how many workers run processes, 1 to sched.MaxWorkers. 0 means GOMAXPROCS, followed when it changes.
	Workers int

	// Logger receives crash reports and warnings. nil means slog.Default(), asked for at each report.
	Logger *slog.Logger

	// NoHostP leaves GOMAXPROCS as it is. By default New raises it by one when the workers would use every P, so
	// that the rest of the program (network, HTTP servers, other goroutines) is served promptly while all workers are busy;
	// Shutdown puts it back. See sched.Config.
	NoHostP bool

	// MaxProcesses is how many processes there can be at a time, 0 for the most that PIDs can tell apart: 130 million. Free places
	// are handed round in batches of up to a 1,024th of it, so Spawn may refuse some batches early.
	MaxProcesses int

	// StuckAfter is how long a handler may run before a spare worker takes over the other processes of its worker; 0 means
	// 10 ms. Each such case is logged.
	StuckAfter time.Duration
}

// Runtime is a world of processes with a scheduler of its own.
type Runtime struct {
	sched    *sched.Scheduler
	table    table
	pool     *mpsc.Pool[Message]
	outside  outside
	watchers watchers
	cfg      Config
	locals   atomics.Pointer[[]*local] // by core; replaced when a core is added
	closed   atomics.Bool              // sends and spawns from outside are refused
	noSpawn  atomics.Bool              // so are spawns by processes
	offloads atomics.Int64
	stuck    atomics.Uint64
	warned   oncePerSecond
	types    types

	//lint:ignore U1000 in builds with the tag explore it is used
	model model

	closing closing
	names   registry
	ports   ports
	labels  atomics.Bool // CPU profiles tell types apart; anyone may load and store it
	runs    runs
	spawns  spawns
	away    away
	sysmon  atomics.Pointer[SystemMonitor] // replaced by SetSystemMonitor; anyone may load it
	pending atomics.Int64                  // tasks of the runtime's own that end by themselves
}

var runtimes atomics.Uint64 // how many have been made; numbers go round after 2,047

// New starts a runtime. Shutdown ends it.
//
// Errors: a field of cfg out of range, named with its value and what would be right.
func New(cfg Config) (*Runtime, error) {
	switch {
	case cfg.Workers < 0 || cfg.Workers > sched.MaxWorkers:
		return nil, fmt.Errorf("proc: Config.Workers is %d; it must be from 1 to %d, or 0 for GOMAXPROCS", cfg.Workers, sched.MaxWorkers)
	case cfg.MaxProcesses < 0 || cfg.MaxProcesses > portBase:
		return nil, fmt.Errorf("proc: Config.MaxProcesses is %d; it must be from 1 to %d, or 0 for that many", cfg.MaxProcesses, portBase)
	case cfg.StuckAfter < 0:
		return nil, fmt.Errorf("proc: Config.StuckAfter is %v; it must be positive, or 0 for 10ms", cfg.StuckAfter)
	}
	rt := &Runtime{cfg: cfg, pool: mpsc.NewPool[Message]()}
	rt.closing.init()
	rt.names.init()
	number := (runtimes.Add(1)-1)%(1<<runtimeBits-1) + 1
	most := cfg.MaxProcesses
	if most == 0 {
		most = portBase
	}
	rt.table.init(number, most)
	rt.locals.Store(&[]*local{})
	rt.outside.init(rt.pool)
	s, err := sched.New(sched.Config{
		Workers:    cfg.Workers,
		NoHostP:    cfg.NoHostP,
		StuckAfter: cfg.StuckAfter,
		Logger:     cfg.Logger,
		NewCore: func(c *sched.Core) any {
			l := &local{cache: rt.pool.NewCache(c.ID())}
			l.cache.OnSignal = func(m *mpsc.Mailbox[Message], v Message) {
				l.ctx.onSignal((*process)(unsafe.Pointer(m)), v) // the mailbox is the first field
			}
			ls := append((*rt.locals.Load())[:c.ID():c.ID()], l)
			rt.locals.Store(&ls)
			return l
		},
		NewWorker: func(w *sched.Worker) any {
			l := w.Core().Local.(*local)
			l.ctx = &Ctx{w: w, rt: rt, base: rt.table.base, lc: l, cache: l.cache, tag: mpsc.TagOf(w.Core().ID()), label: &inherited}
			l.ctx.beginSamples()
			l.ctx.followSpawns()
			return l.ctx
		},
		Crashed: rt.crashed,
		Look: func(w *sched.Worker) {
			l := w.Local.(*Ctx).lc
			l.cache.Now = stampOf(w)
			l.publish()
			l.ctx.watched()
			l.ctx.followLabels()
			l.ctx.sampleRun()
			l.ctx.followSpawns()
		},
		Awake: func(w *sched.Worker) { w.Local.(*Ctx).cache.Now = stampOf(w) },
		Idle: func(w *sched.Worker) bool {
			l := w.Local.(*Ctx).lc
			l.cache.Flush()
			l.ctx.self = 0 // what comes now is no process's time
			l.ctx.unlabel()
			if l.woke {
				// A goroutine that has got its answer is next on our processor, and would wait there while we look for work.
				l.woke = false
				runtime.Gosched()
				return true
			}
			return false
		},
		Stuck:  rt.isStuck,
		Timers: (*alarms)(rt),
	})
	if err != nil {
		return nil, err
	}
	rt.sched = s
	return rt, nil
}

// Logger returns where the runtime reports: Config.Logger, or slog.Default() as it is now. Any goroutine may call it.
func (rt *Runtime) Logger() *slog.Logger { return rt.logger() }

func (rt *Runtime) logger() *slog.Logger {
	if rt.cfg.Logger != nil {
		return rt.cfg.Logger
	}
	return slog.Default()
}

// Workers returns how many workers run processes at present.
func (rt *Runtime) Workers() int { return rt.sched.Workers() }

// isStuck reports a handler that has kept its worker for too long.
func (rt *Runtime) isStuck(t sched.Task, since time.Duration) (report func()) {
	rt.stuck.Add(1)
	p, ok := t.(*process)
	if !ok {
		return func() {}
	}
	name, pid := p.typeName(), p.pid
	rt.away.add(pid) // before the handler can go on; detached takes it out
	return func() {
		rt.tellStuck(pid, name, since)
		if !rt.warned.allow() {
			return
		}
		rt.logger().Warn("proc: handler is stuck; a spare worker goes on with its worker's other processes",
			slog.String("type", name), slog.Any("pid", pid), slog.Duration("for", since),
			slog.Uint64("total", rt.stuck.Load()))
	}
}

// oncePerSecond lets one report a second through: a program whose handlers block all the time must not drown in them.
type oncePerSecond struct{ last atomics.Int64 }

func (o *oncePerSecond) allow() bool {
	now, last := time.Now().UnixNano(), o.last.Load()
	return now-last >= int64(time.Second) && o.last.CompareAndSwap(last, now)
}

// Processes iterates over the PIDs of the processes that live, in no particular order. One that begins or ends
// meanwhile may or may not be seen. Any goroutine may call it; it takes some nanoseconds a slot.
func (rt *Runtime) Processes() iter.Seq[PID] {
	return func(yield func(PID) bool) {
		for s, slab := range *rt.table.dir.Load() {
			for i := range slab.procs {
				st := slab.procs[i].mb.State()
				if st.Gen() == 0 || st.Kind() == mpsc.Closed {
					continue
				}
				if !yield(PID(uint64(st.Gen()) | uint64(s<<slabShift|i) ^ rt.table.base)) {
					return
				}
			}
		}
	}
}
