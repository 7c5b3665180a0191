package supervise

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

var errWrapped = fmt.Errorf("%w: for a reason", proc.Shutdown)

func TestTransientChildIsRestartedAfterAFailureOnly(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForOne), w.worker("a", transient), w.worker("b", transient), w.worker("c", transient), w.worker("d", transient))
	w.until("+a +b +c +d")
	w.crash(w.pid(sup, "a"), proc.Normal)
	w.crash(w.pid(sup, "b"), proc.Shutdown)
	w.crash(w.pid(sup, "c"), errWrapped)
	w.crash(w.pid(sup, "d"), errBoom)
	w.until("+d")
	if got := w.children(sup); got != "+d -c -b -a" { // kept, without a process
		t.Errorf("children %q", got)
	}
	w.logged("child terminated", "child=d", "boom")
	w.silent(`child terminated" supervisor=` + sup.String() + ` child=a`)
}

func TestTemporaryChildIsNeverRestartedAndDropped(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForOne), w.worker("a", temporary), w.worker("b", temporary), w.worker("c"))
	w.until("+a +b +c")
	w.crash(w.pid(sup, "a"), proc.Normal)
	w.crash(w.pid(sup, "b"), errBoom)
	w.eventually("both dropped", func() bool { return w.children(sup) == "+c" })
	w.logged("child terminated", "child=b", "boom")
}

func TestRestartTypesOfDynamicChildren(t *testing.T) {
	for _, c := range []struct {
		restart Restart
		reason  error
		again   bool
	}{
		{Permanent, proc.Normal, true}, {Permanent, errBoom, true}, {Transient, proc.Normal, false}, {Transient, errWrapped, false},
		{Transient, errBoom, true}, {Temporary, proc.Normal, false}, {Temporary, errBoom, false},
	} {
		t.Run(fmt.Sprintf("%v/%v", c.restart, c.reason), func(t *testing.T) {
			w := newWorld(t)
			sup := w.start(many(SimpleOneForOne), w.pool(func(s *Spec) { s.Restart = c.restart }))
			a, err := StartDynamic(w.k, sup, "a")
			if err != nil {
				t.Fatal(err)
			}
			w.crash(a, c.reason)
			if c.again {
				w.until("+a +a")
				return
			}
			w.eventually("it is removed", func() bool { return w.children(sup) == "" })
		})
	}
}

func TestOneForOneLeavesTheOthersAlone(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForOne), w.worker("a"), w.worker("b"), w.worker("c"))
	w.until("+a +b +c")
	w.crash(w.pid(sup, "b"), errBoom)
	w.until("+b")
}

func TestOneForAllStopsAllInReverseAndStartsAll(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForAll), w.worker("a"), w.worker("b"), w.worker("c"), w.worker("d"))
	w.until("+a +b +c +d")
	w.crash(w.pid(sup, "b"), errBoom)
	w.until("-d -c -a +a +b +c +d")
}

func TestRestForOneStopsTheYoungerAndStartsThem(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(RestForOne), w.worker("a"), w.worker("b"), w.worker("c"), w.worker("d"))
	w.until("+a +b +c +d")
	w.crash(w.pid(sup, "b"), errBoom)
	w.until("-d -c +b +c +d")
}

func TestTemporarySiblingsVanishInAGroupRestart(t *testing.T) {
	for _, s := range []Strategy{OneForAll, RestForOne} {
		w := newWorld(t)
		sup := w.start(many(s), w.worker("a"), w.worker("b", temporary), w.worker("c"), w.worker("d", temporary))
		w.until("+a +b +c +d")
		w.crash(w.pid(sup, "a"), errBoom)
		w.until("-d -c -b +a +c")
		if got := w.children(sup); got != "+c +a" {
			t.Errorf("%v: children %q", s, got)
		}
	}
}

func TestGroupRestartStartsChildrenThatWereStoppedToo(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForAll), w.worker("a"), w.worker("b"))
	if err := TerminateChild(w.k, sup, "b"); err != nil {
		t.Fatal(err)
	}
	w.until("+a +b -b")
	w.crash(w.pid(sup, "a"), errBoom)
	w.until("+a +b")
}

