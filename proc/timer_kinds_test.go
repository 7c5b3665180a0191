package proc

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/thrum-go/thrum/sched"
)

// timerStarter is what starts timers: a Ctx or a Runtime.
type timerStarter interface {
	SendAfter(d time.Duration, to PID, body any) (Timer, error)
	StartTimer(d time.Duration, to PID, body any) (Timer, error)
	SendAt(at time.Time, to PID, body any) (Timer, error)
	SendEvery(every time.Duration, to PID, body any) (Timer, error)
	SendAfterName(d time.Duration, name string, body any) (Timer, error)
	StartTimerName(d time.Duration, name string, body any) (Timer, error)
	SendAtName(at time.Time, name string, body any) (Timer, error)
	SendEveryName(every time.Duration, name string, body any) (Timer, error)
}

// timerWays returns the ways to start timers: from a goroutine, from a process, from a process without a core.
func timerWays(t *testing.T, rt *Runtime) map[string]func(func(timerStarter)) {
	type request struct {
		f      func(timerStarter)
		detach bool
		done   chan struct{}
	}
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		r := m.Body.(request)
		if r.detach {
			c.Blocking(func() {})
		}
		r.f(c)
		close(r.done)
		return nil
	})
	inside := func(detach bool) func(func(timerStarter)) {
		return func(f func(timerStarter)) {
			done := make(chan struct{})
			send(t, rt, pid, request{f, detach, done})
			await(t, "a process that starts timers", done)
		}
	}
	return map[string]func(func(timerStarter)){
		"goroutine": func(f func(timerStarter)) { f(rt) }, "process": inside(false), "detached process": inside(true),
	}
}

// timerInbox spawns a process that passes on what it gets.
func timerInbox(t *testing.T, rt *Runtime, opts ...SpawnOption) (PID, chan Message) {
	got := make(chan Message, 1000)
	return handler(t, rt, func(c *Ctx, m Message) error {
		if m.Body == "end" {
			return Normal
		}
		got <- m
		return nil
	}, opts...), got
}

func startedTimer(t *testing.T, what string, timer Timer, err error) Timer {
	t.Helper()
	if err != nil || timer == (Timer{}) {
		t.Errorf("%s: timer %v, error %v", what, timer, err)
	}
	return timer
}

func TestBadTimersAreRefusedWithTheParameterNamed(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	pid, _ := timerInbox(t, rt)
	at := time.Now()
	for way, with := range timerWays(t, rt) {
		with(func(s timerStarter) {
			for what, c := range map[string]struct {
				start func() (Timer, error)
				want  string
			}{
				"SendAfter":             {func() (Timer, error) { return s.SendAfter(-1, pid, nil) }, "d is -1ns; it must not be negative"},
				"StartTimer":            {func() (Timer, error) { return s.StartTimer(-time.Hour, pid, nil) }, "d is -1h0m0s; it must not be negative"},
				"SendAfterName":         {func() (Timer, error) { return s.SendAfterName(-time.Second, "a", nil) }, "d is -1s; it must not be negative"},
				"StartTimerName":        {func() (Timer, error) { return s.StartTimerName(-time.Second, "a", nil) }, "d is -1s; it must not be negative"},
				"SendEvery":             {func() (Timer, error) { return s.SendEvery(sched.Tick-1, pid, nil) }, "every is 32.767µs; it must be at least 32.768µs"},
				"SendEveryName":         {func() (Timer, error) { return s.SendEveryName(-1, "a", nil) }, "every is -1ns; it must be at least 32.768µs"},
				"SendAfter, zero":       {func() (Timer, error) { return s.SendAfter(0, 0, nil) }, "SendAfter: to is the zero PID"},
				"SendAt, zero":          {func() (Timer, error) { return s.SendAt(at, 0, nil) }, "SendAt: to is the zero PID"},
				"SendEvery, zero":       {func() (Timer, error) { return s.SendEvery(time.Hour, 0, nil) }, "SendEvery: to is the zero PID"},
				"SendAfterName, empty":  {func() (Timer, error) { return s.SendAfterName(0, "", nil) }, "SendAfterName: name is empty"},
				"StartTimerName, empty": {func() (Timer, error) { return s.StartTimerName(0, "", nil) }, "StartTimerName: name is empty"},
				"SendAtName, empty":     {func() (Timer, error) { return s.SendAtName(at, "", nil) }, "SendAtName: name is empty"},
				"SendEveryName, empty":  {func() (Timer, error) { return s.SendEveryName(time.Hour, "", nil) }, "SendEveryName: name is empty"},
			} {
				timer, err := c.start()
				if err == nil || !strings.HasPrefix(err.Error(), "proc: ") || !strings.Contains(err.Error(), c.want) || timer != (Timer{}) {
					t.Errorf("%s: %s: error %v, want one with %q", way, what, err, c.want)
				}
			}
		})
	}
}

