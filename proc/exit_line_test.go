package proc

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// A process that is killed ends with Killed, and so do all that are linked in a line to it, which do not trap exits: none of them gets a Kill, which nobody
// could trap. (OTP: signal_SUITE, kill2killed.)
func TestKillPassesOnAsKilledAlongALineOfLinks(t *testing.T) {
	for _, n := range []int{1, 2, 9, 10} {
		for _, own := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d, by itself %v", n, own), func(t *testing.T) {
				rt := begin(t, Config{Workers: 4})
				trapping := newPuppet(t, rt, styles[0], WithTrapExit())
				line := make([]*puppet, n)
				for i := range line {
					line[i] = newPuppet(t, rt, styles[i%len(styles)])
					if i > 0 {
						line[i].do(func(o ops) { _ = o.Link(line[i-1].pid) })
					}
				}
				last := line[n-1].pid
				trapping.do(func(o ops) { _ = o.Link(last) })
				stats(t, rt)
				if own {
					line[0].do(func(o ops) { _ = o.Exit(line[0].pid, Kill) })
				} else if err := rt.Exit(line[0].pid, Kill); err != nil {
					t.Fatal(err)
				}
				trapping.hasExit("the end of the line", last, Killed)
				trapping.nothing("all have ended")
			})
		}
	}
}

// A question for Info behind an exit signal of the same sender finds nobody, whatever the process is doing. (OTP: signal_SUITE,
// pending_exit_process_info.)
func TestInfoBehindAnExitSignalFindsNobody(t *testing.T) {
	for _, busy := range []bool{false, true} {
		rt := begin(t, Config{Workers: 2})
		asker := newPuppet(t, rt, styles[0])
		for range scale(300) {
			pid := handler(t, rt, func(c *Ctx, m Message) error {
				if m.Word < 20 {
					return c.SendWord(c.Self(), nil, m.Word+1)
				}
				return nil
			})
			if busy {
				send(t, rt, pid, nil)
			}
			asker.do(func(o ops) {
				if err := o.Exit(pid, errFault); err != nil {
					t.Errorf("Exit: %v", err)
				}
				if _, err := o.(*Ctx).RequestInfo(pid, Forever); err != nil {
					t.Errorf("RequestInfo: %v", err)
				}
			})
			m := asker.next("the answer")
			if r, ok := m.Body.(Reply); !ok || !errors.Is(r.Err, ErrNoProc) {
				t.Fatalf("busy %v: it is answered with %+v", busy, m.Body)
			}
		}
	}
}

// An exit signal that comes at the same time as a receive timeout ends the process with its reason: whichever is first. (OTP: process_SUITE,
// exit_and_timeout.)
func TestExitSignalBesideAReceiveTimeoutIsTheReason(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	watcher := newPuppet(t, rt, styles[0])
	for i := range scale(100) {
		due := make(chan struct{})
		var pid PID
		var err error
		if i%2 == 0 {
			pid, err = rt.Go(func(self *Self) error {
				close(due)
				for {
					self.ReceiveTimeout(time.Millisecond)
				}
			})
		} else {
			begun := false
			pid, err = rt.Spawn(Of(func(c *Ctx, m Message) error {
				if !begun {
					begun = true
					close(due)
				}
				return c.ReceiveTimeout(time.Millisecond)
			}))
			send(t, rt, pid, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		await(t, "the process begins", due)
		ref := watcher.watches(pid)
		until(t, "some time goes by", func() bool { return rt.sched.Now()%time.Millisecond > time.Duration(i)*10*time.Microsecond })
		if err := rt.Exit(pid, errFault); err != nil {
			t.Fatal(err)
		}
		watcher.hears("beside a timeout", ref, pid, errFault)
	}
}
