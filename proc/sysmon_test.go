package proc

import (
	"strings"
	"testing"
	"time"
)

// events is a system monitor's Func that keeps what it is told.
func events(t *testing.T, rt *Runtime, m SystemMonitor) <-chan SystemEvent {
	t.Helper()
	ch := make(chan SystemEvent, 1000)
	m.Func = func(e SystemEvent) { ch <- e }
	if _, err := rt.SetSystemMonitor(&m); err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestSystemMonitorReportsLongTurns(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	ch := events(t, rt, SystemMonitor{LongTurn: 20 * time.Millisecond})
	quick := handler(t, rt, ignore)
	slow := handler(t, rt, func(c *Ctx, m Message) error {
		for end := rt.since() + 25*time.Millisecond; rt.since() < end; {
			pass(rt, 0) // the clock is read after a tick
		}
		return nil
	})
	for range 100 {
		send(t, rt, quick, nil)
	}
	send(t, rt, slow, nil)
	for range 100 {
		send(t, rt, quick, nil)
	}
	e := await(t, "a report of the long turn", ch)
	for e.PID != slow { // on a slow machine others may have been long as well
		e = await(t, "a report of the long turn", ch)
	}
	if e.Kind != LongTurn || e.For < 20*time.Millisecond || e.Type != "proc.Func" {
		t.Errorf("event %+v", e)
	}
}

// A long queue is reported once, and again only after it has been short.
func TestSystemMonitorReportsLongQueuesWithHysteresis(t *testing.T) {
	for name, opts := range map[string][]SpawnOption{"": nil, "bounded": {WithMailboxBound(5000, Reject)}} {
		rt := begin(t, Config{Workers: 1})
		ch := events(t, rt, SystemMonitor{LongQueue: 1000, LowQueue: 100})
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			switch {
			case m.Word == 1:
				for range 3000 {
					c.Send(c.Self(), nil)
				}
			case m.Body != nil:
				close(m.Body.(chan bool))
			}
			// The clock is read now and then only; here it is to be at every message.
			for end := time.Now().Add(25 * time.Microsecond); time.Now().Before(end); {
			}
			return nil
		}, opts...)
		for range 2 {
			if err := rt.SendWord(pid, nil, 1); err != nil {
				t.Fatal(err)
			}
			long := await(t, "a report of the long queue", ch)
			short := await(t, "a report of its end", ch)
			if long.Kind != LongQueue || long.Messages <= 1000 || long.PID != pid || short.Kind != ShortQueue || short.Messages > 100 || short.PID != pid {
				t.Errorf("%s: events %+v, %+v", name, long, short)
			}
			done := make(chan bool)
			send(t, rt, pid, done)
			await(t, "the queue is empty", done)
			if len(ch) > 0 {
				t.Errorf("%s: one event too many: %+v", name, <-ch)
			}
		}
		end(t, rt)
	}
}

func TestSystemMonitorReportsStuckHandlersByMessage(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Millisecond})
	got := make(chan Message, 10)
	to := handler(t, rt, func(c *Ctx, m Message) error { got <- m; return nil })
	m := SystemMonitor{Stuck: true, To: to}
	if _, err := rt.SetSystemMonitor(&m); err != nil {
		t.Fatal(err)
	}
	k := newCork(t, rt, false)
	e, ok := await(t, "a message", got).Body.(SystemEvent)
	if !ok || e.Kind != StuckHandler || e.PID != k.pid || e.For <= 0 {
		t.Errorf("event %+v", e)
	}
	if old, err := rt.SetSystemMonitor(nil); err != nil || old.To != to {
		t.Errorf("the old one: %+v, %v", old, err)
	}
	k.drain(t)
}

func TestSystemMonitorRefusesBadInput(t *testing.T) {
	rt, other := begin(t, Config{Workers: 1}), begin(t, Config{Workers: 1})
	foreign := handler(t, other, ignore)
	f := func(SystemEvent) {}
	for part, m := range map[string]SystemMonitor{
		"LongTurn is 5µs":    {LongTurn: 5 * time.Microsecond, Func: f},
		"LongQueue is -1":    {LongQueue: -1, Func: f},
		"LowQueue is 10":     {LongQueue: 10, LowQueue: 10, Func: f},
		"set To or Func":     {Stuck: true},
		"of another runtime": {Stuck: true, To: foreign},
	} {
		if _, err := rt.SetSystemMonitor(&m); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%+v: %v does not say %q", m, err, part)
		}
	}
	if m, err := rt.SetSystemMonitor(nil); m != nil || err != nil {
		t.Errorf("a refused monitor is in use: %+v, %v", m, err)
	}
}

func TestHibernateKeepsWhatIsInUse(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	got := make(chan any, 10)
	other := handler(t, rt, func(c *Ctx, m Message) error { return Normal })
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		switch m.Body {
		case "begin":
			for range 20 {
				ref, _ := c.Monitor(other)
				c.Demonitor(ref)
			}
			c.TrapExit(true)
			c.Link(other)
			c.Monitor(other)
			c.Hibernate()
			return c.rt.Send(other, nil)
		default:
			got <- m.Body
			if _, ok := m.Body.(Down); ok {
				c.Hibernate()
				got <- c.p.cold.ties == nil && c.p.cold.talk == nil
			}
		}
		return nil
	})
	send(t, rt, pid, "begin")
	if e, ok := await(t, "the exit", got).(Exit); !ok || e.From != other {
		t.Errorf("got %+v", e)
	}
	if d, ok := await(t, "the end", got).(Down); !ok || d.PID != other {
		t.Errorf("got %+v", d)
	}
	if empty := await(t, "whether it is empty", got); empty != true {
		t.Error("nothing is given back")
	}
	_ = rt.Exit(pid, Kill)
}