func TestTimersOfAnEndedRuntimeAreRefused(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	pid, _ := timerInbox(t, rt)
	timer, err := rt.SendAfter(time.Hour, pid, nil)
	startedTimer(t, "SendAfter", timer, err)
	end(t, rt)
	at := time.Now()
	for what, start := range map[string]func() (Timer, error){
		"SendAfter":      func() (Timer, error) { return rt.SendAfter(0, pid, nil) },
		"StartTimer":     func() (Timer, error) { return rt.StartTimer(0, pid, nil) },
		"SendAt":         func() (Timer, error) { return rt.SendAt(at, pid, nil) },
		"SendEvery":      func() (Timer, error) { return rt.SendEvery(time.Hour, pid, nil) },
		"SendAfterName":  func() (Timer, error) { return rt.SendAfterName(0, "a", nil) },
		"StartTimerName": func() (Timer, error) { return rt.StartTimerName(0, "a", nil) },
		"SendAtName":     func() (Timer, error) { return rt.SendAtName(at, "a", nil) },
		"SendEveryName":  func() (Timer, error) { return rt.SendEveryName(time.Hour, "a", nil) },
	} {
		if _, err := start(); !errors.Is(err, ErrShutdown) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if timer.Cancel() || timer.Remaining() != 0 {
		t.Error("a timer for a process of a runtime that has ended runs")
	}
}

// The message of StartTimer says which timer it is, as Erlang's {timeout, TimerRef, Msg}.
func TestStartTimerSendsATimeoutThatNamesIt(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	to, got := timerInbox(t, rt)
	if err := rt.Register("inbox", to); err != nil {
		t.Fatal(err)
	}
	for way, with := range timerWays(t, rt) {
		var want [3]Timer
		with(func(s timerStarter) {
			for i := range 2 {
				timer, err := s.StartTimer(time.Duration(i)*time.Millisecond, to, i)
				want[i] = startedTimer(t, way, timer, err)
			}
			timer, err := s.StartTimerName(time.Millisecond, "inbox", 2)
			want[2] = startedTimer(t, way, timer, err)
		})
		seen := map[int]bool{}
		for range want {
			m := await(t, "a timer", got)
			x, ok := m.Body.(Timeout)
			if !ok {
				t.Fatalf("%s: message %+v", way, m)
			}
			i := x.Body.(int)
			if x.Timer != want[i] || seen[i] || (m.From == 0) != (way == "goroutine") {
				t.Errorf("%s: message %d is from %v, of timer %v, want %v", way, i, m.From, x.Timer, want[i])
			}
			seen[i] = true
			if x.Timer.Cancel() || x.Timer.Remaining() != 0 {
				t.Errorf("%s: the timer whose message is here still runs", way)
			}
		}
	}
}

// SendAt is never early, and at once for what has passed; it goes by the monotonic clock when the time has a reading of it.
func TestSendAtComesAtItsTimeOrAtOnce(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	to, got := timerInbox(t, rt)
	if err := rt.Register("inbox", to); err != nil {
		t.Fatal(err)
	}
	for way, with := range timerWays(t, rt) {
		n := 0
		with(func(s timerStarter) {
			now := time.Now()
			for _, at := range []time.Time{now.Add(20 * time.Millisecond), now.Add(time.Millisecond), now, now.Add(-time.Hour), {}} {
				timer, err := s.SendAt(at, to, at)
				startedTimer(t, way, timer, err)
				timer, err = s.SendAtName(at, "inbox", at)
				startedTimer(t, way, timer, err)
				n += 2
			}
		})
		for range n {
			m := await(t, "a timer", got)
			if at := m.Body.(time.Time); time.Now().Before(at) {
				t.Errorf("%s: it came %v before its time", way, time.Until(at))
			}
		}
	}
	late, err := rt.SendAt(time.Now().Add(time.Hour), to, nil)
	if startedTimer(t, "SendAt", late, err); late.Remaining() > time.Hour || late.Remaining() < time.Hour-patience || !late.Cancel() {
		t.Errorf("%v remain of an hour", late.Remaining())
	}
}

// The k-th message of an interval comes k periods after its start at the earliest; it goes on until it is cancelled, by anyone, and
// afterwards at most the message that is under way comes.
func TestSendEveryComesAtMultiplesUntilItIsCancelled(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	to, got := timerInbox(t, rt)
	if err := rt.Register("inbox", to); err != nil {
		t.Fatal(err)
	}
	const every = 2 * time.Millisecond
	for way, with := range timerWays(t, rt) {
		for _, named := range []bool{false, true} {
			var timer Timer
			var err error
			begun := time.Now()
			with(func(s timerStarter) {
				if named {
					timer, err = s.SendEveryName(every, "inbox", begun)
				} else {
					timer, err = s.SendEvery(every, to, begun)
				}
			})
			startedTimer(t, way, timer, err)
			for k := range 10 {
				m := await(t, "an interval", got)
				if e := time.Since(m.Body.(time.Time)); e < time.Duration(k+1)*every {
					t.Errorf("%s: message %d came after %v", way, k+1, e)
				}
			}
			if r := timer.Remaining(); r > every+sched.Tick {
				t.Errorf("%s: %v remain of an interval of %v", way, r, every)
			}
			if !timer.Cancel() || timer.Cancel() || timer.Remaining() != 0 {
				t.Errorf("%s: Cancel or Remaining is wrong", way)
			}
			stats(t, rt)
			for len(got) > 0 {
				<-got
			}
			stats(t, rt)
			last, err := rt.SendAfter(3*every, to, "last")
			startedTimer(t, way, last, err)
			if m := await(t, "a later timer", got); m.Body != "last" {
				t.Errorf("%s: an interval goes on after it was cancelled: %+v", way, m)
			}
		}
	}
}

// An interval whose worker has been busy sends one message for all that were missed.
func TestSendEveryLeavesOutWhatWasMissed(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	const every = time.Millisecond
	var came atomic.Int64
	to := handler(t, rt, func(c *Ctx, m Message) error {
		if came.Add(1) == 1 {
			for begun := time.Now(); time.Since(begun) < 30*every; {
			}
		}
		return nil
	})
	begun := time.Now()
	timer, err := rt.SendEvery(every, to, nil)
	startedTimer(t, "SendEvery", timer, err)
	until(t, "the interval goes on", func() bool { return came.Load() >= 20 })
	timer.Cancel()
	stats(t, rt)
	// Those that came, and at least 28 that did not, are multiples of every that have passed.
	if n, most := came.Load(), int64(time.Since(begun)/every)-28; n > most {
		t.Errorf("%d messages came where at most %d periods had not been missed", n, most)
	}
}

// A name is looked up when the timer expires: whoever has it then gets the message; if nobody has, nobody is told.
func TestTimerForANameFindsWhoHasItAtExpiry(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	letters := watch(rt)
	first, _ := timerInbox(t, rt)
	second, got := timerInbox(t, rt)
	for way, with := range timerWays(t, rt) {
		if err := rt.Register("name", first); err != nil {
			t.Fatal(err)
		}
		var timer, dropped Timer
		with(func(s timerStarter) {
			var err error
			timer, err = s.SendAfterName(30*time.Millisecond, "name", way)
			startedTimer(t, way, timer, err)
			dropped, err = s.SendAfterName(0, "nobody", way)
			startedTimer(t, way, dropped, err)
		})
		if err := rt.Unregister("name"); err != nil {
			t.Fatal(err)
		}
		if err := rt.Register("name", second); err != nil {
			t.Fatal(err)
		}
		if m := await(t, "the timer", got); m.Body != way {
			t.Errorf("message %+v", m)
		}
		until(t, "the timer for nobody expires", func() bool { return dropped.Remaining() == 0 })
		if dropped.Cancel() || timer.Cancel() {
			t.Errorf("%s: a timer that has fired was cancelled", way)
		}
		if err := rt.Unregister("name"); err != nil {
			t.Fatal(err)
		}
	}
	if s := stats(t, rt); s.DeadLetters != 0 || len(letters()) != 0 {
		t.Errorf("%d dead letters", s.DeadLetters)
	}
}

// A timer dies with the process that it is aimed at, and not with the one that started it, nor with who had a name.
func TestTimerDiesWithItsReceiverOnly(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for way, with := range timerWays(t, rt) {
		to, _ := timerInbox(t, rt)
		if err := rt.Register("name", to); err != nil {
			t.Fatal(err)
		}
		var timers [3]Timer
		var named Timer
		with(func(s timerStarter) {
			for i, start := range []func() (Timer, error){
				func() (Timer, error) { return s.SendAfter(time.Hour, to, nil) },
				func() (Timer, error) { return s.StartTimer(time.Hour, to, nil) },
				func() (Timer, error) { return s.SendEvery(time.Hour, to, nil) },
			} {
				timer, err := start()
				timers[i] = startedTimer(t, way, timer, err)
			}
			timer, err := s.SendAfterName(time.Hour, "name", nil)
			named = startedTimer(t, way, timer, err)
		})
		for _, timer := range timers {
			if timer.Remaining() == 0 {
				t.Errorf("%s: a timer for a process that lives does not run", way)
			}
		}
		send(t, rt, to, "end")
		gone(t, rt, to)
		canceller := handler(t, rt, func(c *Ctx, m Message) error {
			if c.Cancel(timers[2]) {
				t.Errorf("%s: Ctx.Cancel cancels a timer for a process that has ended", way)
			}
			return Normal
		})
		send(t, rt, canceller, nil)
		gone(t, rt, canceller)
		for i, timer := range timers {
			if timer.Remaining() != 0 || timer.Cancel() {
				t.Errorf("%s: timer %d runs though its receiver has ended", way, i)
			}
		}
		if named.Remaining() == 0 || !named.Cancel() || named.Cancel() {
			t.Errorf("%s: a timer for a name has died with who had it", way)
		}
	}
	// The one that starts it ends before it is due.
	to, got := timerInbox(t, rt)
	starter := handler(t, rt, func(c *Ctx, m Message) error {
		timer, err := c.SendAfter(20*time.Millisecond, to, "left behind")
		startedTimer(t, "SendAfter", timer, err)
		return Normal
	})
	send(t, rt, starter, nil)
	gone(t, rt, starter)
	if m := await(t, "the timer of a process that has ended", got); m.From != starter || m.Body != "left behind" {
		t.Errorf("message %+v", m)
	}
}

// An interval for a process that has ended ends.
func TestSendEveryEndsWithItsReceiver(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	to, got := timerInbox(t, rt)
	timer, err := rt.SendEvery(time.Millisecond, to, nil)
	startedTimer(t, "SendEvery", timer, err)
	await(t, "the interval", got)
	send(t, rt, to, "end")
	gone(t, rt, to)
	until(t, "the interval ends", func() bool {
		_, runs := timer.t.Tag(timer.life)
		return !runs
	})
	// A message that came behind "end" is a dead letter, as any; afterwards there is none, though the same wheel turns on.
	before := stats(t, rt).DeadLetters
	other, later := timerInbox(t, rt)
	timer, err = rt.SendAfter(5*time.Millisecond, other, nil)
	startedTimer(t, "SendAfter", timer, err)
	await(t, "a timer several intervals later", later)
	if s := stats(t, rt); s.DeadLetters != before {
		t.Errorf("%d dead letters, %d when the interval ended", s.DeadLetters, before)
	}
}

// A timer that has been delivered or cancelled, by whomever, keeps nothing of its message alive, though the Timer is kept.
func TestTimerThatHasEndedKeepsItsMessageNoLonger(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	to := handler(t, rt, ignore)
	type cargo struct{ _ [100]int }
	type order struct {
		timer Timer
		done  chan struct{}
	}
	canceller := handler(t, rt, func(c *Ctx, m Message) error {
		o := m.Body.(order)
		c.Cancel(o.timer)
		close(o.done)
		return nil
	})
	for way, with := range timerWays(t, rt) {
		start := func(d time.Duration, kind int) (timer Timer, w weak.Pointer[cargo]) {
			with(func(s timerStarter) {
				body := &cargo{}
				w = weak.Make(body)
				var err error
				switch kind {
				case 0:
					timer, err = s.SendAfter(d, to, body)
				case 1:
					timer, err = s.StartTimer(d, to, body)
				case 2:
					timer, err = s.SendAfterName(d, "nobody", body)
				case 3:
					timer, err = s.SendEvery(time.Hour, to, body)
				}
				startedTimer(t, way, timer, err)
			})
			return timer, w
		}
		for kind := range 4 {
			timer, w := start(time.Hour, kind)
			timer.Cancel()
			until(t, way+": the message of a cancelled timer is let go", func() bool { runtime.GC(); return w.Value() == nil })
			other, w := start(time.Hour, kind)
			done := make(chan struct{})
			send(t, rt, canceller, order{other, done})
			await(t, "Ctx.Cancel", done)
			until(t, way+": the message of a timer that a process has cancelled is let go", func() bool { runtime.GC(); return w.Value() == nil })
			if kind < 3 {
				fired, w := start(0, kind)
				until(t, way+": a message that has been delivered is let go", func() bool { runtime.GC(); return w.Value() == nil })
				runtime.KeepAlive(fired.t)
			}
			runtime.KeepAlive(timer.t)
			runtime.KeepAlive(other.t)
		}
	}
}
