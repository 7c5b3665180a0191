package proc

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// ends are ways in which a process may end, and the reason that others are told.
var ends = []struct {
	name   string
	end    func(rt *Runtime, p *puppet)
	reason func(error) bool
}{
	{"Normal", func(_ *Runtime, p *puppet) { p.end(Normal) }, same(Normal)},
	{"its own Kill", func(_ *Runtime, p *puppet) { p.end(Kill) }, same(Kill)},
	{"killed", func(rt *Runtime, p *puppet) { _ = rt.Exit(p.pid, Kill) }, same(Killed)},
	{"killed by itself", func(_ *Runtime, p *puppet) { p.do(func(o ops) { _ = o.Exit(p.pid, Kill) }) }, same(Killed)},
	{"Killed", func(_ *Runtime, p *puppet) { p.end(Killed) }, same(Killed)},
	{"Shutdown", func(_ *Runtime, p *puppet) { p.end(Shutdown) }, same(Shutdown)},
	{"NoProc", func(_ *Runtime, p *puppet) { p.end(NoProc) }, same(NoProc)},
	{"an error", func(_ *Runtime, p *puppet) { p.end(errFault) }, same(errFault)},
	{"a value", func(rt *Runtime, p *puppet) { _ = rt.Exit(p.pid, ExitValue{7}) }, same(ExitValue{7})},
	{"a panic", func(_ *Runtime, p *puppet) { p.do(func(ops) { panic("the panic's value") }) }, isPanic("the panic's value")},
	{"Goexit", func(_ *Runtime, p *puppet) { p.do(func(ops) { _ = exitHere() }) }, same(ErrGoexit)},
}

func same(want error) func(error) bool { return func(err error) bool { return err == want } }

// Erlang's table of exit signals over a link, in both directions of the link, for processes in all styles. Kill is not
// converted, and can be trapped, when it comes over a link.
func TestEndOfALinkedProcessFollowsErlangsTable(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	watcher := newPuppet(t, rt, styles[0])
	for _, e := range ends {
		for _, dying := range styles {
			for _, s := range styles {
				for _, trap := range []bool{false, true} {
					when := fmt.Sprintf("%s of %s to %s, trapping %v", e.name, dying.name, s.name, trap)
					var opts []SpawnOption
					if trap {
						opts = append(opts, WithTrapExit())
					}
					a, b := newPuppet(t, rt, dying), newPuppet(t, rt, s, opts...)
					ref := watcher.watches(b.pid)
					from, to := a, b
					if trap != s.direct {
						from, to = b, a
					}
					from.do(func(o ops) {
						if err := o.Link(to.pid); err != nil {
							t.Errorf("%s: Link: %v", when, err)
						}
					})
					e.end(rt, a)
					switch {
					case trap:
						m := b.next(when)
						if x, ok := m.Body.(Exit); !ok || x.From != a.pid || m.From != a.pid || !e.reason(x.Reason) {
							t.Errorf("%s: got %+v", when, m)
						}
						b.nothing(when)
					case e.name == "Normal":
						until(t, when+": the link is gone", func() (free bool) {
							b.do(func(o ops) { free = tiesOf(o).links.len() == 0 })
							return free
						})
						b.nothing(when)
					default:
						m := watcher.next(when)
						if d, ok := m.Body.(Down); !ok || d.Monitor != ref || !e.reason(d.Reason) {
							t.Errorf("%s: got %+v", when, m)
						}
						continue
					}
					b.do(func(o ops) {
						if l, _ := links(o); len(l) != 0 {
							t.Errorf("%s: still linked to %v", when, l)
						}
					})
					watcher.do(func(o ops) { o.Demonitor(ref) })
					b.end(Normal)
				}
			}
		}
	}
}

// A chain and a ring of linked processes end together, each for the reason of the first; one that traps exits stops it.
func TestExitsPassOnAlongLinks(t *testing.T) {
	for _, n := range []int{3, 1000} {
		for _, ring := range []bool{false, true} {
			for _, reason := range []error{errFault, Kill, Shutdown} {
				rt := begin(t, Config{Workers: 4})
				last := newPuppet(t, rt, styles[0], WithTrapExit())
				pids := make([]PID, n)
				for i := range pids {
					pids[i] = handler(t, rt, func(c *Ctx, m Message) error {
						if to, ok := m.Body.(PID); ok {
							return c.Link(to)
						}
						return m.Body.(fault).reason
					})
				}
				last.do(func(o ops) { _ = o.Link(pids[n-1]) })
				for i, pid := range pids {
					if i > 0 {
						send(t, rt, pid, pids[i-1])
					} else if ring {
						send(t, rt, pid, pids[n-1])
					}
				}
				stats(t, rt)
				send(t, rt, pids[0], fault{reason})
				last.hasExit(fmt.Sprintf("%d, ring %v", n, ring), pids[n-1], reason)
				if s := stats(t, rt); s.Processes != 1 {
					t.Errorf("%d processes live, want 1", s.Processes)
				}
				last.nothing("all have ended")
				end(t, rt)
			}
		}
	}
}

