package proc

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
)

type meet struct{}

// meets returns when the other has got everything that this process has sent it before, and has answered it.
func meets(self *Self, other PID) {
	for range 2 { // the second time for what the other has sent in answer
		_ = self.Send(other, meet{})
		self.ReceiveMatch(func(m Message) bool { return m.Body == meet{} && m.From == other })
	}
}

// tangle links and unlinks at random.
func tangle(self *Self, other PID, rnd *random) {
	for range 1 + rnd.below(4) {
		switch rnd.below(7) {
		case 0, 1, 2:
			_ = self.Link(other)
		case 3, 4:
			_ = self.Unlink(other)
		case 5:
			self.Yield()
		case 6:
			self.Blocking(func() {})
		}
	}
}

// Two processes that link and unlink each other at the same time end up both linked or both not, with nothing left to wait
// for (erl_link_SUITE: otp_17127).
func TestLinksAndUnlinksThatCrossLeaveBothSidesAlike(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		var pairs sync.WaitGroup
		for seed := range uint64(4) {
			partner := make(chan PID, 2)
			for side := range uint64(2) {
				pairs.Go(func() {
					inside(t, rt, func(self *Self) error {
						partner <- self.PID()
						other := self.ReceiveMatch(func(m Message) bool { _, ok := m.Body.(PID); return ok }).Body.(PID)
						rnd := seeded(seed<<8 | side)
						for round := range scale(700) {
							tangle(self, other, rnd)
							meets(self, other)
							l, unlinking := links(self)
							mine := slices.Contains(l, other)
							if unlinking != 0 {
								return fmt.Errorf("round %d: %d unlinks were not acknowledged", round, unlinking)
							}
							_ = self.Send(other, mine)
							m := self.ReceiveMatch(func(m Message) bool { _, ok := m.Body.(bool); return ok })
							if theirs := m.Body.(bool); mine != theirs {
								return fmt.Errorf("round %d: this side is linked: %v, the other: %v", round, mine, theirs)
							}
						}
						_ = self.Unlink(other)
						meets(self, other)
						return nil
					}, WithTrapExit())
				})
			}
			a, b := await(t, "one side", partner), await(t, "the other side", partner)
			send(t, rt, a, b)
			send(t, rt, b, a)
		}
		pairs.Wait()
		end(t, rt)
	}
}

// After links and unlinks that cross, the end of one side is heard by the other if it thinks itself linked, and only then.
func TestAfterCrossingsExitsGoWhereThereIsALink(t *testing.T) {
	for _, workers := range []int{1, 4} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			rnd := seeded(uint64(workers))
			me := self.PID()
			for round := range scale(2000) {
				seed := rnd.Uint64()
				other, ref, err := self.SpawnMonitor(Direct(func(other *Self) error {
					tangle(other, me, seeded(seed))
					meets(other, me)
					return errFault
				}), WithTrapExit())
				if err != nil {
					return err
				}
				tangle(self, other, rnd)
				meets(self, other)
				// The other side is alike, so it may have ended: then the Exit is in the queue before the Down.
				l, _ := links(self)
				linked := slices.Contains(l, other)
				exits := 0
				for down := false; !down; {
					switch b := self.Receive().Body.(type) {
					case Exit:
						exits++
						if b != (Exit{other, errFault}) {
							return fmt.Errorf("round %d: got %+v", round, b)
						}
					case Down:
						if down = true; b != (Down{Monitor: ref, PID: other, Reason: errFault}) {
							return fmt.Errorf("round %d: got %+v", round, b)
						}
					}
				}
				if exits > 1 || linked && exits != 1 {
					return fmt.Errorf("round %d: %d exits, linked %v", round, exits, linked)
				}
			}
			if n := tiesOf(self).links.len(); n != 0 {
				return fmt.Errorf("%d links are left over", n)
			}
			return nil
		}, WithTrapExit())
		end(t, rt)
	}
}

// After Unlink has returned no Exit because of the link comes into the queue; one may be there.
func TestNoExitComesAfterUnlink(t *testing.T) {
	for _, workers := range []int{1, 4} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			rnd := seeded(1)
			early := 0
			for round := range scale(2000) {
				other, ref, err := self.SpawnMonitor(Of(func(c *Ctx, m Message) error { return errFault }), WithLink())
				if err != nil {
					return err
				}
				if rnd.below(2) == 0 {
					_ = self.Send(other, nil)
				} else {
					_ = self.Runtime().Send(other, nil)
				}
				for range rnd.below(4) {
					self.Yield()
				}
				if rnd.below(8) == 0 {
					self.Blocking(func() {})
				}
				if err := self.Unlink(other); err != nil {
					return err
				}
				isExit := func(m Message) bool { _, ok := m.Body.(Exit); return ok }
				if _, ok := self.ReceiveMatchTimeout(0, isExit); ok {
					early++
				}
				if m := self.Receive(); m.Body != (Down{Monitor: ref, PID: other, Reason: errFault}) { // links are told before monitors
					return fmt.Errorf("round %d: got %+v", round, m)
				}
				if m, ok := self.ReceiveTimeout(0); ok {
					return fmt.Errorf("round %d: got %+v", round, m)
				}
			}
			t.Logf("%d workers: the end came before Unlink %d times", workers, early)
			return nil
		}, WithTrapExit())
		end(t, rt)
	}
}

