package proc

import (
	"errors"
	"fmt"
	"testing"
)

// reasons are exit reasons of every kind.
var reasons = []error{Normal, Kill, Killed, Shutdown, NoProc, ExitValue{"x"}, errFault, fmt.Errorf("wrapped: %w", Normal)}

// Erlang's table of exit/2 for another process, whoever sends the signal, in whatever style the receiver is written.
func TestExplicitExitFollowsErlangsTable(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	senders := map[string]func(to PID, reason error) (from PID){
		"goroutine": func(to PID, reason error) PID {
			if err := rt.Exit(to, reason); err != nil {
				t.Errorf("Exit: %v", err)
			}
			return 0
		},
	}
	for _, s := range styles {
		p := newPuppet(t, rt, s)
		senders[s.name] = func(to PID, reason error) PID {
			p.do(func(o ops) {
				if err := o.Exit(to, reason); err != nil {
					t.Errorf("Exit: %v", err)
				}
			})
			return p.pid
		}
	}
	watcher := newPuppet(t, rt, styles[0])
	for name, exit := range senders {
		for _, s := range styles {
			for _, trap := range []bool{false, true} {
				for _, reason := range reasons {
					when := fmt.Sprintf("%v from %s to %s, trapping %v", reason, name, s.name, trap)
					var opts []SpawnOption
					if trap {
						opts = append(opts, WithTrapExit())
					}
					p := newPuppet(t, rt, s, opts...)
					ref := watcher.watches(p.pid)
					from := exit(p.pid, reason)
					switch {
					case reason == Kill:
						watcher.hears(when, ref, p.pid, Killed)
					case trap:
						p.hasExit(when, from, reason)
						p.nothing(when)
					case reason == Normal:
						p.nothing(when)
					default:
						watcher.hears(when, ref, p.pid, reason)
					}
					if len(p.got) > 0 {
						t.Errorf("%s: got %+v besides", when, <-p.got)
					}
					if watcher.do(func(o ops) { o.Demonitor(ref) }); len(watcher.got) > 0 {
						t.Errorf("%s: its watcher got %+v", when, <-watcher.got)
					}
					_ = rt.Exit(p.pid, Kill)
				}
			}
		}
	}
}

func TestExitOfTheDeadDoesNothing(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	dead := newPuppet(t, rt, styles[0])
	dead.end(Normal)
	gone(t, rt, dead.pid)
	for _, s := range styles {
		for _, reason := range reasons {
			p := newPuppet(t, rt, s, WithTrapExit())
			p.do(func(o ops) {
				for _, pid := range []PID{dead.pid, 0} {
					if err := o.Exit(pid, reason); err != nil {
						t.Errorf("Exit: %v", err)
					}
				}
			})
			p.nothing("exit of a process that is dead")
			p.end(Normal)
		}
	}
	if err := rt.Exit(dead.pid, Kill); err != nil {
		t.Errorf("Runtime.Exit: %v", err)
	}
	if s := stats(t, rt); s.DeadLetters != 0 {
		t.Errorf("%d dead letters", s.DeadLetters)
	}
}

func TestExitRefusesWrongArguments(t *testing.T) {
	rt, other := begin(t, Config{Workers: 1}), begin(t, Config{Workers: 1})
	foreign := newPuppet(t, other, styles[0])
	try := func(how string, self PID, exit func(PID, error) error) {
		if err := exit(foreign.pid, Kill); !errors.Is(err, ErrWrongRuntime) {
			t.Errorf("%s of a process of another runtime: %v", how, err)
		}
		names(t, exit(self, nil), "reason", "Normal")
	}
	for _, s := range styles {
		p := newPuppet(t, rt, s)
		p.do(func(o ops) { try("Exit", p.pid, o.Exit) })
		p.nothing("refused exits")
		try("Runtime.Exit", p.pid, rt.Exit)
		p.nothing("refused exits")
	}
	foreign.nothing("refused exits")
}

// Erlang's table of exit/2 for oneself. When it ends the process, then before the call returns; deferred functions run, and
// recover has nothing to stop.
func TestExitOfOneselfFollowsErlangsTable(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, s := range styles {
		for _, trap := range []bool{false, true} {
			for _, reason := range reasons {
				when := fmt.Sprintf("%v to itself, %s, trapping %v", reason, s.name, trap)
				p, watcher := newPuppet(t, rt, s), newPuppet(t, rt, styles[0])
				ref := watcher.watches(p.pid)
				var returned, deferred bool
				var recovered any
				p.do(func(o ops) {
					o.TrapExit(trap)
					defer func() {
						deferred = true
						recovered = recover()
					}()
					func() {
						defer func() { _ = recover() }()
						if err := o.Exit(p.pid, reason); err != nil {
							t.Errorf("%s: %v", when, err)
						}
					}()
					returned = true
				})
				if !deferred || recovered != nil {
					t.Errorf("%s: deferred functions ran: %v; recovered %v", when, deferred, recovered)
				}
				if trap && reason != Kill {
					p.hasExit(when, p.pid, reason)
					p.nothing(when)
					p.end(Normal)
				} else {
					if returned {
						t.Errorf("%s: Exit has returned", when)
					}
					want := reason
					if reason == Kill {
						want = Killed
					}
					watcher.hears(when, ref, p.pid, want)
				}
				watcher.end(Normal)
			}
		}
	}
}

