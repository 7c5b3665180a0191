package supervise

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genserver"
)

// tenant is a child that FindOrStart has started. It counts how many there are of its name.
type tenant struct {
	name  string
	alive *atomic.Int32
}

func (m *tenant) Init(c *proc.Ctx) error {
	if n := m.alive.Add(1); n != 1 {
		return fmt.Errorf("%d processes of the name %s", n, m.name)
	}
	return nil
}

func (m *tenant) Terminate(*proc.Ctx, error) { m.alive.Add(-1) }

func (m *tenant) Handle(c *proc.Ctx, msg proc.Message) error {
	if err, ok := msg.Body.(error); ok {
		return err
	}
	return c.Reply(m.name)
}

func TestFindOrStartGivesEverybodyOneChild(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{Strategy: SimpleOneForOne}, w.pool())
	var wg sync.WaitGroup
	got := make([]proc.PID, 64)
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = FindOrStart(w.k, sup, "user", "a"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.until("+a")
	for _, pid := range got {
		if pid != got[0] || pid == 0 {
			t.Fatal(got)
		}
	}
	if pid, ok := w.rt.Whereis("user"); !ok || pid != got[0] {
		t.Error(pid, ok)
	}
	if other, err := FindOrStart(w.k, sup, "another", "b"); err != nil || other == got[0] || other == 0 {
		t.Error(other, err)
	}
	w.silent("level=ERROR")
}

func TestFindOrStartWaitsForInitAndTellsAllWhyItHasFailed(t *testing.T) {
	w := newWorld(t)
	gate := make(chan error)
	sup := w.start(Flags{Strategy: SimpleOneForOne}, Spec{New: func(any) proc.Machine {
		return &worker{w: w, name: "a", init: func(*proc.Ctx) error { return <-gate }}
	}})
	results := make(chan error, 3)
	for range 3 {
		go func() {
			pid, err := FindOrStart(w.k, sup, "user", nil)
			if err == nil && pid == 0 {
				err = proc.Normal
			}
			results <- err
		}()
	}
	w.eventually("a process has the name", func() bool { _, ok := w.rt.Whereis("user"); return ok })
	if _, err := CountChildren(w.k, sup); err != nil {
		t.Error(err)
	}
	gate <- errBoom
	for seen := 0; seen < 3; {
		var failed *StartError
		select {
		case err := <-results:
			if seen++; !errors.As(err, &failed) || failed.Err != errBoom {
				t.Error(err)
			}
		case gate <- errBoom: // for those who came too late for the first Init
		}
	}
	done := make(chan error)
	go func() { _, err := FindOrStart(w.k, sup, "user", nil); done <- err }()
	gate <- nil
	if err := <-done; err != nil {
		t.Error(err)
	}
	go func() { _, err := FindOrStart(w.k, sup, "idle", nil); done <- err }()
	gate <- proc.Normal // there is nothing to do
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n, err := CountChildren(w.k, sup); n.Active != 1 || err != nil {
		t.Errorf("%+v, %v", n, err)
	}
}

func TestFindOrStartFindsTheProcessAfterTheRestart(t *testing.T) {
	for _, backoff := range []*Backoff{nil, {Min: time.Millisecond, Max: 5 * time.Millisecond}} {
		w := newWorld(t)
		flags := many(SimpleOneForOne)
		flags.Backoff = backoff
		sup := w.start(flags, w.pool())
		pid, err := FindOrStart(w.k, sup, "user", "a")
		if err != nil {
			t.Fatal(err)
		}
		w.until("+a")
		for range 20 {
			if err := w.rt.Exit(pid, proc.Kill); err != nil {
				t.Fatal(err)
			}
			if alive, err := w.rt.Alive(w.ctx, pid); alive || err != nil {
				t.Fatal(alive, err)
			}
			next, err := FindOrStart(w.k, sup, "user", "ignored: it is restarted with its own")
			if err != nil || next == pid || next == 0 {
				t.Fatalf("%v after %v, %v", next, pid, err)
			}
			w.until("+a")
			pid = next
		}
		if n, err := CountChildren(w.k, sup); n.Active != 1 || err != nil {
			t.Errorf("%+v, %v", n, err)
		}
	}
}

func TestFindOrStartStartsAnotherWhenAChildHasEndedForGood(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(SimpleOneForOne), w.pool(func(s *Spec) { s.Restart = Temporary }))
	pid, err := FindOrStart(w.k, sup, "user", "a")
	if err != nil {
		t.Fatal(err)
	}
	w.until("+a")
	if err := w.rt.Exit(pid, proc.Kill); err != nil {
		t.Fatal(err)
	}
	if _, err := w.rt.Wait(w.ctx, pid); err != nil {
		t.Fatal(err)
	}
	if next, err := FindOrStart(w.k, sup, "user", "b"); err != nil || next == pid || next == 0 {
		t.Fatal(next, err)
	}
	w.until("+b")
}

func TestFindOrStartWhileAChildIsStoppedStartsTheNext(t *testing.T) {
	w := newWorld(t)
	asked, gate := make(chan struct{}), make(chan struct{})
	sup := w.start(many(SimpleOneForOne), Spec{Shutdown: Infinity, New: func(any) proc.Machine {
		return proc.Func(func(c *proc.Ctx, m proc.Message) error {
			if e, ok := m.Body.(proc.Exit); ok {
				asked <- struct{}{}
				<-gate
				return e.Reason
			}
			return nil
		})
	}, Options: []proc.SpawnOption{proc.WithTrapExit()}})
	pid, err := FindOrStart(w.k, sup, "user", nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- TerminateDynamic(w.k, sup, pid) }()
	<-asked
	found := make(chan proc.PID)
	go func() {
		next, err := FindOrStart(w.k, sup, "user", nil)
		if err != nil {
			t.Error(err)
		}
		found <- next
	}()
	if _, err := CountChildren(w.k, sup); err != nil {
		t.Error(err)
	}
	close(gate)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if next := <-found; next == pid || next == 0 {
		t.Error(next, pid)
	}
	go func() { <-asked }()
	if err := Stop(w.k, sup, proc.Shutdown); err != nil {
		t.Error(err)
	}
}

