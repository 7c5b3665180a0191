package bench

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// signal is the body of the messages that steer a workload: they are told from
// its traffic, whose body is nil, by one comparison, and travel without
// allocation.
type signal struct{ name string }

var (
	start = &signal{"start"}
	stop  = &signal{"stop"}
	pause = &signal{"pause"}
)

// system is a Thrum runtime for one round, with the state of the program before
// it, to which the program must return.
type system struct {
	*trial
	rt         *proc.Runtime
	goroutines int
	gomaxprocs int
	began      time.Time
	sampler    *sampler           // nil: nobody watches
	guests     func() (begun int) // ends the use of the runtime by those who look at it; nil: nobody does
	looked     uint64             // processes that they have begun
	closed     bool
	final      proc.Stats // when closed
}

// start brings up a runtime. Whoever calls it must call close.
func (t *trial) start() (*system, error) {
	return t.startLogging(&crashLog{trial: t})
}

// startLogging is start with another logger.
func (t *trial) startLogging(h slog.Handler) (*system, error) {
	s := &system{trial: t, goroutines: runtime.NumGoroutine(), gomaxprocs: runtime.GOMAXPROCS(0), began: time.Now()}
	rt, err := proc.New(proc.Config{Workers: t.p.Workers, Logger: slog.New(h)})
	if err != nil {
		return nil, fmt.Errorf("bench: starting a runtime with %d workers: %w", t.p.Workers, err)
	}
	s.rt = rt
	s.sample()
	if t.look != nil && t.look.runtime != nil {
		s.guests = t.look.runtime(rt)
	}
	return s, nil
}

// factory wraps f's processes in the round's fault, if it has one.
func (t *trial) factory(f proc.Factory) proc.Factory {
	if t.faulty == nil {
		return f
	}
	return func() proc.Machine { return t.faulty(f()) }
}

// spawn starts a process whose only machine is m. Workloads never restart a
// process, and want to read its state when the runtime is gone.
func (s *system) spawn(m proc.Machine, opts ...proc.SpawnOption) (proc.PID, error) {
	pid, err := s.rt.Spawn(s.factory(func() proc.Machine { return m }), opts...)
	if err != nil {
		return 0, fmt.Errorf("bench: spawning a process: %w", err)
	}
	return pid, nil
}

// direct starts a process in direct style. The round's fault does not reach it: it
// breaks what state machines get.
func (s *system) direct(f func(*proc.Self) error) (proc.PID, error) {
	pid, err := s.rt.Go(f)
	if err != nil {
		return 0, fmt.Errorf("bench: spawning a process: %w", err)
	}
	return pid, nil
}

// send steers a process from outside.
func (s *system) send(to proc.PID, sig *signal) error {
	if err := s.rt.Send(to, sig); err != nil {
		s.failf("steering", "cannot send %s: %v", sig.name, err)
		return errBroken
	}
	return nil
}

// await waits until done is closed. It gives up when the round is interrupted,
// when a check fails, and when nothing has happened for the round's patience: then
// a message or a wake-up was lost.
func (s *system) await(done <-chan struct{}) error {
	return s.watch(done, func() bool { return false }, "messages wait for ever")
}

// awaitSpan is await for what a round measures: it returns the instants at which that
// began and ended, which may be read when done is closed.
func (s *system) awaitSpan(done <-chan struct{}, begin, end *int64) (int64, int64, error) {
	if err := s.await(done); err != nil {
		return 0, 0, err
	}
	return *begin, *end, nil
}

// watch waits for done or for over to be true, looking every millisecond at first
// and ever less often.
func (s *system) watch(done <-chan struct{}, over func() bool, stuck string) error {
	var last uint64
	moved := time.Now()
	pause := time.Millisecond
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		if over() {
			return nil
		}
		select {
		case <-done:
			return s.ctx.Err() // when interrupted, the work may be called done although it is not
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-s.broken:
			return errBroken
		case <-timer.C:
		}
		var st proc.Stats
		s.rt.ReadStats(&st)
		if now := st.Messages + st.Spawned + st.Exited; now != last {
			last, moved = now, time.Now()
		} else if time.Since(moved) > s.patience {
			s.failf("progress", "%s: nothing was handled for %v, with %d processes, %d messages handled, %d queued, %d parks, %d wakes",
				stuck, s.patience, st.Processes, st.Messages, st.QueueLen, st.Parks, st.Wakes)
			return errBroken
		}
		pause = min(pause*5/4, 50*time.Millisecond)
		timer.Reset(pause)
	}
}