func TestLinkToTheDead(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	dead := newPuppet(t, rt, styles[0])
	dead.end(Normal)
	gone(t, rt, dead.pid)
	for _, s := range styles {
		for _, pid := range []PID{dead.pid, 0} {
			p, q := newPuppet(t, rt, s), newPuppet(t, rt, s, WithTrapExit())
			p.do(func(o ops) {
				if err := o.Link(pid); err != ErrNoProc {
					t.Errorf("%s: Link to %v, not trapping: %v", s.name, pid, err)
				}
				if l, _ := links(o); len(l) != 0 {
					t.Errorf("%s: linked to %v", s.name, l)
				}
			})
			p.nothing(s.name)
			q.do(func(o ops) {
				if err := o.Link(pid); err != nil {
					t.Errorf("%s: Link to %v, trapping: %v", s.name, pid, err)
				}
			})
			q.hasExit(s.name, pid, NoProc)
			q.nothing(s.name)
			q.do(func(o ops) {
				if l, _ := links(o); len(l) != 0 {
					t.Errorf("%s: linked to %v", s.name, l)
				}
				if err := o.Unlink(pid); err != nil {
					t.Errorf("%s: Unlink of %v: %v", s.name, pid, err)
				}
			})
			p.end(Normal)
			q.end(Normal)
		}
	}
}

func TestLinkRefusesWrongArguments(t *testing.T) {
	rt, other := begin(t, Config{Workers: 1}), begin(t, Config{Workers: 1})
	foreign := newPuppet(t, other, styles[0])
	for _, s := range styles {
		p := newPuppet(t, rt, s)
		p.do(func(o ops) {
			if err := o.Link(foreign.pid); !errors.Is(err, ErrWrongRuntime) {
				t.Errorf("%s: Link: %v", s.name, err)
			}
			if err := o.Unlink(foreign.pid); !errors.Is(err, ErrWrongRuntime) {
				t.Errorf("%s: Unlink: %v", s.name, err)
			}
		})
		foreign.end(Normal)
		p.nothing(s.name)
		foreign = newPuppet(t, other, styles[0])
	}
}

// There is one link between two processes, however often and from whichever side it is made, and one unlink from either
// side removes it. To oneself there is none.
func TestThereIsAtMostOneLinkBetweenTwoProcesses(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, s := range styles {
		a, b := newPuppet(t, rt, s, WithTrapExit()), newPuppet(t, rt, s, WithTrapExit())
		link := func(p, q *puppet) { p.do(func(o ops) { _ = o.Link(q.pid) }) }
		unlink := func(p, q *puppet) { p.do(func(o ops) { _ = o.Unlink(q.pid) }) }
		linked := func(p, q *puppet, want bool) {
			t.Helper()
			p.do(func(o ops) {
				l, _ := links(o)
				if slices.Contains(l, q.pid) != want || len(l) > 1 || len(l) == 1 != want {
					t.Errorf("%s: links %v; linked with %v: want %v", s.name, l, q.pid, want)
				}
			})
		}
		link(a, a)
		linked(a, a, false)
		unlink(a, a)
		for i, twice := range [][2]*puppet{{a, b}, {b, a}, {a, b}, {b, a}} {
			link(a, b)
			link(twice[0], twice[1])
			linked(a, b, true)
			linked(b, a, true)
			if i < 2 {
				unlink(a, b)
			} else {
				unlink(b, a)
			}
			linked(a, b, false)
			linked(b, a, false)
			unlink(b, a) // of what is not linked
		}
		link(a, b)
		link(b, a)
		a.end(errFault)
		b.hasExit(s.name, a.pid, errFault)
		b.nothing(s.name)
		b.end(Normal)
	}
}

// An unlinked process hears nothing of the other's end; an explicit exit signal does not ask for a link.
func TestUnlinkEndsWhatALinkDoes(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, s := range styles {
		for _, other := range []bool{false, true} {
			a, b := newPuppet(t, rt, s), newPuppet(t, rt, s)
			a.do(func(o ops) { _ = o.Link(b.pid) })
			from, to := a, b
			if other {
				from, to = b, a
			}
			from.do(func(o ops) { _ = o.Unlink(to.pid) })
			a.end(errFault)
			gone(t, rt, a.pid)
			stats(t, rt)
			b.nothing(s.name)
			watcher := newPuppet(t, rt, styles[0])
			ref := watcher.watches(b.pid)
			watcher.do(func(o ops) { _ = o.Exit(b.pid, errSecond) })
			watcher.hears(s.name, ref, b.pid, errSecond)
		}
	}
}
