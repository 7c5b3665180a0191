package proc

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// voices are a sender's streams to every receiver.
func (p *parley) voices(from PID) (vs []*voice) {
	for _, e := range p.ears {
		vs = append(vs, &voice{from: from, to: e.pid, ear: e})
	}
	return vs
}

// straight is a sender in direct style.
func (p *parley) straight(self *Self, vs []*voice, n int, rnd *random) error {
	for range n {
		p.act(self, rnd)
		v := vs[rnd.below(len(vs))]
		var err error
		switch k := rnd.below(16); k {
		case 0, 1, 2, 3, 4, 5, 6, 7:
			err = v.say(k%4, self)
		case 8, 9, 10, 11:
			err = v.tie(self, rnd)
		case 12, 13:
			var i Info
			if i, err = self.InfoOf(v.to, Forever); err == nil {
				err = p.seen(i, self.PID(), v.linked, len(v.monitors))
			}
		case 14:
			if !self.Alive(v.to) {
				err = p.fail("a receiver is not alive")
			}
		case 15:
			v.sent++
			var r any
			if r, err = self.Call(v.to, word{v, v.sent}, Forever); err == nil && (r != v.sent || v.got != v.sent) {
				err = p.fail("reply %v to call %d; %d were handled", r, v.sent, v.got)
			}
		}
		if err != nil {
			return p.fail("%v", err)
		}
	}
	p.left.Done()
	self.Receive() // its links stay until the end
	return nil
}

// shout is a sender that is a goroutine.
func (p *parley) shout(vs []*voice, n int, rnd *random) {
	defer p.left.Done()
	for range n {
		v := vs[rnd.below(len(vs))]
		var err error
		switch k := rnd.below(10); k {
		case 8:
			v.sent++
			var r any
			if r, err = p.rt.Call(context.Background(), v.to, word{v, v.sent}); err == nil && (r != v.sent || v.got != v.sent) {
				err = p.fail("reply %v to call %d; %d were handled", r, v.sent, v.got)
			}
		case 9:
			var lives bool
			if lives, err = p.rt.Alive(context.Background(), v.to); err == nil && !lives {
				err = p.fail("a receiver is not alive")
			}
		default:
			err = v.say(k%4, p.rt)
		}
		if err != nil {
			p.fail("%v", err)
			return
		}
	}
}

// run has three senders of each kind send n signals each.
func (p *parley) run(t *testing.T, cfg Config, n int) {
	t.Helper()
	p.t, p.rt = t, begin(t, cfg)
	for i := range 6 {
		p.listen(i)
	}
	var all [][]*voice
	for i := range 3 {
		p.left.Add(3)
		m := &mouth{parley: p, rnd: seeded(uint64(i)), n: n, asked: map[RequestID]func(Reply) error{}}
		pid := spawn(t, p.rt, func() Machine { return m })
		m.voices = p.voices(pid)
		send(t, p.rt, pid, nil)

		talk := make(chan []*voice, 1)
		pid = direct(t, p.rt, func(self *Self) error { return p.straight(self, <-talk, n, seeded(uint64(10+i))) })
		straight := p.voices(pid)
		talk <- straight
		outside := p.voices(0)
		go p.shout(outside, n, seeded(uint64(20+i)))
		all = append(all, m.voices, straight, outside)
	}
	over := make(chan struct{})
	go func() { p.left.Wait(); close(over) }()
	until(t, "the senders are done", func() bool {
		select {
		case <-over:
			return true
		default:
			return p.failed.Load() != nil
		}
	})
	if f := p.failed.Load(); f != nil {
		t.Fatal(*f)
	}
	if s := stats(t, p.rt); s.DeadLetters != 0 || s.Rejected != 0 || s.Dropped != 0 {
		t.Errorf("%d dead letters, %d rejected, %d dropped", s.DeadLetters, s.Rejected, s.Dropped)
	}
	end(t, p.rt)
	for _, vs := range all {
		for i, v := range vs {
			if v.got != v.sent {
				t.Errorf("receiver %d: %d signals of %d came", i, v.got, v.sent)
			}
		}
	}
	if f := p.failed.Load(); f != nil {
		t.Error(*f)
	}
	t.Logf("%d answers with Info", p.infos.Load())
}

// Signals of all kinds from one sender to one receiver take effect in the order in which they were sent: messages by PID, by name
// and to an alias, exit signals, calls, links, unlinks, monitors, demonitors, questions for Info and whether it lives; from machines,
// processes in direct style and goroutines, to machines and processes in direct style, some with bounded mailboxes; while all of
// them move between workers, and lose them.
func TestSignalsOfAllKindsKeepTheOrderOfTheirPair(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			new(parley).run(t, Config{Workers: workers}, scale(3000))
		})
	}
}

func TestSignalsOfAllKindsKeepTheirOrderWhileHandlersAreStuck(t *testing.T) {
	(&parley{sleeps: true}).run(t, Config{Workers: 4, StuckAfter: time.Millisecond}, scale(2000))
}
