package proc

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/sched"
)

// names checks that an error says which value was wrong.
func names(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one that names %q", parts)
	}
	if !strings.HasPrefix(err.Error(), "proc: ") {
		t.Errorf("%q does not begin with the package's name", err)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%q does not name %q", err, p)
		}
	}
}

func TestNewRefusesBadConfig(t *testing.T) {
	for _, c := range []struct {
		cfg   Config
		parts []string
	}{
		{Config{Workers: -1}, []string{"Config.Workers", "-1", "255"}},
		{Config{Workers: sched.MaxWorkers + 1}, []string{"Config.Workers", "256", "255"}},
		{Config{MaxProcesses: -5}, []string{"Config.MaxProcesses", "-5"}},
		{Config{MaxProcesses: 1<<27 + 1}, []string{"Config.MaxProcesses", "134217729", "130023424"}},
		{Config{StuckAfter: -time.Second}, []string{"Config.StuckAfter", "-1s", "10ms"}},
	} {
		rt, err := New(c.cfg)
		if rt != nil {
			t.Errorf("%+v: a runtime was made", c.cfg)
		}
		names(t, err, c.parts...)
	}
}

// spawners spawn from outside, from a process, and from a process that has lost its core.
func spawners(t *testing.T, rt *Runtime) map[string]func(Factory, ...SpawnOption) (PID, error) {
	type request struct {
		f      Factory
		opts   []SpawnOption
		detach bool
		pid    PID
		err    error
	}
	done := make(chan *request)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		r := m.Body.(*request)
		if r.detach {
			c.Blocking(func() {})
		}
		r.pid, r.err = c.Spawn(r.f, r.opts...)
		done <- r
		return nil
	})
	inside := func(detach bool) func(Factory, ...SpawnOption) (PID, error) {
		return func(f Factory, opts ...SpawnOption) (PID, error) {
			send(t, rt, pid, &request{f: f, opts: opts, detach: detach})
			r := await(t, "Ctx.Spawn", done)
			return r.pid, r.err
		}
	}
	return map[string]func(Factory, ...SpawnOption) (PID, error){
		"Runtime.Spawn": rt.Spawn, "Ctx.Spawn": inside(false), "Ctx.Spawn of a detached process": inside(true),
	}
}

func TestSpawnRefusesBadInput(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	f := Of(ignore)
	for way, spawn := range spawners(t, rt) {
		t.Run(way, func(t *testing.T) {
			for _, c := range []struct {
				f     Factory
				opts  []SpawnOption
				parts []string
			}{
				{nil, nil, []string{"factory is nil"}},
				{nil, []SpawnOption{WithPriority(PriorityLow)}, []string{"factory is nil"}},
				{f, []SpawnOption{WithMailboxBound(0, Reject)}, []string{"WithMailboxBound", "n is 0", "at least 1"}},
				{f, []SpawnOption{WithMailboxBound(-7, DropOldest)}, []string{"WithMailboxBound", "n is -7", "at least 1"}},
				{f, []SpawnOption{WithMailboxBound(1, 9)}, []string{"WithMailboxBound", "Overflow(9)", "DropNewest"}},
				{f, []SpawnOption{WithPriority(77)}, []string{"WithPriority", "77", "PriorityNormal"}},
				{f, []SpawnOption{WithPriority(PriorityLow), nil}, []string{"option 1 is nil"}},
			} {
				pid, err := spawn(c.f, c.opts...)
				if pid != 0 {
					t.Errorf("%q: a process was spawned", c.parts)
				}
				names(t, err, c.parts...)
			}
		})
	}
	if s := stats(t, rt); s.Spawned != 1 {
		t.Errorf("%d processes were spawned by refused calls", s.Spawned-1)
	}
	answers(t, rt)
}

// senders send from outside, from a process, and from a process that has lost its core.
func senders(t *testing.T, rt *Runtime) map[string]func(to PID, body any) error {
	type request struct {
		to     PID
		body   any
		detach bool
	}
	done := make(chan error)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		r := m.Body.(request)
		if r.detach {
			c.Blocking(func() {})
		}
		done <- c.Send(r.to, r.body)
		return nil
	})
	inside := func(detach bool) func(to PID, body any) error {
		return func(to PID, body any) error {
			send(t, rt, pid, request{to, body, detach})
			return await(t, "Ctx.Send", done)
		}
	}
	return map[string]func(to PID, body any) error{
		"Runtime.Send": rt.Send, "Ctx.Send": inside(false), "Ctx.Send of a detached process": inside(true),
	}
}

