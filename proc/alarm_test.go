package proc

import (
	"errors"
	"testing"
	"time"
)

// waiting is a machine that makes the calls it is told to, one after the other, and says how they end.
type waiting struct {
	began time.Duration
	over  chan waited
}

type waited struct {
	err  error
	took time.Duration
}

type ask struct {
	to        PID
	timeout   time.Duration
	hibernate bool
}

func (w *waiting) Handle(c *Ctx, m Message) error {
	a := m.Body.(ask)
	if a.hibernate {
		c.Hibernate()
	}
	w.began = c.rt.since()
	return c.Await(a.to, "question", a.timeout, func(c *Ctx, _ any, err error) error {
		w.over <- waited{err, c.rt.since() - w.began}
		return nil
	})
}

// A call's timeout is its own, whatever timeouts the calls before it had that were answered or were not; it is never early.
func TestTimeoutOfACallAfterOthers(t *testing.T) {
	for _, workers := range []int{1, 2} {
		rt := begin(t, Config{Workers: workers})
		answers := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(nil) })
		silent := handler(t, rt, func(c *Ctx, m Message) error { return nil })
		w := &waiting{over: make(chan waited, 1)}
		pid := spawn(t, rt, func() Machine { return w })
		for i, step := range []struct {
			timeout   time.Duration
			answered  bool
			hibernate bool
		}{
			{time.Hour, true, false},
			{alarmMin, true, false},                         // sooner than the alarm
			{time.Hour, true, false},                        // which now stays as it is
			{alarmMin + 200*time.Millisecond, false, false}, // and is set again
			{30 * time.Millisecond, false, false},           // too short to be taken over
			{time.Hour, true, false},                        //
			{40 * time.Millisecond, false, true},            // with the alarm given back
			{Forever, true, false},                          //
			{time.Minute, true, false},                      //
			{20 * time.Millisecond, false, false},           //
			{alarmMin, true, false},                         //
			{alarmMin, false, false},                        //
		} {
			to := silent
			if step.answered {
				to = answers
			}
			send(t, rt, pid, ask{to, step.timeout, step.hibernate})
			over := await(t, "the end of the call", w.over)
			if step.answered {
				if over.err != nil {
					t.Errorf("step %d: %v", i, over.err)
				}
				continue
			}
			if !errors.Is(over.err, ErrTimeout) {
				t.Errorf("step %d: %v, want ErrTimeout", i, over.err)
			}
			if over.took < step.timeout {
				t.Errorf("step %d: a timeout of %v came after %v", i, step.timeout, over.took)
			}
		}
	}
}

// A wait that began while the machine stood still counts from when it went on.
func TestTimeoutCountsFromNoEarlierThanTheCall(t *testing.T) {
	const timeout = 2 * alarmMin
	for _, c := range []struct{ stale, more time.Duration }{
		{0, 0}, {timeout / alarmPart, 0}, {timeout/alarmPart + 1, 1}, {time.Hour, time.Hour - timeout/alarmPart},
	} {
		a := alarm{end: 5*time.Second + timeout + timeout/alarmPart, spare: timeout / alarmPart}
		end := a.end
		for range 2 { // the second time there is nothing left to make up for
			a.reckon(func(at int64) time.Duration {
				if begun := time.Duration(at); begun < 5*time.Second || begun > 5*time.Second+alarmPart {
					t.Errorf("asked about %v", begun)
				}
				return c.stale
			})
			if a.end != end+c.more {
				t.Errorf("%v late: the wait ends %v later, want %v", c.stale, a.end-end, c.more)
			}
		}
	}
}

// The alarm of a call that is over says nothing to the process, nor to the next one in its slot.
func TestAlarmOfACallThatIsOverIsSilent(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour}) // handlers keep it, and look at what belongs to others there
	answers := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(nil) })
	w := &waiting{over: make(chan waited, 1)}
	for range 20 {
		pid := spawn(t, rt, func() Machine { return w })
		send(t, rt, pid, ask{to: answers, timeout: 5 * time.Millisecond})
		if over := await(t, "the reply", w.over); over.err != nil {
			if !errors.Is(over.err, ErrTimeout) {
				t.Fatal(over.err)
			}
			continue // the machine was busy
		}
		p := rt.table.find(pid)
		until(t, "the alarm has rung", func() bool {
			idle := make(chan bool, 1)
			sent := handler(t, rt, func(c *Ctx, m Message) error {
				idle <- p.cold.talk.await.alarm.timer.t == nil // this is the only worker
				return Normal
			})
			send(t, rt, sent, nil)
			return await(t, "a look", idle)
		})
		if err := rt.Exit(pid, Kill); err != nil {
			t.Fatal(err)
		}
		gone(t, rt, pid)
	}
}
