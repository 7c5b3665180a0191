package proc

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// What others can see of the end of a process comes in one order: what it has sent, also in Terminate; then its Exit, its Down, and the end of
// calls to it, at each of which its name is free and it is dead for every operation. A timer that it has started for another comes; one
// that is aimed at it does not, and nobody in its slot gets it.
func TestEffectsOfAnEndComeInOrder(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			me := self.PID()
			var heirs []PID
			strays := make(chan Message, 1)
			for round := range scale(500) {
				s := scenario{
					handle: func(s subject, to PID, m Message) error {
						if m.Body != "end" {
							return nil // a call, which has no reply
						}
						if _, err := s.SendAfter(time.Microsecond, to, "timer"); err != nil {
							return err
						}
						if _, err := s.SendAfter(time.Duration(round%3)*200*time.Microsecond, s.Info().PID, "stray"); err != nil {
							return err
						}
						_ = s.Send(to, "first")
						return errFault
					},
					end: last,
				}
				f := func() Machine { return &styled{s, me} }
				if round%2 == 0 {
					f = s.line(me)
				}
				var ref MonitorRef
				pid, err := self.Spawn(f, WithLink(), WithMonitor(&ref), WithName("mortal"))
				if err != nil {
					return err
				}
				id, err := self.Request(pid, "call", Forever)
				if err != nil {
					return err
				}
				if _, err := self.SendAfter(time.Duration(round%5)*100*time.Microsecond, pid, "stray"); err != nil {
					return err
				}
				_ = self.Send(pid, "end")
				timer := false
				next := func() Message {
					m := self.Receive()
					if m.Body == "timer" && m.From == pid {
						timer = true
						m = self.Receive()
					}
					return m
				}
				for i, want := range []any{"first", "last", Exit{pid, errFault}, Down{Monitor: ref, PID: pid, Reason: errFault}, id} {
					m := next()
					r, reply := m.Body.(Reply)
					if !(m.From == pid && (m.Body == want || reply && r.Request == want && errors.Is(r.Err, errFault))) {
						return fmt.Errorf("round %d: got %+v, want %+v", round, m, want)
					}
					if i < 2 {
						continue
					}
					if who, ok := self.Whereis("mortal"); ok {
						return fmt.Errorf("round %d: at %+v the name is %v's", round, m, who)
					}
					if self.Alive(pid) || !errors.Is(self.Send(pid, nil), ErrNoProc) || rt.lives(pid) {
						return fmt.Errorf("round %d: at %+v it is alive", round, m)
					}
				}
				// Often in its slot.
				heir, err := self.Spawn(Of(func(_ *Ctx, m Message) error { strays <- m; return nil }))
				if err != nil {
					return err
				}
				heirs = append(heirs, heir)
				if !timer {
					if m := self.Receive(); m.Body != "timer" || m.From != pid {
						return fmt.Errorf("round %d: got %+v, want the timer", round, m)
					}
				}
				if m, ok := self.ReceiveTimeout(0); ok {
					return fmt.Errorf("round %d: got %+v besides", round, m)
				}
				if len(heirs) > 20 {
					_ = self.Exit(heirs[0], Kill)
					heirs = heirs[1:]
				}
			}
			self.Sleep(5 * time.Millisecond) // longer than the last stray timer takes
			if len(strays) > 0 {
				return fmt.Errorf("a process in a recycled slot got %+v", <-strays)
			}
			for _, heir := range heirs {
				_ = self.Exit(heir, Kill)
			}
			return nil
		}, WithTrapExit())
		end(t, rt)
	}
}