// PIDs that never were a process of the runtime are refused, whichever way and whatever their bits, and harm nobody.
func TestSendRefusesForeignPIDs(t *testing.T) {
	rt, other := begin(t, Config{Workers: 2}), begin(t, Config{Workers: 1})
	foreign := handler(t, other, ignore)
	mine := handler(t, rt, ignore)
	for way, send := range senders(t, rt) {
		t.Run(way, func(t *testing.T) {
			for _, c := range []struct {
				name string
				to   PID
				want error
			}{
				{"of another runtime", foreign, ErrWrongRuntime},
				{"zero", 0, ErrNoProc},
				{"of a slot that was never used", mine + 3, ErrNoProc},
				{"of a slot that was never used, without a generation", PID(uint64(mine)&addressMask + 3), ErrNoProc},
				{"of a used slot, without a generation", PID(uint64(mine) & addressMask), ErrNoProc},
				{"of a generation to come", mine + 1<<40, ErrNoProc},
				{"beyond the table", mine | maxIndex, ErrNoProc},
				{"all ones", ^PID(0), ErrWrongRuntime},
			} {
				if err := send(c.to, "hello"); !errors.Is(err, c.want) {
					t.Errorf("PID %s: error %v, want %v", c.name, err, c.want)
				}
				if _, err := rt.Info(c.to); !errors.Is(err, c.want) {
					t.Errorf("Info of a PID %s: error %v, want %v", c.name, err, c.want)
				}
			}
			if err := send(mine, nil); err != nil {
				t.Errorf("a good PID: %v", err)
			}
		})
	}
	if s := stats(t, rt); s.Exited != 0 || s.Processes != 4 && s.Processes != 2 {
		t.Errorf("%d processes ended, %d live", s.Exited, s.Processes)
	}
	if s := stats(t, other); s.Messages != 0 {
		t.Errorf("the other runtime's process handled %d messages", s.Messages)
	}
	answers(t, rt)
}

func TestTimersRefuseForeignPIDs(t *testing.T) {
	rt, other := begin(t, Config{Workers: 1}), begin(t, Config{Workers: 1})
	foreign := handler(t, other, ignore)
	errs := make(chan error, 1)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		_, err := c.SendAfter(0, foreign, nil)
		errs <- err
		return nil
	})
	send(t, rt, pid, nil)
	if err := await(t, "SendAfter", errs); !errors.Is(err, ErrWrongRuntime) {
		t.Errorf("Ctx.SendAfter: %v", err)
	}
	if _, err := rt.SendAfter(0, foreign, nil); !errors.Is(err, ErrWrongRuntime) {
		t.Errorf("Runtime.SendAfter: %v", err)
	}
	if (Timer{}).Cancel() || (Timer{}).Remaining() != 0 {
		t.Error("the zero Timer runs")
	}
}

func TestCtxRefusesNilArguments(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	errs := make(chan error, 2)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		errs <- c.Become(nil)
		errs <- c.Offload(nil)
		return nil
	})
	send(t, rt, pid, nil)
	names(t, await(t, "Become", errs), "Become", "machine is nil")
	names(t, await(t, "Offload", errs), "Offload", "f is nil")
	rt.WatchDeadLetters(nil)()
	answers(t, rt)
}

func TestAfterShutdownEverythingIsRefused(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	pid := handler(t, rt, ignore)
	if err := rt.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	check := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, ErrShutdown) {
			t.Errorf("%s: error %v, want ErrShutdown", what, err)
		}
	}
	check("Send", rt.Send(pid, nil))
	check("SendWord", rt.SendWord(pid, nil, 1))
	_, err := rt.Spawn(Of(ignore))
	check("Spawn", err)
	_, err = rt.SendAfter(0, pid, nil)
	check("SendAfter", err)
	if _, err := rt.Info(pid); !errors.Is(err, ErrNoProc) && !errors.Is(err, ErrShutdown) {
		t.Errorf("Info: %v", err)
	}
	for pid := range rt.Processes() {
		t.Errorf("%v lives", pid)
	}
	var s Stats
	rt.ReadStats(&s)
	if s.Processes != 0 || s.Spawned != 1 || s.Exited != 1 {
		t.Errorf("%d alive, %d spawned, %d ended", s.Processes, s.Spawned, s.Exited)
	}
}
