package supervise

import (
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Dynamic children that are to be started again are counted, and are not active. (OTP: supervisor_SUITE, count_restarting_children.)
func TestCountOfDynamicChildrenHasThoseThatRestart(t *testing.T) {
	w := newWorld(t)
	f := many(SimpleOneForOne)
	f.Backoff = &Backoff{Min: time.Hour, Max: time.Hour}
	sup := w.start(f, Spec{New: func(any) proc.Machine { return &quiet{} }})
	pids := make([]proc.PID, 3)
	for i := range pids {
		var err error
		if pids[i], err = StartDynamic(w.k, sup, nil); err != nil {
			t.Fatal(err)
		}
	}
	for ended, pid := range pids {
		n, err := CountChildren(w.k, sup)
		if want := (Count{Specs: 1, Active: 3 - ended, Workers: 3}); n != want || err != nil {
			t.Errorf("after %d ends: %+v, %v, want %+v", ended, n, err, want)
		}
		w.crash(pid, errBoom)
		w.eventually("it is to be started again", func() bool {
			list, err := WhichChildren(w.k, sup)
			restarting := 0
			for _, ch := range list {
				if ch.Restarting && ch.PID == 0 {
					restarting++
				}
			}
			return err == nil && restarting == ended+1
		})
	}
	n, err := CountChildren(w.k, sup)
	if want := (Count{Specs: 1, Workers: 3}); n != want || err != nil {
		t.Errorf("at last: %+v, %v, want %+v", n, err, want)
	}
}

// When dynamic children end too often, their supervisor ends with Shutdown, the others are stopped by it in order, and the supervisor above
// restarts it without children. (OTP: supervisor_SUITE, simple_one_for_one_escalation.)
func TestDynamicChildrenEndWithTheSupervisorThatGivesUp(t *testing.T) {
	w := newWorld(t)
	pool, err := New(Flags{Strategy: SimpleOneForOne, Intensity: 1, Period: time.Hour}, w.pool())
	if err != nil {
		t.Fatal(err)
	}
	top := w.start(many(OneForOne), Spec{ID: "pool", Type: Supervisor, Factory: pool})
	sup := w.pid(top, "pool")
	end := w.watch(sup)
	a, err := StartDynamic(w.k, sup, "a")
	if err != nil {
		t.Fatal(err)
	}
	w.until("+a")
	b, err := StartDynamic(w.k, sup, "b")
	if err != nil {
		t.Fatal(err)
	}
	w.until("+b")
	w.crash(a, errBoom)
	w.until("+a")
	other := w.watch(b)
	var again proc.PID // a's successor; until the supervisor has heard of its Init, a itself is listed
	w.eventually("the successor is listed", func() bool {
		list, err := WhichChildren(w.k, sup)
		for _, ch := range list {
			if ch.PID != a && ch.PID != b {
				again = ch.PID
			}
		}
		return err == nil && again != 0
	})
	w.crash(again, errBoom) // one too many
	w.is(end(), proc.Shutdown)
	w.is(other(), proc.Shutdown)
	w.until("-b")
	w.eventually("the pool is there again, and empty", func() bool {
		again := w.pid(top, "pool")
		if again == 0 || again == sup {
			return false
		}
		n, err := CountChildren(w.k, again)
		return err == nil && n == Count{Specs: 1}
	})
}

// A child whose name somebody else has is not started, and nothing of it is kept; while a restart finds the name taken it is tried again, and
// succeeds when that is free. (OTP: supervisor_SUITE, already_started_outside_supervisor.)
func TestChildWhoseNameSomebodyElseHas(t *testing.T) {
	w := newWorld(t)
	holder := func() proc.PID {
		pid, err := w.rt.Start(w.ctx, func() proc.Machine { return &quiet{} }, proc.WithName("child"))
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	sup := w.start(many(OneForOne))
	spec := Spec{ID: "a", Factory: func() proc.Machine { return &quiet{} }, Options: []proc.SpawnOption{proc.WithName("child")}}
	other := holder()
	if _, err := StartChild(w.k, sup, spec); err == nil {
		t.Error("it is started")
	} else {
		w.is(err, proc.ErrNameTaken)
	}
	if got := w.children(sup); got != "" {
		t.Errorf("children: %q", got)
	}
	w.crash(other, errBoom)
	a, err := StartChild(w.k, sup, spec)
	if err != nil {
		t.Fatal(err)
	}

	flags := many(OneForOne)
	flags.Backoff = &Backoff{Min: time.Millisecond, Max: time.Millisecond}
	if err := Stop(w.k, sup, proc.Shutdown); err != nil {
		t.Fatal(err)
	}
	w.ends(a, nil)
	sup = w.start(flags, spec)
	first := w.pid(sup, "a")
	if err := w.rt.Exit(first, proc.Kill); err != nil {
		t.Fatal(err)
	}
	w.ends(first, nil)
	var taken proc.PID
	w.eventually("the name is taken between two tries", func() bool {
		pid, err := w.rt.Start(w.ctx, func() proc.Machine { return &quiet{} }, proc.WithName("child"))
		if err == nil {
			taken = pid
			return true
		}
		if now := w.pid(sup, "a"); now != 0 { // it was quicker
			_ = w.rt.Exit(now, proc.Kill)
		}
		return false
	})
	w.logged("name", "child=a")
	w.crash(taken, errBoom)
	w.eventually("it runs under its name", func() bool {
		pid, ok := w.rt.Whereis("child")
		return ok && pid == w.pid(sup, "a")
	})
}
