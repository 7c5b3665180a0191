package proc

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A parley has senders send signals of every kind to receivers, each pair's numbered from one, so that the receivers can see whether they
// come in order; what leaves no message is asked for with Info, which is a signal as well.
type parley struct {
	t      testing.TB
	rt     *Runtime
	ears   []*ear
	failed atomic.Pointer[string]
	left   sync.WaitGroup // senders at work
	sleeps bool           // handlers get stuck now and then
	infos  atomic.Int64
}

func (p *parley) fail(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	p.failed.CompareAndSwap(nil, &text)
	return errors.New(text)
}

// ear is a receiver.
type ear struct {
	*parley
	pid   PID
	name  string
	alias Alias
	rnd   *random
}

// voice is what one sender sends to one receiver.
type voice struct {
	from, to PID
	ear      *ear
	sent     int // the sender's
	got      int // the receiver's
	linked   bool
	monitors []MonitorRef
}

// word is one of a voice's messages.
type word struct {
	v *voice
	n int
}

// took handles a message in the receiver.
func (e *ear) took(o ops, reply func(any) error, m Message) error {
	w, ok := m.Body.(word)
	if x, is := m.Body.(Exit); is {
		if x.From == 0 && e.rt.closed.Load() {
			return Shutdown
		}
		w, ok = x.Reason.(ExitValue).Value.(word)
	}
	if m.Body == "alias" {
		e.alias = o.Alias(AliasExplicit)
		return reply(nil)
	}
	if !ok || w.n != w.v.got+1 {
		return e.fail("signal %d of a pair came after %d: %+v", w.n, w.v.got, m)
	}
	if w.v.from != 0 && m.From != w.v.from {
		return e.fail("a signal from %v says that it is from %v", w.v.from, m.From)
	}
	w.v.got = w.n
	e.act(o, e.rnd)
	if err := reply(w.n); err != nil && err != ErrNoCaller {
		return e.fail("reply: %v", err)
	}
	return nil
}

// act does what makes processes move between workers and lose them.
func (p *parley) act(o ops, rnd *random) {
	switch rnd.below(100) {
	case 0, 1:
		o.Consume(4000)
	case 2:
		o.Blocking(runtime.Gosched)
	case 3:
		runtime.Gosched()
	case 4:
		_, _ = o.SetPriority(Priority(rnd.below(3)))
	case 5:
		if p.sleeps && rnd.below(10) == 0 {
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// listen starts a receiver.
func (p *parley) listen(i int) {
	e := &ear{parley: p, rnd: seeded(uint64(100 + i)), name: fmt.Sprint("ear ", i)}
	opts := []SpawnOption{WithTrapExit(), WithName(e.name)}
	if i%3 == 1 {
		opts = append(opts, WithMailboxBound(1<<20, Reject))
	}
	if i%2 == 0 {
		e.pid = handler(p.t, p.rt, func(c *Ctx, m Message) error { return e.took(c, c.Reply, m) }, opts...)
	} else {
		e.pid = direct(p.t, p.rt, func(self *Self) error {
			for {
				if err := e.took(self, self.Reply, self.Receive()); err != nil {
					return err
				}
			}
		}, opts...)
	}
	if _, err := p.rt.Call(context.Background(), e.pid, "alias"); err != nil {
		p.t.Fatal(err)
	}
	p.ears = append(p.ears, e)
}

// say sends the next of the signals that leave a message, in one of four ways.
func (v *voice) say(way int, o interface {
	Send(PID, any) error
	SendName(string, any) error
	SendAlias(Alias, any) error
	Exit(PID, error) error
}) error {
	v.sent++
	w := word{v, v.sent}
	switch way {
	case 0:
		return o.Send(v.to, w)
	case 1:
		return o.SendName(v.ear.name, w)
	case 2:
		return o.SendAlias(v.ear.alias, w)
	}
	return o.Exit(v.to, ExitValue{w})
}

// tie changes or makes a link or a monitor.
func (v *voice) tie(o ops, rnd *random) (err error) {
	switch k := rnd.below(4); {
	case k == 0 && v.linked:
		v.linked = false
		return o.Unlink(v.to)
	case k < 2:
		v.linked = true
		return o.Link(v.to)
	case k == 2 && len(v.monitors) > 0:
		i := rnd.below(len(v.monitors))
		if !o.Demonitor(v.monitors[i]) {
			return errors.New("Demonitor says that the receiver has ended")
		}
		v.monitors = slices.Delete(v.monitors, i, i+1)
	case len(v.monitors) < 20:
		var ref MonitorRef
		ref, err = o.Monitor(v.to)
		v.monitors = append(v.monitors, ref)
	}
	return err
}

// seen compares what the receiver says about itself with what the sender had made of it when it asked.
func (p *parley) seen(i Info, self PID, linked bool, monitors int) error {
	p.infos.Add(1)
	n := 0
	for _, pid := range i.MonitoredBy {
		if pid == self {
			n++
		}
	}
	if is := slices.Contains(i.Links, self); is != linked || n != monitors {
		return p.fail("Info says linked %v, monitored %d times; want %v and %d", is, n, linked, monitors)
	}
	return nil
}

// mouth is a sender that is a state machine.
type mouth struct {
	*parley
	voices []*voice
	rnd    *random
	n      int
	asked  map[RequestID]func(Reply) error
}

func (s *mouth) Handle(c *Ctx, m Message) error {
	if r, ok := m.Body.(Reply); ok {
		f := s.asked[r.Request]
		delete(s.asked, r.Request)
		if r.Err != nil || f == nil {
			return s.fail("reply %+v", r)
		}
		if err := f(r); err != nil {
			return err
		}
		return s.over()
	}
	for range 1 + s.rnd.below(30) {
		if s.n <= 0 {
			return s.over()
		}
		s.n--
		s.act(c, s.rnd)
		v := s.voices[s.rnd.below(len(s.voices))]
		var err error
		switch k := s.rnd.below(9); k {
		case 0, 1, 2, 3:
			err = v.say(k, c)
		case 4, 5:
			err = v.tie(c, s.rnd)
		case 6:
			var id RequestID
			self, linked, monitors := c.Self(), v.linked, len(v.monitors)
			id, err = c.RequestInfo(v.to, Forever)
			s.asked[id] = func(r Reply) error { return s.seen(r.Value.(Info), self, linked, monitors) }
		default:
			var id RequestID
			v.sent++
			n := v.sent
			id, err = c.Request(v.to, word{v, n}, Forever)
			s.asked[id] = func(r Reply) error {
				if r.Value != n {
					return s.fail("reply %v to request %d", r, n)
				}
				return nil
			}
		}
		if err != nil {
			return s.fail("%v", err)
		}
	}
	return c.Send(c.Self(), nil)
}

func (s *mouth) over() error {
	if s.n == 0 && len(s.asked) == 0 {
		s.left.Done()
		s.n = -1
	}
	return nil
}
