package supervise

import (
	"errors"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

func TestStartChild(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{}, w.worker("a"))
	b, err := StartChild(w.k, sup, w.worker("b"))
	if err != nil || b == 0 || b != w.pid(sup, "b") {
		t.Fatal(b, err)
	}
	w.until("+a +b")

	_, err = StartChild(w.k, sup, w.worker("b"))
	var already *AlreadyStartedError
	if !errors.As(err, &already) || already.PID != b || already.ID != "b" {
		t.Errorf("error %v", err)
	}
	if err := TerminateChild(w.k, sup, "b"); err != nil {
		t.Fatal(err)
	}
	_, err = StartChild(w.k, sup, w.worker("b"))
	w.is(err, ErrAlreadyPresent)

	_, err = StartChild(w.k, sup, w.worker("c", w.with(worker{init: func(*proc.Ctx) error { return errBoom }})))
	var start *StartError
	if !errors.As(err, &start) || start.ID != "c" || start.Err != errBoom {
		t.Errorf("error %v", err)
	}
	_, err = StartChild(w.k, sup, w.worker("d", func(s *Spec) { s.Shutdown = -5 }))
	var spec *SpecError
	if !errors.As(err, &spec) || spec.ID != "d" || spec.Field != "Shutdown" {
		t.Errorf("error %v", err)
	}
	_, err = StartChild(w.k, sup, w.worker("e", transient, significant))
	if !errors.As(err, &spec) || spec.Field != "Significant" {
		t.Errorf("error %v", err)
	}

	none := func(s *Spec) { s.Factory = func() proc.Machine { return &quiet{ignore: true} } }
	if pid, err := StartChild(w.k, sup, w.worker("f", none)); pid != 0 || err != nil {
		t.Error(pid, err)
	}
	if pid, err := StartChild(w.k, sup, w.worker("g", none, temporary)); pid != 0 || err != nil {
		t.Error(pid, err)
	}
	if got := w.children(sup); got != "-f -b +a" { // c to e were not added, g was not kept
		t.Errorf("children %q", got)
	}
}

