package genserver

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// older and newer are two versions of an account.
type older struct {
	Base[int, string, int]
	sum int
}

func (s *older) HandleCall(*Ctx, int, From[string]) (string, error) {
	return fmt.Sprint("old ", s.sum), nil
}
func (s *older) HandleCast(_ *Ctx, n int) error { s.sum += n; return nil }

type newer struct {
	Base[int, string, int]
	sum    int
	change func(c *Ctx, old string, state, extra any) error
	info   []string
}

func (s *newer) HandleCall(*Ctx, int, From[string]) (string, error) {
	return fmt.Sprint("new ", s.sum), nil
}
func (s *newer) HandleCast(_ *Ctx, n int) error { s.sum += n; return nil }
func (s *newer) HandleInfo(_ *Ctx, m proc.Message) error {
	s.info = append(s.info, fmt.Sprint(m.Body))
	return nil
}
func (s *newer) CodeChange(c *Ctx, old string, state, extra any) error {
	if s.change != nil {
		return s.change(c, old, state, extra)
	}
	s.sum = state.(*older).sum + extra.(int)
	return nil
}

func answersWith(t testing.TB, rt *proc.Runtime, ref Ref[int, string, int], want string) {
	t.Helper()
	v, err := CallContext(within(t), rt, ref, 0)
	if v != want || err != nil {
		t.Errorf("it says %q, %v, want %q", v, err, want)
	}
}

func TestCodeChangeLosesNoMessage(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := started(t, rt, func() Server[int, string, int] { return &older{} })
	k := client(t, rt)
	const n = 1000
	casts := make(chan int, 3)
	cast := func() {
		for range n {
			_ = Cast(rt, ref, 1)
		}
		casts <- n
	}
	go cast()
	go cast()
	is(t, "Suspend", sys.Suspend(k, ref.PID), nil)
	cast()
	replies := make(chan string, 1)
	go func() {
		v, err := CallContext(within(t), rt, ref, 0)
		replies <- fmt.Sprint(strings.HasPrefix(v, "new"), err)
	}()
	impl := &newer{}
	is(t, "ChangeCode", sys.ChangeCode(k, ref.PID, impl, "1", 1_000_000), nil)
	_ = rt.Send(ref.PID, "queued")
	is(t, "Resume", sys.Resume(k, ref.PID), nil)
	sum := 1_000_000
	for range 3 {
		sum += await(t, "a sender", casts)
	}
	if v := await(t, "a call", replies); v != "true <nil>" {
		t.Errorf("the call that came while it was suspended: %s", v)
	}
	answersWith(t, rt, ref, fmt.Sprint("new ", sum))
	if len(impl.info) != 1 || impl.info[0] != "queued" {
		t.Errorf("it got %q", impl.info)
	}
}

func TestMessagesOfASuspendedServerWaitInOrder(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	ref := run(t, rt, s)
	inside(t, rt, func(self *proc.Self) error {
		k := self.Client(patience)
		is(t, "Suspend", sys.Suspend(k, ref.PID), nil)
		for i := range 5 {
			_ = Cast(self, ref, func(*Ctx) error { s.note("cast %d", i); return nil })
			_ = self.Send(ref.PID, i)
		}
		id, err := Request(self, ref, func(*Ctx, From[string]) (string, error) { s.note("call"); return "", nil }, patience)
		_, e := sys.GetState(k, ref.PID) // this is answered
		s.wrote(t)
		is(t, "Resume", sys.Resume(k, ref.PID), nil)
		_, f := Receive[string](self, id, patience)
		return errors.Join(err, e, f)
	})
	s.wrote(t, "cast 0", "info 0", "cast 1", "info 1", "cast 2", "info 2", "cast 3", "info 3", "cast 4", "info 4", "call")
}

func TestAFailingCodeChangeKeepsTheOldImplementation(t *testing.T) {
	rt := begin(t, proc.Config{})
	k := client(t, rt)
	ref := started(t, rt, func() Server[int, string, int] { return &older{sum: 7} })
	is(t, "ChangeCode of one that is not suspended", sys.ChangeCode(k, ref.PID, &newer{}, "1", 0), sys.ErrNotSuspended)
	for name, c := range map[string]struct {
		impl  any
		words []string
	}{
		"error":        {&newer{change: func(*Ctx, string, any, any) error { return errFault }}, []string{"fault"}},
		"panic":        {&newer{change: func(*Ctx, string, any, any) error { panic("in CodeChange") }}, []string{"in CodeChange"}},
		"Continue":     {&newer{change: func(c *Ctx, _ string, _, _ any) error { c.Continue(1); return nil }}, []string{"genserver: CodeChange must not use Continue"}},
		"panic later":  {&newer{change: func(c *Ctx, _ string, _, _ any) error { c.Continue(1); panic("later") }}, []string{"later"}},
		"another type": {&counter{}, []string{"genserver", "*genserver.counter", "Server[int,string,int]"}},
		"nil pointer":  {(*newer)(nil), []string{"genserver", "nil *genserver.newer"}},
		"no server":    {7, []string{"genserver", "int"}},
	} {
		err := sys.Upgrade(k, ref.PID, c.impl, "1", 0)
		var e *sys.CallbackError
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
		says(t, name, err, c.words...)
		answersWith(t, rt, ref, "old 7")
	}
}

