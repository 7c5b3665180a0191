package supervise

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func TestRandomRequestsAgreeWithAModel(t *testing.T) {
	w := newWorld(t)
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	sup := w.start(many(OneForOne))
	type entry struct {
		id      string
		running bool
		restart Restart
	}
	var model []entry // oldest first
	find := func(id string) int {
		for i, e := range model {
			if e.id == id {
				return i
			}
		}
		return -1
	}
	remove := func(i int) { model = append(model[:i:i], model[i+1:]...) }
	for step := range 2000 {
		id := fmt.Sprint(r.IntN(6))
		i := find(id)
		var err, want error
		what := ""
		switch r.IntN(5) {
		case 0, 1:
			what = "start"
			restart := Restart(r.IntN(3))
			ignore := r.IntN(8) == 0
			_, err = StartChild(w.k, sup, Spec{ID: id, Restart: restart, Factory: func() proc.Machine { return &quiet{ignore: ignore} }})
			var already *AlreadyStartedError
			switch {
			case i < 0 && ignore && restart == Temporary:
			case i < 0:
				model = append(model, entry{id, !ignore, restart})
			case model[i].running:
				if !errors.As(err, &already) {
					t.Fatalf("seed %d, step %d: %v", seed, step, err)
				}
				err = nil
			default:
				want = ErrAlreadyPresent
			}
		case 2:
			what = "terminate"
			err = TerminateChild(w.k, sup, id)
			switch {
			case i < 0:
				want = ErrNotFound
			case model[i].restart == Temporary:
				remove(i)
			default:
				model[i].running = false
			}
		case 3:
			what = "delete"
			err = DeleteChild(w.k, sup, id)
			switch {
			case i < 0:
				want = ErrNotFound
			case model[i].running:
				want = ErrRunning
			default:
				remove(i)
			}
		case 4:
			what = "end"
			if i < 0 || !model[i].running {
				continue
			}
			pid := w.pid(sup, id)
			w.crash(pid, proc.Normal)
			w.eventually("its end has been seen to", func() bool { return w.pid(sup, id) != pid })
			switch model[i].restart {
			case Transient:
				model[i].running = false
			case Temporary:
				remove(i)
			}
		}
		if !errors.Is(err, want) || err != nil && want == nil {
			t.Fatalf("seed %d, step %d, %s %s: error %v, want %v", seed, step, what, id, err, want)
		}
		list, err := WhichChildren(w.k, sup)
		if err != nil || len(list) != len(model) {
			t.Fatalf("seed %d, step %d, %s %s: %v, %v; want %v", seed, step, what, id, list, err, model)
		}
		for j, ch := range list {
			if e := model[len(model)-1-j]; ch.ID != e.id || ch.PID != 0 != e.running {
				t.Fatalf("seed %d, step %d, %s %s: %v, want %v", seed, step, what, id, list, model)
			}
		}
	}
}

func TestRequestsAndCrashesAtOnceKeepTheListTrue(t *testing.T) {
	rounds := 300
	if raceDetector || testing.Short() {
		rounds = 60
	}
	for _, strategy := range []Strategy{OneForOne, OneForAll, RestForOne, SimpleOneForOne} {
		t.Run(strategy.String(), func(t *testing.T) {
			w := newWorld(t)
			var specs []Spec
			if strategy == SimpleOneForOne {
				specs = []Spec{{Restart: Transient, New: func(any) proc.Machine { return &quiet{fail: rand.IntN(10) == 0, ignore: rand.IntN(10) == 0} }}}
			}
			sup := w.start(Flags{Strategy: strategy, Intensity: 1 << 40, Period: time.Hour}, specs...)
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for range rounds {
						w.disturb(sup, strategy)
					}
				})
			}
			all.Wait()
			w.eventually("what the supervisor says is so", func() bool {
				list, err := WhichChildren(w.k, sup)
				if err != nil {
					t.Fatal(err)
				}
				alive := map[proc.PID]bool{}
				for pid := range w.rt.Processes() {
					alive[pid] = true
				}
				n := 1
				for _, ch := range list {
					if ch.Restarting || ch.PID != 0 && !alive[ch.PID] {
						return false
					}
					if ch.PID != 0 {
						n++
					}
				}
				return alive[sup] && len(alive) == n
			})
			w.stop(sup)
			for pid := range w.rt.Processes() {
				t.Errorf("%v is left", pid)
			}
		})
	}
}

// disturb makes a random request, or ends a random child. Errors must be those that are documented.
func (w *world) disturb(sup proc.PID, strategy Strategy) {
	list, err := WhichChildren(w.k, sup)
	if err != nil {
		w.t.Error(err)
		return
	}
	var victim proc.PID
	if len(list) > 0 {
		victim = list[rand.IntN(len(list))].PID
	}
	id := fmt.Sprint(rand.IntN(8))
	dynamic := strategy == SimpleOneForOne
	switch k := rand.IntN(6); {
	case k == 0 && dynamic:
		_, err = StartDynamicMany(w.k, sup, make([]any, 5))
	case k == 1 && dynamic:
		_, err = StartDynamic(w.k, sup, nil)
	case k == 2 && dynamic:
		err = TerminateDynamic(w.k, sup, victim)
	case k == 0:
		_, err = StartChild(w.k, sup, Spec{ID: id, Restart: Restart(rand.IntN(3)), Factory: func() proc.Machine { return &quiet{fail: rand.IntN(10) == 0, ignore: rand.IntN(10) == 0} }})
	case k == 1:
		_, err = RestartChild(w.k, sup, id)
	case k == 2:
		err = TerminateChild(w.k, sup, id)
	case k == 3 && !dynamic:
		err = DeleteChild(w.k, sup, id)
	case k == 4 && victim != 0:
		_ = w.rt.Exit(victim, proc.Kill)
	case victim != 0:
		_ = w.rt.Send(victim, []error{proc.Normal, errBoom}[rand.IntN(2)])
	}
	var already *AlreadyStartedError
	var start *StartError
	for _, ok := range []error{nil, ErrNotFound, ErrRunning, ErrRestarting, ErrAlreadyPresent} {
		if errors.Is(err, ok) {
			return
		}
	}
	if !errors.As(err, &already) && !errors.As(err, &start) {
		w.t.Errorf("error %v", err)
	}
}
