package difftest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// thrum runs programs on Thrum, one after another in one runtime.
type thrum struct {
	rt *proc.Runtime
	setting
	// patience is how long a program may take before it counts as hanging. It decides nothing else.
	patience time.Duration
}

// journal is a trace that is being written.
type journal struct {
	mu    sync.Mutex
	lines trace
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) taken() trace {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append(trace(nil), j.lines...)
}

// setting is what must make no difference to a program.
type setting struct {
	workers int
	mixed   bool // processes differ in priority, in how their mailboxes work, and at times give their worker away
}

var settings = []setting{{1, false}, {2, false}, {2, true}}

func (s setting) String() string {
	if s.mixed {
		return fmt.Sprintf("workers=%d,mixed", s.workers)
	}
	return fmt.Sprintf("workers=%d", s.workers)
}

func newThrum(t testing.TB, how setting) *thrum {
	th := &thrum{setting: how, patience: *patienceFlag}
	th.start(t)
	t.Cleanup(th.stop)
	return th
}

func (th *thrum) start(t testing.TB) {
	rt, err := proc.New(proc.Config{
		Workers: th.workers,
		Logger:  slog.New(slog.DiscardHandler),
		// A worker that the machine leaves without a processor must keep its turn: rest is told by the end of turns.
		StuckAfter: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	th.rt = rt
}

func (th *thrum) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	th.rt.Shutdown(ctx)
}

// run runs one program and returns its trace. A program that hangs, or fails otherwise, says so in its last line.
func (th *thrum) run(t testing.TB, p program) trace {
	w, log := newWorld(), &journal{}
	if th.mixed {
		w.mixed = uint64(p.id) + 1
	}
	if th.workers > 1 {
		w.spins = 10_000
	}
	base := th.rest(t)
	failed := make(chan error, 1)
	ready := make(chan struct{})
	pid, err := th.rt.Go(func(self *proc.Self) error {
		<-ready
		c := &control{Self: self, w: w, log: log, ends: th.ends, base: base}
		failed <- c.run(p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.controller = pid
	close(ready)
	ctx, cancel := context.WithTimeout(context.Background(), th.patience)
	defer cancel()
	reason, err := th.rt.Wait(ctx, pid)
	if err != nil {
		log.add("999999 p0 = hangs")
		th.stop()
		th.start(t)
		return log.taken()
	}
	select {
	case err := <-failed:
		if err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("program %d: the controller has ended: %v", p.id, reason)
	}
	return log.taken()
}

// ends is how many processes have ended so far.
func (th *thrum) ends() int {
	var s proc.Stats
	th.rt.ReadStats(&s)
	return int(s.Exited)
}

// rest waits until no process is left, and returns how many have ended.
func (th *thrum) rest(t testing.TB) int {
	var s proc.Stats
	for end := time.Now().Add(th.patience); ; {
		if th.rt.ReadStats(&s); s.Processes == 0 {
			return int(s.Exited)
		}
		if time.Now().After(end) {
			t.Fatalf("%d processes are left", s.Processes)
		}
		time.Sleep(20 * time.Microsecond)
	}
}