// drain waits until every process has ended, shuts the runtime down, and checks
// that nothing is left: no process, no dead letter, no goroutine, GOMAXPROCS as it
// had been. Afterwards final holds exact statistics.
func (s *system) drain() error {
	s.alone() // their processes are not to be taken for what the workload has left behind
	if err := s.drained(); err != nil {
		return err
	}
	for pid := range s.rt.Processes() {
		s.failf("drain", "process %v is still listed although the count is 0", pid)
		break
	}
	s.close()
	// Answers to those who looked are dead letters too when they come late.
	if s.final.DeadLetters != 0 && s.looked == 0 {
		s.failf("drain", "%d dead letters, none was to be", s.final.DeadLetters)
	}
	if s.final.Processes != 0 {
		s.failf("drain", "%d processes are counted after the end", s.final.Processes)
	}
	if s.failed() {
		return errBroken
	}
	return nil
}

// drained waits until every process has ended.
func (s *system) drained() error {
	var st proc.Stats
	return s.watch(nil, func() bool {
		s.rt.ReadStats(&st)
		return st.Processes == 0
	}, "processes do not end")
}

// alone ends the use of the runtime by those who look at it.
func (s *system) alone() {
	if s.guests != nil {
		s.looked = uint64(s.guests())
		s.guests = nil
	}
}

// close ends the runtime, if that has not been done. After a round that came to
// its end it checks that the program is as it was before.
func (s *system) close() {
	if s.closed {
		return
	}
	s.closed = true
	s.sampler.end()
	s.alone()
	limit := s.patience
	clean := s.ctx.Err() == nil && !s.failed()
	if !clean {
		limit = min(limit, 100*time.Millisecond) // nothing will drain any more; end it
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	err := s.rt.Shutdown(ctx)
	s.rt.ReadStats(&s.final)
	s.scheduler = schedulerDetails(&s.final, time.Since(s.began))
	s.final.Spawned -= s.looked
	s.final.Exited -= s.looked
	if !clean {
		return
	}
	if err != nil {
		s.failf("shutdown", "%v", err)
	}
	if now := runtime.GOMAXPROCS(0); now != s.gomaxprocs {
		s.failf("shutdown", "GOMAXPROCS is %d, it was %d before the runtime", now, s.gomaxprocs)
	}
	s.goroutinesLeft(s.goroutines, "shutdown")
}

// goroutinesLeft checks that no more goroutines are there than before. They may
// take a moment to end.
func (t *trial) goroutinesLeft(before int, where string) {
	if t.uncounted {
		return
	}
	until := time.Now().Add(t.patience)
	pause := 50 * time.Microsecond
	for runtime.NumGoroutine() > before {
		if time.Now().After(until) {
			t.failf(where, "%d goroutines are left, %d were there before", runtime.NumGoroutine(), before)
			return
		}
		time.Sleep(pause)
		pause = min(2*pause, 10*time.Millisecond)
	}
}

// crashLog turns crash reports into violations: no process of a workload may
// crash. Everything less than an error is not the workload's business. In a round that
// was interrupted processes may end because others have; a panic is still a panic.
type crashLog struct {
	trial *trial
	attrs string
}

func (l *crashLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (l *crashLog) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	b.WriteString(l.attrs)
	panicked := false
	r.Attrs(func(a slog.Attr) bool {
		if _, ok := a.Value.Any().(*proc.Panic); ok {
			panicked = true
		}
		if a.Key != "stack" {
			fmt.Fprintf(&b, " %s", a)
		}
		return true
	})
	if panicked || l.trial.ctx.Err() == nil {
		l.trial.failf("log", "%s", b.String())
	}
	return nil
}

func (l *crashLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *l
	for _, a := range attrs {
		next.attrs += " " + a.String()
	}
	return &next
}

func (l *crashLog) WithGroup(string) slog.Handler { return l }