// Children end by themselves, crash and are stopped while many ask for them.
func TestFindOrStartUnderAStormOfEndsHasOneChildAName(t *testing.T) {
	const names, askers, rounds = 4, 8, 60
	w := newWorld(t)
	var alive [names]atomic.Int32
	sup := w.start(Flags{Strategy: SimpleOneForOne, Intensity: 1 << 30, Period: time.Second}, Spec{Restart: Transient, New: func(arg any) proc.Machine {
		i := arg.(int)
		return &tenant{fmt.Sprint(i), &alive[i]}
	}})
	var wg sync.WaitGroup
	for a := range askers {
		wg.Go(func() {
			for r := range rounds {
				i := (a + r) % names
				pid, err := FindOrStart(w.k, sup, fmt.Sprint(i), i)
				if err != nil || pid == 0 {
					t.Error(pid, err)
					return
				}
				if v, err := w.rt.Call(w.ctx, pid, "name"); err == nil && v != fmt.Sprint(i) {
					t.Errorf("%v is %v, want %d", pid, v, i)
				}
				switch (a + r/names) % 4 {
				case 0:
					_ = w.rt.Send(pid, proc.Normal)
				case 1:
					_ = w.rt.Send(pid, errBoom)
				case 2:
					_ = TerminateDynamic(w.k, sup, pid)
				}
			}
		})
	}
	wg.Wait()
	w.silent("processes of the name")
	if err := Stop(w.k, sup, proc.Shutdown); err != nil {
		t.Fatal(err)
	}
	for i := range alive {
		if n := alive[i].Load(); n != 0 {
			t.Errorf("%d of %d are left", n, i)
		}
	}
}

func TestFindOrStartReturnsWhoeverHasTheName(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{Strategy: SimpleOneForOne}, w.pool())
	pid, err := w.rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error { return nil }), proc.WithName("user"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := FindOrStart(w.k, sup, "user", "a"); got != pid || err != nil {
		t.Error(got, err)
	}
}

func TestFindOrStartEndsWithItsSupervisor(t *testing.T) {
	w := newWorld(t)
	gate := make(chan struct{})
	sup := w.start(Flags{Strategy: SimpleOneForOne}, Spec{New: func(any) proc.Machine {
		return &worker{w: w, name: "a", init: func(*proc.Ctx) error { <-gate; return nil }}
	}})
	result := make(chan error)
	go func() { _, err := FindOrStart(w.k, sup, "user", nil); result <- err }()
	w.eventually("a process has the name", func() bool { _, ok := w.rt.Whereis("user"); return ok })
	if err := w.rt.Exit(sup, proc.Kill); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, proc.Killed) {
		t.Error(err)
	}
	close(gate)
}

func TestFindOrStartNamesServersToo(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{Strategy: SimpleOneForOne}, Spec{Factory: genserver.Factory(func() genserver.Server[int, int, string] { return &adder{} })})
	pid, err := FindOrStart(w.k, sup, "adder", nil)
	if err != nil {
		t.Fatal(err)
	}
	ref, ok := genserver.Whereis[int, int, string](w.rt, "adder")
	if n, err := genserver.CallContext(w.ctx, w.rt, ref, 3); !ok || ref.PID != pid || n != 4 || err != nil {
		t.Error(ok, ref.PID, pid, n, err)
	}
}

type adder struct {
	genserver.Base[int, int, string]
}

func (*adder) HandleCall(_ *genserver.Ctx, n int, _ genserver.From[int]) (int, error) {
	return n + 1, nil
}

func TestFindOrStartRefusesWhatCannotBe(t *testing.T) {
	w := newWorld(t)
	pool := w.start(Flags{Strategy: SimpleOneForOne}, w.pool())
	own := w.start(Flags{Strategy: SimpleOneForOne}, Spec{Start: func(c *proc.Ctx, _ any) (proc.PID, error) { return 0, nil }})
	static := w.start(Flags{}, w.worker("a"))
	for _, c := range []struct {
		sup  proc.PID
		name string
		want error
	}{{pool, "", ErrNoName}, {own, "a", ErrOwnStart}, {static, "a", ErrNotSimpleOneForOne}} {
		if _, err := FindOrStart(w.k, c.sup, c.name, "a"); !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
	}
}

// When the name is somebody else's at the moment of the start, and nobody's right afterwards, the child is started all the same.
func TestFindOrStartOfANameThatComesAndGoes(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{Strategy: SimpleOneForOne}, Spec{Restart: Temporary, New: func(any) proc.Machine { return &quiet{} }})
	holder, err := w.rt.Spawn(func() proc.Machine { return &quiet{} })
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	var held atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
			}
			if w.rt.Register("user", holder) == nil {
				held.Add(1)
				_ = w.rt.Unregister("user")
			}
		}
	})
	for i := range 1000 {
		pid, err := FindOrStart(w.k, sup, "user", nil)
		if err != nil {
			t.Errorf("call %d: %v", i, err)
			break
		}
		if pid != holder {
			if err := TerminateDynamic(w.k, sup, pid); err != nil && !errors.Is(err, ErrNotFound) {
				t.Error(err)
			}
		}
	}
	close(over)
	wg.Wait()
	if held.Load() == 0 {
		t.Error("nobody else had the name")
	}
}
