package proc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
)

// confessor is a machine that adds to the report of its crash.
type confessor struct {
	faulty
	asked chan error
	say   func(reason error) []slog.Attr
}

func (x *confessor) CrashReport(reason error) []slog.Attr {
	if len(x.ended) > 0 {
		x.asked <- errors.New("CrashReport was called after Terminate")
	}
	x.asked <- reason
	return x.say(reason)
}

// A crash report has what the machine adds to it, asked once, before Terminate; who does not crash is not asked.
func TestMachineAddsToItsCrashReport(t *testing.T) {
	for _, f := range faults {
		if len(f.reports) != 1 || f.machine.terminate != nil {
			continue
		}
		for _, detach := range []bool{false, true} {
			var log records
			rt := begin(t, Config{Workers: 1, Logger: log.logger()})
			x := &confessor{f.machine, make(chan error, 10), func(reason error) []slog.Attr {
				return []slog.Attr{slog.String("of", reason.Error()), slog.Int("state", 7)}
			}}
			x.detach, x.ended = detach, make(chan error, 10)
			pid := spawn(t, rt, func() Machine { return x })
			_ = rt.Send(pid, nil)
			gone(t, rt, pid)
			answers(t, rt)
			checkReports(t, &log, pid, "*proc.confessor", f.reports, f.stackFrom)
			r := log.with("crashed")[0]
			if len(x.asked) != 1 || r["state"].Int64() != 7 || r["of"].String() != r["reason"].String() {
				t.Errorf("%s: asked %d times, the report is %v", f.name, len(x.asked), r)
			}
			end(t, rt)
		}
	}
	for name, reason := range map[string]error{"Normal": Normal, "Shutdown": Shutdown, "wrapped Shutdown": fmt.Errorf("x: %w", Shutdown), "kill": nil} {
		rt := begin(t, Config{Workers: 1})
		x := &confessor{faulty{handle: func() error { return reason }, ended: make(chan error, 1)}, make(chan error, 10), func(error) []slog.Attr { return nil }}
		pid := spawn(t, rt, func() Machine { return x })
		send(t, rt, pid, nil)
		_ = rt.Exit(pid, Kill)
		gone(t, rt, pid)
		if len(x.asked) > 0 {
			t.Errorf("%s: it was asked for a crash report", name)
		}
	}
}

// A panic while a report is made is noted in it, and changes nothing else.
func TestPanicInACrashReportIsNoted(t *testing.T) {
	for _, detach := range []bool{false, true} {
		var log records
		rt := begin(t, Config{Workers: 1, Logger: log.logger()})
		x := &confessor{faulty{handle: panicHere, ended: make(chan error, 10), detach: detach}, make(chan error, 10), func(error) []slog.Attr { panic("in the report") }}
		pid := spawn(t, rt, func() Machine { return x })
		watcher := newPuppet(t, rt, styles[0])
		watcher.watches(pid)
		send(t, rt, pid, nil)
		if d := watcher.next("the end").Body.(Down); !isPanic("the panic's value")(d.Reason) {
			t.Errorf("it has ended with %v", d.Reason)
		}
		checkReports(t, &log, pid, "*proc.confessor", []string{"the panic's value"}, "panicHere")
		if r := log.with("crashed")[0]; r["report_panicked"].String() != "in the report" {
			t.Errorf("the report is %v", r)
		}
		if len(x.ended) != 1 || !isPanic("the panic's value")(<-x.ended) {
			t.Error("Terminate was not called once with the panic")
		}
		answers(t, rt)
	}
}

// Logger returns the configured logger, or the program's as it is when asked.
func TestLoggerIsWhereTheRuntimeReports(t *testing.T) {
	var log records
	rt := begin(t, Config{Workers: 1, Logger: log.logger()})
	if rt.Logger() != rt.cfg.Logger || rt.Logger() == nil {
		t.Error("Logger is not Config.Logger")
	}
	rt.Logger().Info("from outside")
	if len(log.with("from outside")) != 1 {
		t.Error("a record has not come")
	}
	before := slog.Default()
	defer slog.SetDefault(before)
	other, err := New(Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if other.Logger() != before {
		t.Error("Logger is not slog.Default()")
	}
	slog.SetDefault(log.logger())
	if other.Logger() != slog.Default() || other.Logger() == before {
		t.Error("Logger is not slog.Default() as it is now")
	}
	pid := handler(t, other, func(*Ctx, Message) error { return errFault })
	send(t, other, pid, nil)
	if reason, err := other.Wait(context.Background(), pid); err != nil || reason != errFault && reason != NoProc {
		t.Errorf("it has ended with %v, %v", reason, err)
	}
	if n := len(log.with("crashed")); n != 1 {
		t.Errorf("%d reports in the program's log, want 1", n)
	}
	end(t, other)
}

// Self.Request and Self.Abandon do what those of a state machine do: one Reply for each request, none after Abandon has returned true, one
// after false.
func TestRequestsOfADirectProcessEndExactlyOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		rt := begin(t, Config{Workers: workers})
		echo := handler(t, rt, func(c *Ctx, m Message) error {
			if m.Body.(int)%3 == 0 {
				c.Blocking(func() {})
			}
			if m.Body.(int)%5 == 0 {
				return nil // no reply while it lives
			}
			_ = c.Reply(m.Body) // the caller may have given up
			return nil
		})
		inside(t, rt, func(self *Self) error {
			open, values := map[RequestID]bool{}, map[RequestID]int{}
			take := func(m Message) error {
				r, ok := m.Body.(Reply)
				if !ok || !open[r.Request] || r.Err != nil || r.Value != values[r.Request] {
					return fmt.Errorf("got %+v for %d", m, values[r.Request])
				}
				delete(open, r.Request)
				return nil
			}
			rnd := seeded(uint64(workers))
			for i := range scale(3000) {
				id, err := self.Request(echo, i, patience)
				if err != nil {
					return err
				}
				open[id], values[id] = true, i
				if rnd.below(3) == 0 {
					self.Yield()
				}
				if i%5 == 0 || rnd.below(2) == 0 {
					if self.Abandon(id) {
						delete(open, id)
					} else if i%5 == 0 {
						return fmt.Errorf("request %d, which nobody replies to, has ended", i)
					}
					if self.Abandon(id) {
						return fmt.Errorf("request %d was given up twice", i)
					}
				}
				for len(open) > 20 {
					if err := take(self.Receive()); err != nil {
						return err
					}
				}
			}
			for len(open) > 0 {
				if err := take(self.Receive()); err != nil {
					return err
				}
			}
			if i := self.Info(); i.Requests != 0 {
				return fmt.Errorf("%d requests are left", i.Requests)
			}
			if m, ok := self.ReceiveTimeout(0); ok {
				return fmt.Errorf("got %+v besides", m)
			}
			return nil
		})
		until(t, "nothing is left of the requests", func() bool { return info(t, rt, echo).Calls == 0 })
		end(t, rt)
	}
}
