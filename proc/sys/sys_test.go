package sys

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

var errFault = errors.New("fault")

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// begin starts a runtime that ends with the test, and returns a client of it.
func begin(t testing.TB, log *lines) (*proc.Runtime, proc.Client) {
	t.Helper()
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for pid := range rt.Processes() {
			_ = rt.Exit(pid, proc.Kill)
		}
		if err := rt.Shutdown(within(t)); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return rt, rt.Client(within(t))
}

// lines is a writer that any goroutine may use.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// adder is a behaviour: it adds what it gets, and replies to calls with the sum.
type adder struct {
	control Control
	sum     int
	log     []string
	status  func() any
	end     error
}

func (a *adder) Handle(c *proc.Ctx, m proc.Message) error {
	if a.control.Takes(m) {
		if taken, err := a.control.Handle(c, m, a); taken {
			return err
		}
	}
	switch b := m.Body.(type) {
	case int:
		a.sum += b
	case proc.Exit:
		return b.Reason
	default:
		a.log = append(a.log, fmt.Sprint(b))
	}
	if k, ok := c.Caller(); ok {
		_ = c.Reply(a.sum)
		if a.control.Watched() {
			a.control.Tell(c, Event{Kind: Out, To: k.PID(), Value: a.sum})
		}
	}
	if a.control.Watched() {
		a.control.Tell(c, Event{Kind: State, Value: a.sum})
	}
	return nil
}

func (a *adder) Terminate(*proc.Ctx, error) {
	if a.end != nil {
		panic(a.end)
	}
}

func (a *adder) SysState() any { return a.sum }

func (a *adder) SysReplace(v any) error {
	n, ok := v.(int)
	if !ok {
		return fmt.Errorf("adder: the state is a number, not a %T", v)
	}
	if n == 666 {
		panic("in SysReplace")
	}
	a.sum = n
	return nil
}

func (a *adder) SysStatus() any {
	if a.status != nil {
		return a.status()
	}
	return fmt.Sprint("sum ", a.sum)
}

func (a *adder) SysChange(_ *proc.Ctx, impl any, old string, extra any) error {
	if f, ok := impl.(func() error); ok {
		return f()
	}
	a.log = append(a.log, fmt.Sprint(impl, old, extra))
	return nil
}

func (a *adder) SysTerminate(_ *proc.Ctx, reason error) error { return reason }

