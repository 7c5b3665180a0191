package proc

import (
	"fmt"
	"testing"
)

// watched spawns a process that ends when it gets a message, and has it end about now.
func watched(self *Self, rnd *random, opts ...SpawnOption) (pid PID, ref MonitorRef, err error) {
	pid, ref, err = self.SpawnMonitor(Of(func(c *Ctx, m Message) error { return errFault }), opts...)
	if err != nil {
		return pid, ref, err
	}
	switch rnd.below(3) {
	case 0:
		err = self.Send(pid, nil)
	case 1:
		err = self.Runtime().Send(pid, nil)
	case 2:
		err = self.Runtime().Exit(pid, errFault)
	}
	for range rnd.below(4) {
		self.Yield()
	}
	if rnd.below(10) == 0 {
		self.Blocking(func() {})
	} else if rnd.below(4) == 0 {
		self.ReceiveMatchTimeout(0, func(Message) bool { return false }) // has a core again, and passes over what there is
	}
	return pid, ref, err
}

// What Demonitor returns is exact, however it races with the end: after true there is no Down, after false exactly one (M07).
func TestDemonitorIsExact(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(100000, Reject)}} {
			rt := begin(t, Config{Workers: workers})
			downs := map[MonitorRef]int{}
			active, over := map[MonitorRef]bool{}, map[MonitorRef]bool{}
			demonitored := make(chan struct{})
			pid := direct(t, rt, func(self *Self) error {
				rnd := seeded(uint64(workers))
				for range scale(700) {
					pid, ref, err := watched(self, rnd)
					if err != nil {
						return err
					}
					refs := []MonitorRef{ref}
					for range rnd.below(3) {
						ref, _ := self.Monitor(pid)
						refs = append(refs, ref)
					}
					for _, ref := range refs {
						if self.Demonitor(ref) {
							active[ref] = true
						} else {
							over[ref] = true
						}
						if self.Demonitor(ref) {
							active[0] = true // a second time
						}
					}
				}
				close(demonitored)
				for {
					m := self.Receive()
					if m.Body == "report" {
						return nil
					}
					downs[m.Body.(Down).Monitor]++
				}
			}, opts...)
			await(t, "the rounds", demonitored)
			until(t, "all but one have ended", func() bool { return rt.count() == 1 })
			stats(t, rt)
			send(t, rt, pid, "report")
			gone(t, rt, pid)
			if active[0] {
				t.Error("Demonitor was in time twice")
			}
			for ref := range over {
				if downs[ref] != 1 {
					t.Errorf("%d workers: Demonitor was too late, and %d Downs came", workers, downs[ref])
				}
			}
			for ref := range downs {
				if !over[ref] {
					t.Errorf("%d workers: Demonitor was in time, and %d Downs came", workers, downs[ref])
				}
			}
			t.Logf("%d workers: %d in time, %d too late", workers, len(active), len(over))
			end(t, rt)
		}
	}
}

// After DemonitorFlush there is no Down, neither in the queue nor later; other messages stay, in order (M20).
func TestDemonitorFlushLeavesNoDown(t *testing.T) {
	for _, workers := range []int{1, 4} {
		for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(100000, Reject)}} {
			rt := begin(t, Config{Workers: workers})
			inside(t, rt, func(self *Self) error {
				rnd := seeded(uint64(workers))
				late, number, sent, kept := 0, 0, 0, map[MonitorRef]bool{}
				for range scale(700) {
					pid, ref, err := watched(self, rnd)
					if err != nil {
						return err
					}
					other, _ := self.Monitor(pid)
					kept[other] = true
					sent++
					_ = self.Send(self.PID(), sent)
					if rnd.below(3) == 0 { // puts what has come where messages that were passed over are
						self.ReceiveMatchTimeout(0, func(m Message) bool { return false })
					}
					if !self.DemonitorFlush(ref) {
						late++
					}
					if self.DemonitorFlush(ref) {
						return fmt.Errorf("was active still")
					}
					for rnd.below(3) == 0 {
						m, ok := self.ReceiveTimeout(0)
						if !ok {
							break
						}
						if err := flushed(m, kept, &number); err != nil {
							return err
						}
					}
				}
				for number < sent || len(kept) > 0 {
					if err := flushed(self.Receive(), kept, &number); err != nil {
						return err
					}
				}
				if i := self.Info(); i.Messages != 0 {
					return fmt.Errorf("%d messages are left", i.Messages)
				}
				t.Logf("%d workers: %d times there was something to flush", workers, late)
				return nil
			}, opts...)
			end(t, rt)
		}
	}
}

// flushed checks a message that DemonitorFlush has left: one of the kept monitors, or the next number.
func flushed(m Message, kept map[MonitorRef]bool, number *int) error {
	switch b := m.Body.(type) {
	case Down:
		if !kept[b.Monitor] {
			return fmt.Errorf("got %+v after DemonitorFlush", b)
		}
		delete(kept, b.Monitor)
	case int:
		if *number++; b != *number {
			return fmt.Errorf("got message %d in place of %d", b, *number)
		}
	}
	return nil
}

// The same for a state machine, whose mailbox is flushed in place: many Downs and messages wait while it is in one handler.
func TestDemonitorFlushInAMailbox(t *testing.T) {
	for _, s := range styles {
		rt := begin(t, Config{Workers: 2})
		p := newPuppet(t, rt, s)
		const n = 20
		var refs []MonitorRef
		for i := range n {
			a := newPuppet(t, rt, styles[0])
			refs = append(refs, p.watches(a.pid))
			send(t, rt, p.pid, i)
			a.end(errFault)
			if m := p.next(s.name); m.Body != i {
				t.Errorf("%s: got %+v", s.name, m)
			}
			if m := p.next(s.name); m.Body != (Down{Monitor: refs[i], PID: a.pid, Reason: errFault}) {
				t.Errorf("%s: got %+v", s.name, m)
			}
		}
		// Now the flush comes before the messages, which all wait already.
		watcher := newPuppet(t, rt, styles[0])
		var dying []*puppet
		refs = refs[:0]
		for range n {
			a := newPuppet(t, rt, styles[0])
			dying = append(dying, a)
			refs = append(refs, p.watches(a.pid))
			watcher.watches(a.pid)
		}
		let, flush := p.cork(true), make(chan struct{})
		send(t, rt, p.pid, order{done: flush, f: func(o ops) {
			for i, ref := range refs {
				if i%2 == 0 && o.DemonitorFlush(ref) && !s.detach {
					t.Errorf("%s: monitor %d was active", s.name, i)
				}
			}
		}})
		for i, a := range dying {
			send(t, rt, p.pid, i)
			a.end(errFault)
			watcher.next("after the other watcher")
		}
		let()
		await(t, "the flush", flush)
		for i := range dying {
			if m := p.next(s.name); m.Body != i {
				t.Errorf("%s: got %+v, want %d", s.name, m, i)
			}
			if i%2 == 0 {
				continue
			}
			if m := p.next(s.name); m.Body != (Down{Monitor: refs[i], PID: dying[i].pid, Reason: errFault}) {
				t.Errorf("%s: got %+v", s.name, m)
			}
		}
		p.nothing(s.name)
		p.do(func(o ops) {
			if i := o.Info(); i.Messages != 0 {
				t.Errorf("%s: %d messages are left", s.name, i.Messages)
			}
		})
		end(t, rt)
	}
}