// shortlived are children that end as soon as they can.
var shortlived = []struct {
	name   string
	f      Factory
	reason error // nil for a panic
}{
	{"factory returns nil", func() Machine { return nil }, ErrFactory},
	{"factory panics", func() Machine { panic("the panic's value") }, nil},
	{"Init fails", func() Machine { return &faulty{init: func() error { return errFault }, ended: make(chan error, 1)} }, errFault},
	{"Init says Normal", func() Machine { return &faulty{init: normal, ended: make(chan error, 1)} }, Normal},
	{"returns at once", Direct(func(*Self) error { return nil }), Normal},
	{"fails at once", Direct(func(*Self) error { return errFault }), errFault},
	{"panics at once", Direct(func(*Self) error { panic("the panic's value") }), nil},
	{"exits at once", Direct(func(self *Self) error { return self.Exit(self.PID(), errFirst) }), errFirst},
	{"kills itself at once", Direct(func(self *Self) error { return self.Exit(self.PID(), Kill) }), Killed},
}

// Spawn with a link and a monitor is atomic: however soon the child ends, its parent gets exactly one Exit and one Down, with the real
// reason (M16, L09).
func TestSpawnLinkAndSpawnMonitorOfAChildThatEndsAtOnce(t *testing.T) {
	for _, workers := range []int{1, 4} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			for round := range scale(3000) {
				child := shortlived[round%len(shortlived)]
				if round%7 == 0 {
					self.Blocking(func() {})
				}
				var opts []SpawnOption
				if round%5 == 0 {
					opts = append(opts, WithName("child"))
				}
				var ref MonitorRef
				link, monitor := round/2%3 != 0, round/2%3 != 1
				if link {
					opts = append(opts, WithLink())
				}
				if monitor {
					opts = append(opts, WithMonitor(&ref))
				}
				pid, err := self.Spawn(child.f, opts...)
				if err != nil {
					return err
				}
				fits := func(reason error) bool {
					if child.reason == nil {
						return isPanic("the panic's value")(reason)
					}
					return reason == child.reason
				}
				if link {
					if x, ok := self.Receive().Body.(Exit); !ok || x.From != pid || !fits(x.Reason) {
						return fmt.Errorf("round %d, %s: got %+v", round, child.name, x)
					}
				}
				if monitor {
					if d, ok := self.Receive().Body.(Down); !ok || d.PID != pid || d.Monitor != ref || !fits(d.Reason) {
						return fmt.Errorf("round %d, %s: got %+v", round, child.name, d)
					}
				}
				if self.Alive(pid) {
					return errors.New("the child lives")
				}
				if m, ok := self.ReceiveTimeout(0); ok {
					return fmt.Errorf("round %d, %s: got %+v besides", round, child.name, m)
				}
			}
			if n := tiesOf(self); n.links.len() != 0 || n.monitors.len() != 0 {
				return fmt.Errorf("%d links and %d monitors are left over", n.links.len(), n.monitors.len())
			}
			return nil
		}, WithTrapExit())
		end(t, rt)
	}
}

// A parent that does not trap exits ends with its child, in whatever style it is written.
func TestParentThatDoesNotTrapExitsEndsWithItsChild(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	watcher := newPuppet(t, rt, styles[0])
	for _, s := range styles {
		for _, child := range shortlived {
			p := newPuppet(t, rt, s)
			ref := watcher.watches(p.pid)
			p.do(func(o ops) {
				if _, err := o.SpawnLink(child.f); err != nil {
					t.Errorf("Spawn: %v", err)
				}
			})
			when := s.name + ", " + child.name
			if child.reason == Normal {
				stats(t, rt)
				p.nothing(when)
				p.end(errFault)
				watcher.hears(when, ref, p.pid, errFault)
				continue
			}
			d, ok := watcher.next(when).Body.(Down)
			if !ok || d.Monitor != ref || child.reason != nil && d.Reason != child.reason || child.reason == nil && !isPanic("the panic's value")(d.Reason) {
				t.Errorf("%s: got %+v", when, d)
			}
		}
	}
}
