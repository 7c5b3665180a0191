package proc

import (
	"fmt"
	"testing"
)

// slowEnd is in its Terminate until it is let go.
type slowEnd struct{ inside, let chan struct{} }

func (s *slowEnd) Handle(*Ctx, Message) error { return errFault }
func (s *slowEnd) Terminate(c *Ctx, _ error) {
	c.Blocking(func() {
		close(s.inside)
		<-s.let
	})
}

// Nor is a process seen alive, after a signal that ends it, while it is in Terminate: the answer comes when that has returned.
func TestKilledProcessIsNeverSeenAliveInTerminate(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, reason := range []error{Kill, errFirst} {
		for _, inside := range []bool{false, true} { // that it is in Terminate already when the signal comes
			s := &slowEnd{make(chan struct{}), make(chan struct{})}
			pid, asker := spawn(t, rt, func() Machine { return s }), newPuppet(t, rt, styles[0])
			stats(t, rt)
			if inside {
				send(t, rt, pid, nil)
				await(t, "Terminate", s.inside)
			}
			alive := make(chan bool, 1)
			direct(t, rt, func(self *Self) error {
				_ = self.Exit(pid, reason)
				if !inside && reason != Kill {
					self.Blocking(func() { await(t, "Terminate", s.inside) })
				}
				_ = self.Send(asker.pid, "asking")
				alive <- self.Alive(pid)
				return nil
			})
			asker.next("the question")
			close(s.let)
			if await(t, "the answer", alive) {
				t.Errorf("%v, in Terminate %v: alive", reason, inside)
			}
		}
	}
}

// What a process has sent before it ended, also in Terminate, comes before its Exit and its Down.
func TestMessagesComeBeforeTheEndOfTheirSender(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			me := self.PID()
			for round := range scale(2000) {
				n := round % 50
				pid, err := self.Spawn(func() Machine { return &talkative{to: me, n: n, detach: round%3 == 0} }, WithLink(), WithMonitor(new(MonitorRef)))
				if err != nil {
					return err
				}
				_ = self.Send(pid, nil)
				for i := range n + 1 {
					if m := self.Receive(); m.Body != i || m.From != pid {
						return fmt.Errorf("round %d: got %+v, want %d", round, m, i)
					}
				}
				if m := self.Receive(); m.Body != (Exit{pid, errFault}) {
					return fmt.Errorf("round %d: got %+v", round, m)
				}
				if d, ok := self.Receive().Body.(Down); !ok || d.PID != pid || d.Reason != errFault {
					return fmt.Errorf("round %d: got %+v", round, d)
				}
			}
			return nil
		}, WithTrapExit())
		end(t, rt)
	}
}

// talkative sends n messages and ends; one more comes from its Terminate.
type talkative struct {
	to     PID
	n      int
	detach bool
}

func (s *talkative) Handle(c *Ctx, m Message) error {
	for i := range s.n {
		if s.detach && i == s.n/2 {
			c.Blocking(func() {})
		}
		_ = c.Send(s.to, i)
	}
	return errFault
}

func (s *talkative) Terminate(c *Ctx, _ error) { _ = c.Send(s.to, s.n) }

// Links and monitors made and unmade at random while processes end at random: at the end both sides agree, and nothing of the dead is left.
func TestNoLinkOrMonitorIsLeftAfterAStormOfDeaths(t *testing.T) {
	for seed := range uint64(4) {
		rt := begin(t, Config{Workers: 1 + int(seed)*2})
		const n = 40
		all := make([]*puppet, n)
		for i := range all {
			var opts []SpawnOption
			if i%2 == 0 {
				opts = append(opts, WithTrapExit())
			}
			all[i] = newPuppet(t, rt, styles[i%len(styles)], opts...)
			all[i].got = make(chan Message, 100000)
		}
		for i, p := range all {
			_ = rt.Send(p.pid, order{done: make(chan struct{}), f: func(o ops) { // it may have died of another's
				rnd := seeded(seed<<16 | uint64(i))
				var refs []MonitorRef
				for range scale(300) {
					other := all[rnd.below(n)].pid
					switch rnd.below(12) {
					case 0, 1, 2:
						_ = o.Link(other)
					case 3, 4:
						_ = o.Unlink(other)
					case 5, 6, 7, 8:
						ref, _ := o.Monitor(other)
						refs = append(refs, ref)
					case 9, 10:
						if len(refs) > 0 {
							o.Demonitor(refs[rnd.below(len(refs))])
						}
					case 11:
						if rnd.below(40) == 0 {
							_ = o.Exit(other, errFirst)
						}
					}
				}
				if i%9 == 1 {
					_ = o.Exit(p.pid, Kill)
				}
			}})
		}
		stats(t, rt)
		linked, watched := map[[2]PID]int{}, map[[2]PID]int{}
		for _, p := range all {
			if !rt.lives(p.pid) {
				continue
			}
			p.do(func(o ops) {
				l, unlinking := links(o)
				if unlinking != 0 {
					t.Errorf("%d unlinks are not acknowledged", unlinking)
				}
				for _, q := range l {
					if !rt.lives(q) {
						t.Errorf("%v is linked to %v, which has ended", p.pid, q)
					}
					linked[[2]PID{min(p.pid, q), max(p.pid, q)}]++
				}
				for _, m := range tiesOf(o).monitors.all() {
					if !rt.lives(m.pid) {
						t.Errorf("%v monitors %v, which has ended", p.pid, m.pid)
					}
					watched[[2]PID{p.pid, m.pid}]++
				}
				for w := range tiesOf(o).watchers.all() {
					watched[[2]PID{w.by, p.pid}]--
				}
			})
		}
		for pair, sides := range linked {
			if sides != 2 {
				t.Errorf("%v are linked on %d side", pair, sides)
			}
		}
		for pair, n := range watched {
			if n != 0 {
				t.Errorf("%v: %d monitors more than watchers", pair, n)
			}
		}
		end(t, rt)
	}
}
