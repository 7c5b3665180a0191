package proc

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// naming is what there is for names.
type naming interface {
	Register(name string, pid PID) error
	Unregister(name string) error
	Whereis(name string) (PID, bool)
	SendName(name string, body any) error
}

// namers are those who may use it.
func namers(t *testing.T, rt *Runtime) map[string]func(func(naming)) {
	ways := map[string]func(func(naming)){"goroutine": func(f func(naming)) { f(rt) }}
	for _, s := range styles {
		p := newPuppet(t, rt, s)
		ways[s.name] = func(f func(naming)) { p.do(func(o ops) { f(o) }) }
	}
	return ways
}

// Erlang's table of register/2, unregister/1, whereis/1 and of sends to names.
func TestNamesFollowErlangsTable(t *testing.T) {
	rt, other := begin(t, Config{Workers: 2}), begin(t, Config{Workers: 1})
	foreign, dead := newPuppet(t, other, styles[0]), newPuppet(t, rt, styles[0])
	dead.end(Normal)
	gone(t, rt, dead.pid)
	for way, do := range namers(t, rt) {
		a, b := newPuppet(t, rt, styles[0]), newPuppet(t, rt, styles[4])
		do(func(n naming) {
			check := func(what string, err, want error) {
				t.Helper()
				if !errors.Is(err, want) || want == nil && err != nil {
					t.Errorf("%s: %s: %v, want %v", way, what, err, want)
				}
			}
			is := func(name string, want PID) {
				t.Helper()
				if pid, ok := n.Whereis(name); pid != want || ok != (want != 0) {
					t.Errorf("%s: Whereis(%q) is %v, %v; want %v", way, name, pid, ok, want)
				}
			}
			is("x", 0)
			check("Unregister of an unknown name", n.Unregister("x"), ErrNoName)
			check("send to an unknown name", n.SendName("x", "lost"), ErrNoName)
			check("Register", n.Register("x", a.pid), nil)
			is("x", a.pid)
			check("Register of a name that is taken", n.Register("x", b.pid), ErrNameTaken)
			check("Register of a process that has a name", n.Register("y", a.pid), ErrHasName)
			if err := n.Register("x", a.pid); !errors.Is(err, ErrHasName) && !errors.Is(err, ErrNameTaken) {
				t.Errorf("%s: Register again: %v", way, err)
			}
			is("x", a.pid)
			is("y", 0)
			check("send", n.SendName("x", "by name"), nil)
			check("Unregister", n.Unregister("x"), nil)
			is("x", 0)
			check("send", n.SendName("x", "lost"), ErrNoName)
			check("Register of another", n.Register("x", b.pid), nil)
			is("x", b.pid)
			check("send", n.SendName("x", "by name"), nil)
			check("Register of another name", n.Register("y", a.pid), nil)
			is("y", a.pid)
			check("Register of the dead", n.Register("z", dead.pid), ErrNoProc)
			check("Register of nobody", n.Register("z", 0), ErrNoProc)
			check("Register of a foreign process", n.Register("z", foreign.pid), ErrWrongRuntime)
			is("z", 0)
			names(t, n.Register("", a.pid), "name")
			check("Unregister of the empty name", n.Unregister(""), ErrNoName)
			check("Unregister", n.Unregister("y"), nil)
			check("Unregister", n.Unregister("x"), nil)
		})
		for _, p := range []*puppet{a, b} {
			if m := p.next(way); m.Body != "by name" {
				t.Errorf("%s: got %+v", way, m)
			}
			p.nothing(way)
			p.end(Normal)
		}
	}
	for name, pid := range rt.Names() {
		t.Errorf("%v is %q", pid, name)
	}
	if s := stats(t, rt); s.DeadLetters != 0 {
		t.Errorf("%d dead letters", s.DeadLetters)
	}
}