func TestTerminateRestartDeleteChild(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{}, w.worker("a"), w.worker("b", temporary))
	w.is(TerminateChild(w.k, sup, "x"), ErrNotFound)
	w.is(DeleteChild(w.k, sup, "x"), ErrNotFound)
	_, err := RestartChild(w.k, sup, "x")
	w.is(err, ErrNotFound)
	_, err = RestartChild(w.k, sup, "a")
	w.is(err, ErrRunning)
	w.is(DeleteChild(w.k, sup, "a"), ErrRunning)
	for range 2 { // it is no error when the child does not run
		if err := TerminateChild(w.k, sup, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := TerminateChild(w.k, sup, "b"); err != nil { // its specification goes too
		t.Fatal(err)
	}
	if got := w.children(sup); got != "-a" {
		t.Errorf("children %q", got)
	}
	if pid, err := RestartChild(w.k, sup, "a"); err != nil || pid != w.pid(sup, "a") || pid == 0 {
		t.Error(pid, err)
	}
	w.until("+a +b -a -b +a")
	if err := TerminateChild(w.k, sup, "a"); err != nil {
		t.Fatal(err)
	}
	if err := DeleteChild(w.k, sup, "a"); err != nil {
		t.Fatal(err)
	}
	if got := w.children(sup); got != "" {
		t.Errorf("children %q", got)
	}
}

func TestRestartChildThatFailsOrHasNothingToDo(t *testing.T) {
	w := newWorld(t)
	n := 0
	sup := w.start(Flags{}, Spec{ID: "a", Factory: func() proc.Machine { n++; return &quiet{fail: n == 2, ignore: n == 3} }})
	if err := TerminateChild(w.k, sup, "a"); err != nil {
		t.Fatal(err)
	}
	_, err := RestartChild(w.k, sup, "a")
	var start *StartError
	if !errors.As(err, &start) || start.Err != errBoom {
		t.Errorf("error %v", err)
	}
	if pid, err := RestartChild(w.k, sup, "a"); pid != 0 || err != nil {
		t.Error(pid, err)
	}
	if pid, err := RestartChild(w.k, sup, "a"); pid == 0 || err != nil {
		t.Error(pid, err)
	}
}

func TestRequestsThatDoNotFitTheStrategy(t *testing.T) {
	w := newWorld(t)
	pool, static := w.start(Flags{Strategy: SimpleOneForOne}, w.pool()), w.start(Flags{})
	_, err := StartChild(w.k, pool, w.worker("a"))
	w.is(err, ErrSimpleOneForOne)
	_, err = RestartChild(w.k, pool, "a")
	w.is(err, ErrSimpleOneForOne)
	w.is(TerminateChild(w.k, pool, "a"), ErrSimpleOneForOne)
	w.is(DeleteChild(w.k, pool, "a"), ErrSimpleOneForOne)
	_, err = StartDynamic(w.k, static, nil)
	w.is(err, ErrNotSimpleOneForOne)
	_, err = StartDynamicMany(w.k, static, make([]any, 3))
	w.is(err, ErrNotSimpleOneForOne)
	w.is(TerminateDynamic(w.k, static, pool), ErrNotSimpleOneForOne)
	if results, err := StartDynamicMany(w.k, pool, nil); len(results) != 0 || err != nil {
		t.Error(results, err)
	}
}

func TestDynamicStartsFailBarely(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(SimpleOneForOne), Spec{New: func(arg any) proc.Machine { return &quiet{fail: arg == 1, ignore: arg == 2} }})
	_, err := StartDynamic(w.k, sup, 1)
	var start *StartError
	if !errors.As(err, &start) || start.Err != errBoom {
		t.Errorf("error %v", err)
	}
	if pid, err := StartDynamic(w.k, sup, 2); pid != 0 || err != nil {
		t.Error(pid, err)
	}
	if got := w.children(sup); got != "" {
		t.Errorf("children %q", got)
	}
	pid, err := StartDynamic(w.k, sup, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := TerminateDynamic(w.k, sup, pid); err != nil {
		t.Fatal(err)
	}
	if alive, _ := w.rt.Alive(w.ctx, pid); alive {
		t.Error("it lives")
	}
	w.is(TerminateDynamic(w.k, sup, pid), ErrNotFound)
}

func TestWhichAndCountChildren(t *testing.T) {
	w := newWorld(t)
	low, err := New(Flags{})
	if err != nil {
		t.Fatal(err)
	}
	sup := w.start(Flags{}, w.worker("a"), Spec{ID: "low", Type: Supervisor, Factory: low}, w.worker("b"))
	if err := TerminateChild(w.k, sup, "a"); err != nil {
		t.Fatal(err)
	}
	list, err := WhichChildren(w.k, sup)
	if err != nil || len(list) != 3 || list[0].ID != "b" || list[1].Type != Supervisor || list[2] != (ChildInfo{ID: "a"}) {
		t.Errorf("%+v, %v", list, err)
	}
	n, err := CountChildren(w.k, sup)
	if want := (Count{Specs: 3, Active: 2, Supervisors: 1, Workers: 2}); n != want || err != nil {
		t.Errorf("%+v, %v", n, err)
	}
}

func TestGetSpec(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{}, w.worker("a", transient))
	s, err := GetSpec(w.k, sup, "a")
	if err != nil || s.ID != "a" || s.Restart != Transient || s.Factory == nil {
		t.Errorf("%+v, %v", s, err)
	}
	s, err = GetSpecOf(w.k, sup, w.pid(sup, "a"))
	if err != nil || s.ID != "a" {
		t.Errorf("%+v, %v", s, err)
	}
	_, err = GetSpec(w.k, sup, "x")
	w.is(err, ErrNotFound)
	_, err = GetSpecOf(w.k, sup, sup)
	w.is(err, ErrNotFound)

	pool := w.start(Flags{Strategy: SimpleOneForOne}, w.pool(func(s *Spec) { s.ID = "p" }))
	if s, err = GetSpec(w.k, pool, "p"); err != nil || s.New == nil {
		t.Errorf("%+v, %v", s, err)
	}
	ch, err := StartDynamic(w.k, pool, "a")
	if err != nil {
		t.Fatal(err)
	}
	if s, err = GetSpecOf(w.k, pool, ch); err != nil || s.ID != "p" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestStateMachinesAskByRequest(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{Strategy: SimpleOneForOne}, w.pool())
	got := make(chan proc.PID, 1)
	_, err := w.rt.Start(w.ctx, func() proc.Machine { return &asker{sup, got, t} })
	if err != nil {
		t.Fatal(err)
	}
	pid := <-got
	if alive, err := w.rt.Alive(w.ctx, pid); !alive || err != nil {
		t.Error(pid, err)
	}
}

