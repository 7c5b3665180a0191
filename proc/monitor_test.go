package proc

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// A monitor is told of every end, also Normal, with the real reason, whether it was made by PID or by name.
func TestMonitorIsToldOfEveryEnd(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, e := range ends {
		for _, dying := range styles {
			for i, s := range styles {
				when := fmt.Sprintf("%s of %s to %s", e.name, dying.name, s.name)
				var opts []SpawnOption
				if i%2 == 0 {
					opts = append(opts, WithTrapExit()) // which makes no difference
				}
				a, b := newPuppet(t, rt, dying, WithName("a")), newPuppet(t, rt, s, opts...)
				ref := b.watches(a.pid)
				var byName MonitorRef
				b.do(func(o ops) { byName, _ = o.MonitorName("a") })
				e.end(rt, a)
				got := map[MonitorRef]Down{}
				for range 2 {
					m := b.next(when)
					d, ok := m.Body.(Down)
					if !ok || m.From != a.pid || d.PID != a.pid || !e.reason(d.Reason) {
						t.Errorf("%s: got %+v", when, m)
					}
					got[d.Monitor] = d
				}
				if got[ref].Name != "" || got[byName].Name != "a" || len(got) != 2 {
					t.Errorf("%s: got %+v", when, got)
				}
				b.nothing(when)
				b.end(Normal)
			}
		}
	}
}

func TestMonitorOfNobodyIsToldNoProc(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	dead := newPuppet(t, rt, styles[0])
	dead.end(errFault)
	gone(t, rt, dead.pid)
	for _, s := range styles {
		p := newPuppet(t, rt, s)
		for _, pid := range []PID{dead.pid, 0} {
			p.hears(s.name, p.watches(pid), pid, NoProc)
		}
		var ref MonitorRef
		p.do(func(o ops) {
			var err error
			if ref, err = o.MonitorName("nobody"); err != nil {
				t.Errorf("%s: MonitorName: %v", s.name, err)
			}
		})
		if m := p.next(s.name); m.Body != (Down{Monitor: ref, Name: "nobody", Reason: NoProc}) {
			t.Errorf("%s: got %+v", s.name, m)
		}
		p.nothing(s.name)
		p.do(func(o ops) {
			if n := tiesOf(o).monitors.len(); n != 0 {
				t.Errorf("%s: %d monitors", s.name, n)
			}
		})
	}
}

func TestMonitorRefusesWrongArguments(t *testing.T) {
	rt, other := begin(t, Config{Workers: 1}), begin(t, Config{Workers: 1})
	foreign := newPuppet(t, other, styles[0])
	for _, s := range styles {
		p := newPuppet(t, rt, s)
		p.do(func(o ops) {
			if _, err := o.Monitor(foreign.pid); !errors.Is(err, ErrWrongRuntime) {
				t.Errorf("%s: Monitor: %v", s.name, err)
			}
			_, err := o.MonitorName("")
			names(t, err, "name")
			if o.Demonitor(0) || o.Demonitor(12345) || o.DemonitorFlush(12345) {
				t.Errorf("%s: Demonitor of what never was says that it was in time", s.name)
			}
		})
		p.nothing(s.name)
	}
}

// To monitor oneself, by PID or by name, says nothing, is not listed, and cannot be taken back in time.
func TestMonitorOfOneselfSaysNothing(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	for _, s := range styles {
		p := newPuppet(t, rt, s, WithName("itself"))
		p.do(func(o ops) {
			a, err := o.Monitor(p.pid)
			b, err2 := o.MonitorName("itself")
			if err != nil || err2 != nil || a == b {
				t.Errorf("%s: %v, %v; errors %v, %v", s.name, a, b, err, err2)
			}
			if n := tiesOf(o); n.monitors.len() != 0 || n.watchers.len() != 0 {
				t.Errorf("%s: %d monitors, %d watchers", s.name, n.monitors.len(), n.watchers.len())
			}
			if o.Demonitor(a) || o.DemonitorFlush(b) {
				t.Errorf("%s: Demonitor was in time", s.name)
			}
		})
		p.nothing(s.name)
		p.end(Normal)
		gone(t, rt, p.pid)
	}
}