func TestCodeChangeOfAnImplementationWithoutTheMethodTakesItAsItIs(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := started(t, rt, func() Server[int, string, int] { return &older{sum: 7} })
	is(t, "Upgrade", sys.Upgrade(client(t, rt), ref.PID, &older{sum: 8}, "1", nil), nil)
	answersWith(t, rt, ref, "old 8")
	var got []any
	impl := &newer{change: func(c *Ctx, old string, state, extra any) error {
		got = []any{c.Self(), old, state.(*older).sum, extra}
		return nil
	}}
	is(t, "Upgrade", sys.Upgrade(client(t, rt), ref.PID, impl, "vsn 1", "extra"), nil)
	if want := fmt.Sprint([]any{ref.PID, "vsn 1", 8, "extra"}); fmt.Sprint(got) != want {
		t.Errorf("CodeChange got %v, want %v", got, want)
	}
}

func TestStateCanBeReadAndReplaced(t *testing.T) {
	rt := begin(t, proc.Config{})
	k := client(t, rt)
	ref := started(t, rt, func() Server[int, string, int] { return &older{sum: 7} })
	v, err := sys.GetState(k, ref.PID)
	if o, ok := v.(*older); err != nil || !ok || o.sum != 7 {
		t.Errorf("GetState: %v, %v", v, err)
	}
	v, err = sys.ReplaceState(k, ref.PID, func(state any) (any, error) { return &older{sum: state.(*older).sum + 1}, nil })
	if o, ok := v.(*older); err != nil || !ok || o.sum != 8 {
		t.Errorf("ReplaceState: %v, %v", v, err)
	}
	answersWith(t, rt, ref, "old 8")
	for _, bad := range []any{7, nil, (*older)(nil), &counter{}} {
		_, err := sys.ReplaceState(k, ref.PID, func(any) (any, error) { return bad, nil })
		says(t, "ReplaceState", err, "sys: ReplaceState", "cannot be the implementation")
		answersWith(t, rt, ref, "old 8")
	}
	st, err := sys.GetStatus(k, ref.PID)
	if err != nil || st.Implementation != "*genserver.older" || st.PID != ref.PID || st.Suspended {
		t.Errorf("GetStatus: %+v, %v", st, err)
	}
}

// secretive hides its password.
type secretive struct {
	Base[string, string, string]
	password string
	panics   bool
}

func (s *secretive) HandleCall(*Ctx, string, From[string]) (string, error) { panic("crash") }
func (s *secretive) HandleCast(_ *Ctx, p string) error                     { s.password = p; return nil }
func (s *secretive) FormatStatus() any {
	if s.panics {
		panic("in FormatStatus")
	}
	return "hidden state"
}
func (s *secretive) FormatMessage(any) any { return "hidden message" }

func TestFormatStatusHidesSecrets(t *testing.T) {
	log := &records{}
	rt := begin(t, proc.Config{Logger: slog.New(log)})
	k := client(t, rt)
	ref := started(t, rt, func() Server[string, string, string] { return &secretive{password: "secret"} })
	var trace strings.Builder
	states := make(chan any, 10)
	is(t, "Trace", sys.Install(k, ref.PID, "states", func(e sys.Event) bool {
		if e.Kind == sys.State {
			states <- e.Value
		}
		return true
	}), nil)
	is(t, "Cast", Cast(rt, ref, "secret"), nil)
	eq[any](t, "a state that is told", await(t, "a state", states), "hidden state")
	st, err := sys.GetStatus(k, ref.PID)
	if err != nil || st.Shown != "hidden state" {
		t.Errorf("GetStatus shows %v, %v", st.Shown, err)
	}
	_ = rt.Send(ref.PID, "secret") // a warning
	_, _ = CallContext(within(t), rt, ref, "secret")
	list := log.with("proc: process crashed")
	if len(list) != 1 || list[0]["state"] != "hidden state" || list[0]["last_message"] != "hidden message" {
		t.Errorf("the report: %v", list)
	}
	warnings := log.with("unexpected message")
	if len(warnings) != 1 || warnings[0]["message"] != "hidden message" {
		t.Errorf("the warning: %v", warnings)
	}
	fmt.Fprint(&trace, list, warnings)
	if strings.Contains(trace.String(), "secret:") || strings.Contains(trace.String(), "{secret") {
		t.Errorf("the log has the password: %s", &trace)
	}
}