// fails returns a change of a spec after which its n-th start, counted from 1, fails if bad says so. The counter belongs to the child's processes,
// of which there is one at a time.
func (w *world) fails(bad func(n int) bool) func(*Spec) {
	return func(s *Spec) {
		n := 0
		id := s.ID
		s.Factory = func() proc.Machine {
			n++
			return &worker{w: w, name: id, trap: true, init: func(*proc.Ctx) error {
				if bad(n) {
					w.note("!%s", id)
					return errBoom
				}
				return nil
			}}
		}
	}
}

func TestFailedRestartInOneForAllStartsTheWholeGroupAgain(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForAll), w.worker("a"), w.worker("b", w.fails(func(n int) bool { return n == 2 || n == 3 })), w.worker("c"))
	w.until("+a +b +c")
	w.crash(w.pid(sup, "c"), errBoom)
	w.until("-b -a +a !b -a +a !b -a +a +b +c")
}

func TestFailedRestartInRestForOneGoesOnFromTheFailedOne(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(RestForOne), w.worker("a"), w.worker("b", w.fails(func(n int) bool { return n == 2 || n == 3 })), w.worker("c"))
	w.until("+a +b +c")
	w.crash(w.pid(sup, "a"), errBoom)
	w.until("-c -b +a !b !b +b +c")
}

func TestEachFailedAttemptCountsAndRequestsAreServedBetween(t *testing.T) {
	w := newWorld(t)
	var starts atomic.Int64
	var works atomic.Bool
	flaky := func() proc.Machine { return &quiet{fail: starts.Add(1) > 1 && !works.Load()} }
	sup := w.start(Flags{Intensity: 1 << 40, Period: time.Hour}, Spec{ID: "a", Factory: flaky}, w.worker("b"))
	_ = w.rt.Send(w.pid(sup, "a"), errBoom)
	w.eventually("some attempts have failed", func() bool { return starts.Load() > 10 })
	if got := w.children(sup); got != "+b ra" {
		t.Errorf("children %q", got)
	}
	_, err := RestartChild(w.k, sup, "a")
	w.is(err, ErrRestarting)
	w.is(DeleteChild(w.k, sup, "a"), ErrRestarting)
	_, err = StartChild(w.k, sup, w.worker("a"))
	var already *AlreadyStartedError
	if !errors.As(err, &already) || already.PID != 0 {
		t.Errorf("error %v", err)
	}
	works.Store(true)
	w.eventually("a runs again", func() bool { return w.children(sup) == "+b +a" })
	if n := w.state(sup).Restarts; n != int(starts.Load())-1 {
		t.Errorf("%d restarts counted, %d starts", n, starts.Load())
	}
}

func TestFailingRestartEndsInTheIntensity(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{Intensity: 5, Period: time.Hour}, w.worker("a", w.fails(func(n int) bool { return n > 1 })), w.worker("b"))
	w.until("+a +b")
	end := w.watch(sup)
	_ = w.rt.Send(w.pid(sup, "a"), errBoom)
	w.is(end(), proc.Shutdown)
	w.until("!a !a !a !a !a -b")
	w.logged("maximum restart intensity", "child=a")
}