func spawn(t testing.TB, rt *proc.Runtime, a *adder, opts ...proc.SpawnOption) proc.PID {
	t.Helper()
	pid, err := rt.Spawn(func() proc.Machine { return a }, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func must(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func says(t testing.TB, what string, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %v, which does not say %q", what, err, w)
		}
	}
}

func sum(t testing.TB, rt *proc.Runtime, pid proc.PID, add, want int) {
	t.Helper()
	if v, err := rt.Call(within(t), pid, add); v != want || err != nil {
		t.Errorf("the sum is %v, %v, want %d", v, err, want)
	}
}

func TestGetStateReturnsTheState(t *testing.T) {
	rt, k := begin(t, &lines{})
	pid := spawn(t, rt, &adder{sum: 3})
	_ = rt.Send(pid, 4)
	v, err := GetState(k, pid) // behind the message
	if v != 7 || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}

func TestReplaceStateChangesTheStateOrNothing(t *testing.T) {
	rt, k := begin(t, &lines{})
	pid := spawn(t, rt, &adder{sum: 3})
	v, err := ReplaceState(k, pid, func(state any) (any, error) { return state.(int) * 2, nil })
	if v != 6 || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	for name, f := range map[string]func(any) (any, error){
		"fault":           func(any) (any, error) { return 9, errFault },
		"in the function": func(any) (any, error) { panic("in the function") },
		"not a string":    func(any) (any, error) { return "text", nil },
		"in SysReplace":   func(any) (any, error) { return 666, nil },
	} {
		v, err := ReplaceState(k, pid, f)
		var e *CallbackError
		if v != nil || !errors.As(err, &e) || e.Op != "ReplaceState" {
			t.Errorf("%s: %v, %v", name, v, err)
		}
		says(t, name, err, "sys: ReplaceState", name)
		sum(t, rt, pid, 0, 6)
	}
	_, err = ReplaceState(k, pid, nil)
	says(t, "nil", err, "sys: ReplaceState: f is nil")
}

func TestGetStatusDescribesTheProcess(t *testing.T) {
	rt, k := begin(t, &lines{})
	a := &adder{sum: 3}
	pid := spawn(t, rt, a, proc.WithName("adder"))
	must(t, "Install", Install(k, pid, "mine", func(Event) bool { return true }))
	s, err := GetStatus(k, pid)
	if err != nil || s.PID != pid || s.Name != "adder" || s.Implementation != "*sys.adder" || s.Suspended || s.Shown != "sum 3" ||
		!slices.Equal(s.Watched, []string{"mine"}) {
		t.Errorf("%+v, %v", s, err)
	}
	must(t, "Suspend", Suspend(k, pid))
	if s, err = GetStatus(k, pid); !s.Suspended || err != nil {
		t.Errorf("%+v, %v", s, err)
	}
	must(t, "Resume", Resume(k, pid))
	_, err = ReplaceState(k, pid, func(any) (any, error) {
		a.status = func() any { panic("in the hook") }
		return 3, nil
	})
	must(t, "ReplaceState", err)
	if s, err = GetStatus(k, pid); err != nil || !strings.Contains(fmt.Sprint(s.Shown), "in the hook") {
		t.Errorf("with a hook that panics: %+v, %v", s, err)
	}
	sum(t, rt, pid, 0, 3)
}

func TestASuspendedProcessHandlesOnlyRequestsUntilItIsResumed(t *testing.T) {
	rt, k := begin(t, &lines{})
	a := &adder{}
	pid := spawn(t, rt, a)
	must(t, "Suspend", Suspend(k, pid))
	must(t, "Suspend again", Suspend(k, pid))
	replies := make(chan any, 1)
	for _, m := range []any{"a", 1, "b"} {
		must(t, "Send", rt.Send(pid, m))
	}
	go func() { v, _ := rt.Call(within(t), pid, 10); replies <- v }()
	if v, err := GetState(k, pid); v != 0 || err != nil {
		t.Errorf("the state is %v, %v", v, err)
	}
	must(t, "Resume", Resume(k, pid))
	if v := <-replies; v != 11 {
		t.Errorf("the reply is %v", v)
	}
	must(t, "Resume again", Resume(k, pid))
	_ = rt.Send(pid, "c")
	_, err := ReplaceState(k, pid, func(any) (any, error) {
		if !slices.Equal(a.log, []string{"a", "b", "c"}) {
			return nil, fmt.Errorf("the messages came as %q", a.log)
		}
		return 0, nil
	})
	must(t, "the order", err)
}

func TestASuspendedProcessEndsWithTheRuntimesExit(t *testing.T) {
	rt, k := begin(t, &lines{})
	pid := spawn(t, rt, &adder{}, proc.WithTrapExit())
	must(t, "Suspend", Suspend(k, pid))
	over := make(chan error, 1)
	go func() { _, err := rt.Call(within(t), pid, 1); over <- err }()
	must(t, "Exit", rt.Exit(pid, errFault))
	if err := <-over; !errors.Is(err, errFault) && !errors.Is(err, proc.ErrNoProc) {
		t.Errorf("a caller whose call waited: %v", err)
	}
	if reason, err := rt.Wait(within(t), pid); err != nil || reason != errFault && reason != proc.NoProc {
		t.Errorf("%v, %v", reason, err)
	}
}

func TestChangeCodeNeedsASuspendedProcess(t *testing.T) {
	rt, k := begin(t, &lines{})
	a := &adder{}
	pid := spawn(t, rt, a)
	if err := ChangeCode(k, pid, "new", "1", 2); !errors.Is(err, ErrNotSuspended) {
		t.Errorf("ChangeCode: %v", err)
	}
	says(t, "nil", ChangeCode(k, pid, nil, "1", 2), "sys: ChangeCode: impl is nil")
	must(t, "Suspend", Suspend(k, pid))
	must(t, "ChangeCode", ChangeCode(k, pid, "new", "1", 2))
	must(t, "Resume", Resume(k, pid))
	must(t, "Upgrade", Upgrade(k, pid, "newer", "2", 3))
	for name, f := range map[string]func() error{"fault": func() error { return errFault }, "in CodeChange": func() error { panic("in CodeChange") }} {
		err := Upgrade(k, pid, f, "3", nil)
		var e *CallbackError
		if !errors.As(err, &e) || e.Op != "ChangeCode" {
			t.Errorf("Upgrade: %v", err)
		}
		says(t, "Upgrade", err, "sys: ChangeCode", name)
		sum(t, rt, pid, 0, 0) // it goes on
	}
	if want := []string{fmt.Sprint("new", "1", 2), fmt.Sprint("newer", "2", 3)}; !slices.Equal(a.log, want) {
		t.Errorf("it got %q, want %q", a.log, want)
	}
}

func TestTerminateWaitsForTheEndAndItsReason(t *testing.T) {
	rt, k := begin(t, &lines{})
	for _, reason := range []error{proc.Normal, errFault, uncomparable{[]int{1}}} {
		pid := spawn(t, rt, &adder{}, proc.WithName("adder"))
		must(t, "Terminate", Terminate(k, pid, reason))
		if _, ok := rt.Whereis("adder"); ok {
			t.Error("the name is taken")
		}
		if err := Terminate(k, pid, reason); !errors.Is(err, proc.ErrNoProc) {
			t.Errorf("Terminate of none: %v", err)
		}
	}
	pid := spawn(t, rt, &adder{end: errFault})
	reason, ok := proc.Reason(Terminate(k, pid, proc.Normal))
	if !ok || !errors.Is(reason, errFault) {
		t.Errorf("the reason is %v", reason)
	}
	says(t, "nil", Terminate(k, pid, nil), "sys: Terminate: reason is nil")
	pid = spawn(t, rt, &adder{})
	must(t, "Suspend", Suspend(k, pid))
	must(t, "Terminate of a suspended process", Terminate(k, pid, proc.Shutdown))
}

type uncomparable struct{ list []int }

func (u uncomparable) Error() string { return fmt.Sprint(u.list) }