func TestAPanicInFormatStatusShowsNothingAndHarmsNobody(t *testing.T) {
	log := &records{}
	rt := begin(t, proc.Config{Logger: slog.New(log)})
	ref := started(t, rt, func() Server[string, string, string] { return &secretive{password: "secret", panics: true} })
	st, err := sys.GetStatus(client(t, rt), ref.PID)
	if s, _ := st.Shown.(string); err != nil || !strings.Contains(s, "FormatStatus panicked") || strings.Contains(s, "secret") {
		t.Errorf("GetStatus shows %v, %v", st.Shown, err)
	}
	_, err = CallContext(within(t), rt, ref, "")
	if reason, ok := proc.Reason(err); !ok || !panicked("crash")(reason) {
		t.Errorf("the caller gets %v", err)
	}
	if list := log.with("proc: process crashed"); len(list) != 1 || !strings.Contains(list[0]["state"], "FormatStatus panicked") {
		t.Errorf("the report: %v", list)
	}
}

func TestCrashReportHasTheLastMessageAndTheState(t *testing.T) {
	log := &records{}
	rt := begin(t, proc.Config{Logger: slog.New(log)})
	s := newScript(t)
	s.info = func(*Ctx, proc.Message) error { panic("in HandleInfo") }
	ref := run(t, rt, s)
	inside(t, rt, func(self *proc.Self) error {
		_, err := self.Monitor(ref.PID)
		_ = self.Send(ref.PID, "the message")
		self.Receive()
		list := log.with("proc: process crashed")
		if len(list) != 1 || list[0]["last_message"] != "the message" || list[0]["from"] != self.PID().String() ||
			list[0]["server"] != "*genserver.script" || !strings.Contains(list[0]["state"], "diary") || !strings.Contains(list[0]["stack"], "HandleInfo") {
			t.Errorf("the report: %v", list)
		}
		return err
	})
	long := started(t, rt, func() Server[int, int, string] { return &lengthy{text: strings.Repeat("ä", 5000)} })
	w := watched(t, rt, long.PID)
	is(t, "Cast", Cast(rt, long, strings.Repeat("ü", 5000)), nil)
	eq(t, "the reason", w.ended(t), errFault)
	list := log.with("proc: process crashed")
	if r := list[len(list)-1]; len(r["state"]) > 1100 || len(r["last_message"]) > 1100 {
		t.Errorf("the report has %d and %d bytes", len(r["state"]), len(r["last_message"]))
	}
}

type lengthy struct {
	Base[int, int, string]
	text string
}

func (*lengthy) HandleCast(*Ctx, string) error { return errFault }

func TestNoCrashReportForANormalEnd(t *testing.T) {
	log := &records{}
	rt := begin(t, proc.Config{Logger: slog.New(log)})
	for _, reason := range []error{proc.Normal, proc.Shutdown, fmt.Errorf("%w: for an update", proc.Shutdown)} {
		ref := run(t, rt, newScript(t))
		w := watched(t, rt, ref.PID)
		cast(t, rt, ref, func(*Ctx) error { return reason })
		eq(t, "the reason", w.ended(t), reason)
	}
	if list := log.with("crashed"); len(list) > 0 {
		t.Errorf("the log has %v", list)
	}
}

func TestThoseWhoWatchAServerAreToldOfMessagesRepliesAndStates(t *testing.T) {
	rt := begin(t, proc.Config{})
	k := client(t, rt)
	ref := started(t, rt, func() Server[int, string, int] { return &older{sum: 1} })
	events := make(chan sys.Event, 100)
	is(t, "Install", sys.Install(k, ref.PID, "test", func(e sys.Event) bool { events <- e; return true }), nil)
	is(t, "Cast", Cast(rt, ref, 2), nil)
	answersWith(t, rt, ref, "old 3")
	_, _ = rt.Call(within(t), ref.PID, "text")
	for i, kind := range []sys.EventKind{sys.In, sys.State, sys.In, sys.Out, sys.State, sys.In, sys.Out, sys.State} {
		e := await(t, "an event", events)
		if e.Kind != kind || e.PID != ref.PID {
			t.Errorf("event %d is %v", i, e)
		}
		if i == 3 && (e.Value != "old 3" || e.To == 0) {
			t.Errorf("the reply that is told is %+v", e)
		}
	}
	if _, err := sys.Remove(k, ref.PID, "test"); err != nil {
		t.Fatal(err)
	}
	answersWith(t, rt, ref, "old 3")
	if len(events) > 0 {
		t.Errorf("%v after Remove", <-events)
	}
}