func TestIgnoreAtRestart(t *testing.T) {
	ignoring := func(s *Spec) {
		n, id := 0, s.ID
		s.Factory = func() proc.Machine {
			n++
			return &quiet{ignore: n > 1, fail: id == ""}
		}
	}
	w := newWorld(t)
	sup := w.start(many(OneForOne), w.worker("a", ignoring), w.worker("b", transient, ignoring))
	w.crash(w.pid(sup, "a"), errBoom)
	w.crash(w.pid(sup, "b"), errBoom)
	w.eventually("both are kept without a process", func() bool { return w.children(sup) == "-b -a" })

	sup = w.start(many(OneForAll), w.worker("a"), w.worker("b", ignoring))
	w.crash(w.pid(sup, "a"), errBoom)
	w.eventually("b is kept without a process", func() bool { return w.children(sup) == "-b +a" })

	n := 0
	pool := w.start(many(SimpleOneForOne), Spec{New: func(any) proc.Machine { n++; return &quiet{ignore: n > 1} }})
	ch, err := StartDynamic(w.k, pool, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.crash(ch, errBoom)
	w.eventually("the dynamic one is dropped", func() bool { return w.children(pool) == "" })
}

func TestIgnoreAtTheFirstStart(t *testing.T) {
	w := newWorld(t)
	none := func(s *Spec) { s.Factory = func() proc.Machine { return &quiet{ignore: true} } }
	sup := w.start(Flags{}, w.worker("a", none), w.worker("b", none, temporary), w.worker("c", none, temporary), w.worker("d"))
	if got := w.children(sup); got != "+d -a" {
		t.Errorf("children %q", got)
	}
}

func TestSupervisorThatHasNothingToDoIsIgnored(t *testing.T) {
	w := newWorld(t)
	_, err := w.k.Start(Init(func() (Flags, []Spec, error) { return Flags{}, nil, proc.Normal }))
	var start *proc.StartError
	if !errors.As(err, &start) || start.Err != proc.Normal {
		t.Errorf("error %v", err)
	}
	sup := w.start(Flags{}, Spec{ID: "s", Type: Supervisor, Factory: Init(func() (Flags, []Spec, error) { return Flags{}, nil, proc.Normal })})
	if got := w.children(sup); got != "-s" {
		t.Errorf("children %q", got)
	}
}

func TestInitIsCalledAtEveryRestart(t *testing.T) {
	w := newWorld(t)
	n := 0
	low := Init(func() (Flags, []Spec, error) {
		n++
		return Flags{}, []Spec{w.worker(fmt.Sprint("w", n))}, nil
	})
	sup := w.start(many(OneForOne), Spec{ID: "low", Type: Supervisor, Factory: low})
	w.until("+w1")
	_ = w.rt.Exit(w.pid(sup, "low"), proc.Kill)
	w.until("-w1 +w2", "+w2 -w1") // a supervisor that was killed leaves its children to their links
}

func TestBackoffDelaysRestarts(t *testing.T) {
	b := &Backoff{Min: time.Second, Max: 10 * time.Second}
	for i, want := range []time.Duration{1, 2, 4, 8, 10, 10, 10} {
		for range 100 {
			if d := b.delay(i); d < want*time.Second/2 || d > want*time.Second {
				t.Errorf("delay %d is %v", i, d)
			}
		}
	}
	if d := (&Backoff{Min: 1, Max: 1<<63 - 1}).delay(1 << 20); d < 1<<61 {
		t.Errorf("a late delay is %v", d)
	}

	w := newWorld(t)
	f := many(OneForOne)
	f.Backoff = &Backoff{Min: time.Hour, Max: time.Hour}
	sup := w.start(f, w.worker("a"), w.worker("b"))
	w.crash(w.pid(sup, "a"), errBoom)
	w.eventually("a waits", func() bool { return w.children(sup) == "+b ra" })
	_, err := RestartChild(w.k, sup, "a")
	w.is(err, ErrRestarting)
	if err := TerminateChild(w.k, sup, "a"); err != nil { // calls the restart off
		t.Fatal(err)
	}
	if pid, err := RestartChild(w.k, sup, "a"); err != nil || pid == 0 {
		t.Error(pid, err)
	}

	f.Backoff = &Backoff{Min: time.Millisecond, Max: time.Millisecond}
	sup = w.start(f, w.worker("c"))
	w.take()
	w.crash(w.pid(sup, "c"), errBoom)
	w.until("+c")
}

func TestBackoffBeginsAgainAfterAHealthyTime(t *testing.T) {
	s := &supervisor{flags: Flags{Backoff: &Backoff{Min: time.Second, Max: time.Minute, Reset: time.Hour}}}
	now := 10 * time.Hour
	s.clock = func() time.Duration { return now }
	w := newWorld(t)
	done := make(chan int, 2)
	_, err := w.rt.Start(context.Background(), func() proc.Machine {
		return &worker{w: w, init: func(c *proc.Ctx) error {
			ch := &child{spec: &spec{}, state: running}
			ch.extra().tries, ch.since = 5, now-time.Minute
			s.delay(c, ch)
			done <- ch.tries
			ch.state, ch.since = running, now-time.Hour
			s.delay(c, ch)
			done <- ch.tries
			return nil
		}}
	})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := <-done, <-done; a != 6 || b != 1 {
		t.Errorf("tries %d and %d", a, b)
	}
}