// quitter exits by itself in one of the places where it may.
type quitter struct {
	where  string
	detach bool
	reason error
	log    *[]string // what was called; the test reads it when the process has ended
}

func (q *quitter) at(c *Ctx, where string) {
	*q.log = append(*q.log, where)
	if q.where != where {
		return
	}
	if q.detach {
		c.Blocking(func() {})
	}
	defer func() { _ = recover() }()
	_ = c.Exit(c.Self(), q.reason)
	*q.log = append(*q.log, "returned from Exit")
}

func (q *quitter) Init(c *Ctx) error              { q.at(c, "Init"); return nil }
func (q *quitter) Handle(c *Ctx, m Message) error { q.at(c, "Handle"); return errFault }
func (q *quitter) Terminate(c *Ctx, reason error) {
	*q.log = append(*q.log, "told "+reason.Error())
	q.at(c, "Terminate")
}

func TestExitOfOneselfInInitHandleAndTerminate(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	told := func(reason error) string { return "told " + reason.Error() }
	for _, detach := range []bool{false, true} {
		for _, trap := range []bool{false, true} {
			for _, c := range []struct {
				where        string
				reason, want error
				log          []string
			}{
				{"Init", ExitValue{1}, ExitValue{1}, []string{"Init"}},
				{"Init", Normal, Normal, []string{"Init"}},
				{"Init", Kill, Killed, []string{"Init"}},
				{"Handle", ExitValue{1}, ExitValue{1}, []string{"Init", "Handle", told(ExitValue{1}), "Terminate"}},
				{"Handle", Normal, Normal, []string{"Init", "Handle", told(Normal), "Terminate"}},
				{"Handle", Kill, Killed, []string{"Init", "Handle"}}, // who is killed is not asked
				{"Terminate", ExitValue{1}, ExitValue{1}, []string{"Init", "Handle", told(errFault), "Terminate"}},
				{"Terminate", Normal, Normal, []string{"Init", "Handle", told(errFault), "Terminate"}},
				{"Terminate", Kill, Killed, []string{"Init", "Handle", told(errFault), "Terminate"}},
			} {
				when := fmt.Sprintf("%v in %s, detached %v, trapping %v", c.reason, c.where, detach, trap)
				if trap && c.reason != Kill {
					continue // its Exit returns; see above
				}
				watcher := newPuppet(t, rt, styles[0])
				var log []string
				var opts []SpawnOption
				if trap {
					opts = append(opts, WithTrapExit())
				}
				var ref MonitorRef
				var pid PID
				watcher.do(func(o ops) {
					var err error
					pid, ref, err = o.SpawnMonitor(func() Machine { return &quitter{c.where, detach, c.reason, &log} }, opts...)
					if err != nil {
						t.Errorf("Spawn: %v", err)
					}
				})
				_ = rt.Send(pid, nil)
				watcher.hears(when, ref, pid, c.want)
				if fmt.Sprint(log) != fmt.Sprint(c.log) {
					t.Errorf("%s: was called %q, want %q", when, log, c.log)
				}
				watcher.end(Normal)
			}
		}
	}
}

// A killed process is not asked; any other exit signal that ends it is told to Terminate, also a crash.
func TestTerminateIsToldTheReasonOfAnExitSignalUnlessItIsKill(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	for _, reason := range reasons[1:] {
		m := &faulty{ended: make(chan error, 2)}
		inited := make(chan struct{})
		m.init = func() error { close(inited); return nil }
		pid := spawn(t, rt, func() Machine { return m })
		await(t, "Init", inited)
		watcher := newPuppet(t, rt, styles[0])
		watcher.watches(pid)
		_ = rt.Exit(pid, reason)
		watcher.next("exit of " + pid.String())
		switch {
		case reason == Kill && len(m.ended) != 0:
			t.Errorf("Terminate of a killed process was called, with %v", <-m.ended)
		case reason != Kill && len(m.ended) != 1:
			t.Errorf("%v: Terminate was called %d times", reason, len(m.ended))
		case reason != Kill:
			if told := <-m.ended; told != reason {
				t.Errorf("Terminate was told %v, want %v", told, reason)
			}
		}
		watcher.end(Normal)
	}
}