type asker struct {
	sup proc.PID
	got chan proc.PID
	t   *testing.T
}

func (m *asker) Init(c *proc.Ctx) error {
	_, err := c.Request(m.sup, StartDynamicRequest{"a"}, patience)
	return err
}

func (m *asker) Handle(_ *proc.Ctx, msg proc.Message) error {
	pid, err := PIDOf(msg.Body.(proc.Reply))
	if err != nil {
		m.t.Error(err)
	}
	m.got <- pid
	return proc.Normal
}

func TestUnknownRequestsAndMessages(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{}, w.worker("a"))
	v, err := w.k.Call(sup, "hello")
	if e, ok := v.(error); err != nil || !ok || !errors.Is(e, ErrUnknownRequest) {
		t.Error(v, err)
	}
	_ = w.rt.Send(sup, "junk")
	_ = w.rt.Send(sup, nil)
	_ = w.rt.Send(sup, &due{})
	_ = w.rt.Send(sup, &again{})
	_ = w.rt.SendWord(sup, nil, wordMore)
	w.logged("unexpected message", "junk")
	if got := w.children(sup); got != "+a" {
		t.Errorf("children %q", got)
	}
}

func TestCallsToWhatIsNoSupervisor(t *testing.T) {
	w := newWorld(t)
	echo, err := w.rt.Spawn(func() proc.Machine { return &worker{w: w, name: "e"} })
	if err != nil {
		t.Fatal(err)
	}
	self, err := w.rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error { return c.Reply(1) }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := WhichChildren(w.k, self); err == nil {
		t.Error("no error")
	}
	w.crash(echo, proc.Normal)
	_, err = CountChildren(w.k, echo)
	w.is(err, proc.ErrNoProc)
}

func TestRequestsWaitInOrderWhileAChildStarts(t *testing.T) {
	w := newWorld(t)
	enter, leave := make(chan struct{}), make(chan struct{})
	slow := w.with(worker{trap: true, init: func(*proc.Ctx) error { close(enter); <-leave; return nil }})
	sup := w.start(Flags{}, w.worker("a"))
	started := make(chan error, 1)
	go func() {
		_, err := StartChild(w.k, sup, w.worker("b", slow))
		started <- err
	}()
	<-enter
	var ids []proc.RequestID
	replies := make(chan any, 4)
	_, err := w.rt.Go(func(self *proc.Self) error {
		for _, r := range []any{TerminateChildRequest{"b"}, WhichChildrenRequest{}, DeleteChildRequest{"b"}, CountChildrenRequest{}} {
			id, err := self.Request(sup, r, patience)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		close(leave)
		for _, id := range ids {
			r := self.Receive().Body.(proc.Reply)
			if r.Request != id {
				t.Errorf("reply to %v, want %v", r.Request, id)
			}
			replies <- r.Value
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	if v := <-replies; v != nil {
		t.Error(v)
	}
	if v := (<-replies).([]ChildInfo); len(v) != 2 || v[0] != (ChildInfo{ID: "b"}) {
		t.Error(v)
	}
	if v := <-replies; v != nil {
		t.Error(v)
	}
	if v := <-replies; v != (Count{Specs: 1, Active: 1, Workers: 1}) {
		t.Error(v)
	}
}

func TestDynamicStartsOverlap(t *testing.T) {
	w := newWorld(t)
	leave := make(chan struct{})
	enter := make(chan struct{})
	sup := w.start(Flags{Strategy: SimpleOneForOne}, Spec{New: func(arg any) proc.Machine {
		return &worker{w: w, name: "x", init: func(*proc.Ctx) error {
			if arg == "slow" {
				close(enter)
				<-leave
			}
			return nil
		}}
	}})
	slow := make(chan error, 1)
	go func() {
		_, err := StartDynamic(w.k, sup, "slow")
		slow <- err
	}()
	<-enter
	if _, err := StartDynamic(w.k, sup, "quick"); err != nil { // it does not wait for the other one
		t.Fatal(err)
	}
	if n, err := CountChildren(w.k, sup); err != nil || n.Active != 1 {
		t.Error(n, err)
	}
	close(leave)
	if err := <-slow; err != nil {
		t.Error(err)
	}
}