// N monitors are N references and N Downs; those that are taken back are not among them.
func TestEveryMonitorIsOneOfItsOwn(t *testing.T) {
	for _, n := range []int{2, 11, 12, 13, 100, 3000} { // few are kept otherwise than many; more than 512 are told in parts
		rt := begin(t, Config{Workers: 2})
		for _, s := range styles[:2] {
			a, b := newPuppet(t, rt, s), newPuppet(t, rt, s)
			b.got = make(chan Message, n)
			refs := map[MonitorRef]bool{}
			b.do(func(o ops) {
				for range n {
					ref, _ := o.Monitor(a.pid)
					refs[ref] = true
				}
				if len(refs) != n {
					t.Errorf("%d monitors have %d references", n, len(refs))
				}
				i := 0
				for ref := range refs {
					if i++; i%3 != 0 {
						continue
					}
					if delete(refs, ref); !o.Demonitor(ref) || o.Demonitor(ref) || o.DemonitorFlush(ref) {
						t.Errorf("Demonitor is wrong about %v", ref)
					}
				}
				i = 0
				for _, m := range tiesOf(o).monitors.all() {
					if i++; m.pid != a.pid {
						t.Errorf("monitors %v", m.pid)
					}
				}
				if i != len(refs) {
					t.Errorf("%d monitors, want %d", i, len(refs))
				}
			})
			a.do(func(o ops) {
				if w := tiesOf(o).watchers.len(); w != len(refs) {
					t.Errorf("%d watchers, want %d", w, len(refs))
				}
			})
			a.end(errFault)
			for range len(refs) {
				d, ok := b.next("N monitors").Body.(Down)
				if !ok || !refs[d.Monitor] || d.PID != a.pid || d.Reason != errFault {
					t.Errorf("got %+v", d)
				}
				delete(refs, d.Monitor)
			}
			stats(t, rt)
			b.nothing("N monitors")
			b.end(Normal)
		}
		end(t, rt)
	}
}

// The name is looked up once: who has it later does not matter, nor that the process gets another.
func TestMonitorByNameStaysWithTheProcess(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, s := range styles {
		a, b, p := newPuppet(t, rt, s, WithName("x")), newPuppet(t, rt, s), newPuppet(t, rt, s)
		var ref MonitorRef
		p.do(func(o ops) { ref, _ = o.MonitorName("x") })
		if err := errors.Join(rt.Unregister("x"), rt.Register("x", b.pid), rt.Register("y", a.pid)); err != nil {
			t.Fatal(err)
		}
		b.end(errFirst)
		gone(t, rt, b.pid)
		stats(t, rt)
		p.nothing("the end of who has the name now")
		a.end(errSecond)
		if m := p.next(s.name); m.Body != (Down{Monitor: ref, PID: a.pid, Name: "x", Reason: errSecond}) {
			t.Errorf("%s: got %+v", s.name, m)
		}
		p.end(Normal)
	}
}

// When a watcher ends, those that it watched forget it.
func TestEndOfAWatcherIsForgotten(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, s := range styles {
		a := newPuppet(t, rt, s)
		for _, e := range ends {
			w := newPuppet(t, rt, s)
			w.watches(a.pid)
			w.watches(a.pid)
			a.do(func(o ops) {
				var by []PID
				for x := range tiesOf(o).watchers.all() {
					by = append(by, x.by)
				}
				if !slices.Equal(by, []PID{w.pid, w.pid}) {
					t.Errorf("%s: watched by %v", s.name, by)
				}
			})
			e.end(rt, w)
			until(t, "the watchers are forgotten", func() (none bool) {
				a.do(func(o ops) { none = tiesOf(o).watchers.len() == 0 })
				return none
			})
		}
		a.end(Normal)
		stats(t, rt)
	}
	if s := stats(t, rt); s.DeadLetters != 0 {
		t.Errorf("%d dead letters", s.DeadLetters)
	}
}

// One who is linked and monitors gets the Exit before the Down, as in Erlang's emulator, also when so many must be told that
// it is done in parts.
func TestLinksAreToldBeforeMonitors(t *testing.T) {
	for _, n := range []int{1, 5, 300, 2000} {
		rt := begin(t, Config{Workers: 2})
		a := newPuppet(t, rt, styles[0])
		told := make([][]any, n) // each by one process
		for i := range told {
			pid := handler(t, rt, func(c *Ctx, m Message) error {
				switch b := m.Body.(type) {
				case PID:
					_, _ = c.Monitor(b)
					return c.Link(b)
				case Exit:
					if b.From == 0 {
						return Shutdown
					}
				}
				told[i] = append(told[i], m.Body)
				return nil
			}, WithTrapExit())
			send(t, rt, pid, a.pid)
		}
		stats(t, rt)
		a.end(errFault)
		end(t, rt)
		for i, got := range told {
			if want := []any{Exit{a.pid, errFault}, Down{Monitor: 1, PID: a.pid, Reason: errFault}}; !slices.Equal(got, want) {
				t.Fatalf("process %d of %d got %+v, want %+v", i, n, got, want)
			}
		}
	}
}