// Names are those that are registered, each once, as Info says them too.
func TestNamesAreThoseThatAreRegistered(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	want := map[string]PID{}
	for i := range 100 {
		name := fmt.Sprint("process ", i)
		if i%2 == 0 {
			want[name] = newPuppet(t, rt, styles[i%len(styles)], WithName(name)).pid
			continue
		}
		want[name] = newPuppet(t, rt, styles[i%len(styles)]).pid
		if err := rt.Register(name, want[name]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if name := fmt.Sprint("process ", i); i%5 == 0 {
			if err := rt.Unregister(name); err != nil {
				t.Fatal(err)
			}
			delete(want, name)
		}
	}
	n := 0
	for name, pid := range rt.Names() {
		if n++; want[name] != pid {
			t.Errorf("%q is %v, want %v", name, pid, want[name])
		}
		if i, err := rt.Info(pid); err != nil || i.Name != name {
			t.Errorf("Info of %q has the name %q; %v", name, i.Name, err)
		}
	}
	if n != len(want) {
		t.Errorf("%d names, want %d", n, len(want))
	}
}

// WithName gives the name together with the life: when it is taken there is no process, link or monitor, and nothing has run; else it is there
// when Spawn returns, and before the factory is called.
func TestWithNameIsAtomic(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	holder := newPuppet(t, rt, styles[0], WithName("x"))
	ran := make(chan struct{}, 100)
	f := func() Machine { ran <- struct{}{}; return Func(ignore) }
	before := stats(t, rt)
	if _, err := rt.Spawn(f, WithName("x")); !errors.Is(err, ErrNameTaken) {
		t.Errorf("Spawn: %v", err)
	}
	_, err := rt.Spawn(f, WithName(""))
	names(t, err, "name")
	for _, s := range styles {
		p := newPuppet(t, rt, s, WithTrapExit())
		p.do(func(o ops) {
			ref := MonitorRef(77)
			_, err := o.Spawn(f, WithName("x"), WithLink(), WithMonitor(&ref), WithTrapExit(), WithMailboxBound(1, Reject))
			if !errors.Is(err, ErrNameTaken) || ref != 77 {
				t.Errorf("%s: Spawn: %v, reference %v", s.name, err, ref)
			}
			if n := tiesOf(o); n.links.len() != 0 || n.monitors.len() != 0 {
				t.Errorf("%s: %d links, %d monitors", s.name, n.links.len(), n.monitors.len())
			}
			name := "child of " + s.name
			seen := make(chan PID, 1)
			pid, err := o.Spawn(func() Machine {
				who, _ := rt.Whereis(name)
				seen <- who
				return Func(ignore)
			}, WithName(name))
			if who, ok := o.Whereis(name); err != nil || !ok || who != pid {
				t.Errorf("%s: after Spawn the name is %v's, want %v's; %v", s.name, who, pid, err)
			}
			if err := o.SendName(name, nil); err != nil {
				t.Errorf("%s: SendName: %v", s.name, err)
			}
			o.Blocking(func() {
				if who := await(t, "the factory", seen); who != pid {
					t.Errorf("%s: in the factory the name is %v's", s.name, who)
				}
			})
		})
		p.nothing(s.name)
		p.end(Normal)
		gone(t, rt, p.pid)
	}
	holder.nothing("refused names")
	after := stats(t, rt)
	if n := len(ran); n != 0 || after.Spawned-before.Spawned != uint64(2*len(styles)) {
		t.Errorf("%d factories were called, %d processes spawned", n, after.Spawned-before.Spawned)
	}
}

// A name is looked up when it is used: a call, a monitor and a message go to who has it then.
func TestNameMeansWhoHasItNow(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	ctx := context.Background()
	if _, err := rt.CallName(ctx, "x", nil); !errors.Is(err, ErrNoName) {
		t.Errorf("CallName: %v", err)
	}
	for i := range 50 {
		pid := handler(t, rt, func(c *Ctx, m Message) error { _ = c.Reply(i); return Normal }, WithName("x"))
		if v, err := rt.CallName(ctx, "x", nil); v != i || err != nil {
			t.Errorf("CallName: %v, %v", v, err)
		}
		gone(t, rt, pid)
		if _, err := rt.CallName(ctx, "x", nil); !errors.Is(err, ErrNoName) && !errors.Is(err, ErrNoProc) {
			t.Errorf("CallName: %v", err)
		}
		until(t, "the name is free", func() bool { _, taken := rt.Whereis("x"); return !taken })
	}
}
