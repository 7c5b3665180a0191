package proc

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// witness is a machine that notes how it ends.
type witness struct {
	handled atomic.Int64
	reasons chan error
	handle  func(c *Ctx, m Message) error
}

func newWitness(handle func(c *Ctx, m Message) error) *witness {
	return &witness{reasons: make(chan error, 10), handle: handle}
}

func (w *witness) Handle(c *Ctx, m Message) error {
	w.handled.Add(1)
	return w.handle(c, m)
}
func (w *witness) Terminate(c *Ctx, reason error) { w.reasons <- reason }

func leftover(t *testing.T, base int) {
	t.Helper()
	until(t, "all goroutines are gone", func() bool { return runtime.NumGoroutine() <= base })
}

// Everything that was sent before is handled, and what it leads to; then each process sees Terminate once, with Shutdown, and
// nothing of the runtime is left.
func TestShutdownDrainsThenTerminates(t *testing.T) {
	procs, base := runtime.GOMAXPROCS(0), runtime.NumGoroutine()
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(10_000, Reject)}} {
		rt := begin(t, Config{Workers: 4})
		const n, chain = 20, 50
		var all []*witness
		var pids []PID
		for range n {
			w := newWitness(nil)
			w.handle = func(c *Ctx, m Message) error {
				if m.Word > 0 {
					return c.SendWord(pids[(int(m.Word)*7)%n], nil, m.Word-1)
				}
				return nil
			}
			all = append(all, w)
			pids = append(pids, spawn(t, rt, func() Machine { return w }, opts...))
		}
		for _, pid := range pids {
			for range 10 {
				if err := rt.SendWord(pid, nil, chain); err != nil {
					t.Fatal(err)
				}
			}
		}
		end(t, rt)
		handled := int64(0)
		for i, w := range all {
			handled += w.handled.Load()
			if len(w.reasons) != 1 {
				t.Fatalf("process %d: Terminate was called %d times", i, len(w.reasons))
			}
			if reason := <-w.reasons; reason != Shutdown {
				t.Errorf("process %d: reason %v", i, reason)
			}
		}
		if handled != n*10*(chain+1) {
			t.Errorf("%d messages were handled, want %d", handled, n*10*(chain+1))
		}
	}
	leftover(t, base)
	if now := runtime.GOMAXPROCS(0); now != procs {
		t.Errorf("GOMAXPROCS is %d, was %d", now, procs)
	}
}

func TestShutdownASecondTimeReturnsTheSame(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	handler(t, rt, ignore)
	results := make(chan error, 5)
	for range 5 {
		go func() { results <- rt.Shutdown(context.Background()) }()
	}
	for range 5 {
		if err := await(t, "Shutdown", results); err != nil {
			t.Error(err)
		}
	}
	if err := rt.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// A process that sends to itself for ever is never idle, so the drain does not end; but the process ends.
func TestShutdownEndsAProcessThatSendsToItselfForEver(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(10, DropOldest)}, {WithPriority(PriorityMax)}} {
		rt := begin(t, Config{Workers: 2})
		w := newWitness(func(c *Ctx, m Message) error {
			c.Send(c.Self(), nil)
			return nil
		})
		pid := spawn(t, rt, func() Machine { return w }, opts...)
		send(t, rt, pid, nil)
		until(t, "it has begun", func() bool { return w.handled.Load() > 0 })
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		half := make(chan struct{})
		go func() { // as if half of the time had gone
			until(t, "Shutdown has begun", rt.closed.Load)
			rt.signalAll(&signal{kind: sigExit, reason: Shutdown})
			close(half)
		}()
		if err := rt.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		cancel()
		<-half
		if len(w.reasons) != 1 || <-w.reasons != Shutdown {
			t.Error("Terminate was not called once with Shutdown")
		}
	}
}

// The same with nothing but Shutdown, whose context leaves it little time to drain.
func TestShutdownStopsDrainingInTime(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	selfish(t, rt)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := rt.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// Go cannot end a handler that does not return: Shutdown names the process and leaves it, and its goroutine ends when the
// handler is let go.
func TestShutdownNamesTheProcessWhoseHandlerDoesNotReturn(t *testing.T) {
	for _, blocking := range []bool{false, true} {
		for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(10, Reject)}} {
			t.Run(fmt.Sprintf("blocking=%v/options=%d", blocking, len(opts)), func(t *testing.T) {
				procs, base := runtime.GOMAXPROCS(0), runtime.NumGoroutine()
				rt := begin(t, Config{Workers: 2})
				other := newWitness(func(*Ctx, Message) error { return nil })
				spawn(t, rt, func() Machine { return other })
				k := newCork(t, rt, blocking, opts...)
				ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
				defer cancel()
				err := rt.Shutdown(ctx)
				var e *ShutdownError
				if !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("Shutdown: %v", err)
				}
				if len(e.Left) != 1 || e.Left[0] != (Left{k.pid, "proc.Func"}) || e.Offloads != 0 {
					t.Errorf("left: %+v", e)
				}
				for _, part := range []string{"proc: Shutdown", k.pid.String(), "proc.Func"} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%q does not name %q", err, part)
					}
				}
				if len(other.reasons) != 1 || <-other.reasons != Shutdown {
					t.Error("the other process did not end with Shutdown")
				}
				if again := rt.Shutdown(context.Background()); again != err {
					t.Errorf("a second Shutdown: %v", again)
				}
				if now := runtime.GOMAXPROCS(0); now != procs {
					t.Errorf("GOMAXPROCS is %d, was %d", now, procs)
				}
				close(k.let)
				leftover(t, base)
			})
		}
	}
}

func TestShutdownNamesAnOffloadThatDoesNotReturn(t *testing.T) {
	base := runtime.NumGoroutine()
	rt := begin(t, Config{Workers: 1})
	let, inside := make(chan struct{}), make(chan struct{})
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		return c.Offload(func() (any, error) { close(inside); <-let; return nil, nil })
	})
	send(t, rt, pid, nil)
	await(t, "the function", inside)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := rt.Shutdown(ctx)
	var e *ShutdownError
	if !errors.As(err, &e) || len(e.Left) != 0 || e.Offloads != 1 {
		t.Fatalf("Shutdown: %v", err)
	}
	close(let)
	leftover(t, base)
}

func TestShutdownWaitsForOffloadsAndTheirResults(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	let := make(chan struct{})
	got := false
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		if _, ok := m.Body.(OffloadResult); ok {
			got = true
			return nil
		}
		return c.Offload(func() (any, error) { <-let; return nil, nil })
	})
	send(t, rt, pid, nil)
	until(t, "the function runs", func() bool { return rt.offloads.Load() == 1 })
	go func() {
		until(t, "Shutdown has begun", rt.closed.Load)
		close(let)
	}()
	end(t, rt)
	if !got {
		t.Error("the result did not come")
	}
}

// Handlers that return late, but in time, are waited for; the drain counts them as work.
func TestShutdownWaitsForHandlersThatBlock(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Millisecond})
	k := newCork(t, rt, false)
	k.fill(t, 5, rt.SendWord)
	go func() {
		until(t, "Shutdown has begun", rt.closed.Load)
		time.Sleep(5 * time.Millisecond)
		close(k.let)
	}()
	end(t, rt)
	if len(k.arrived) != 5 {
		t.Errorf("%d of 5 messages were handled", len(k.arrived))
	}
}

// While Shutdown drains, processes may still spawn; once they are asked to end they may not, and outside nobody may.
func TestSpawnDuringShutdown(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	hold, inside := make(chan struct{}), make(chan struct{})
	var drained, ended atomic.Int32
	var late error
	child := newWitness(func(*Ctx, Message) error { drained.Add(1); return nil })
	w := &closer{
		handle: func(c *Ctx) error {
			close(inside)
			<-hold
			pid, err := c.Spawn(func() Machine { return child })
			if err != nil {
				return err
			}
			return c.Send(pid, nil)
		},
		terminate: func(c *Ctx) {
			ended.Add(1)
			_, late = c.Spawn(Of(ignore))
		},
	}
	send(t, rt, spawn(t, rt, func() Machine { return w }), nil)
	await(t, "the handler", inside)
	var all sync.WaitGroup
	all.Go(func() {
		until(t, "Shutdown has begun", rt.closed.Load)
		if _, err := rt.Spawn(Of(ignore)); !errors.Is(err, ErrShutdown) {
			t.Errorf("Runtime.Spawn during Shutdown: %v", err)
		}
		close(hold)
	})
	end(t, rt)
	all.Wait()
	if drained.Load() != 1 || len(child.reasons) != 1 {
		t.Errorf("the process spawned during the drain handled %d messages, Terminate was called %d times", drained.Load(), len(child.reasons))
	}
	if ended.Load() != 1 || !errors.Is(late, ErrShutdown) {
		t.Errorf("Terminate was called %d times; spawning there: %v", ended.Load(), late)
	}
}

type closer struct {
	handle    func(c *Ctx) error
	terminate func(c *Ctx)
}

func (x *closer) Handle(c *Ctx, m Message) error { return x.handle(c) }
func (x *closer) Terminate(c *Ctx, reason error) { x.terminate(c) }

// Everybody spawns and sends while Shutdown begins: each call works or is refused, and nothing hangs or is left.
func TestShutdownAgainstSpawnsAndSends(t *testing.T) {
	base := runtime.NumGoroutine()
	for range scale(30) {
		rt := begin(t, Config{Workers: 4})
		var all sync.WaitGroup
		var spawned atomic.Int64
		var life Factory
		life = Of(func(c *Ctx, m Message) error {
			if m.Word == 0 {
				return nil
			}
			pid, err := c.Spawn(life)
			if err != nil {
				return nil
			}
			return c.SendWord(pid, nil, m.Word-1)
		})
		for range 4 {
			all.Go(func() {
				for {
					if spawned.Load() > 1000 {
						runtime.Gosched() // enough to be in the way of Shutdown
					}
					pid, err := rt.Spawn(life)
					if err != nil {
						if !errors.Is(err, ErrShutdown) {
							t.Errorf("Spawn: %v", err)
						}
						return
					}
					spawned.Add(1)
					if err := rt.SendWord(pid, nil, 3); err != nil && !errors.Is(err, ErrShutdown) && !errors.Is(err, ErrNoProc) {
						t.Errorf("Send: %v", err)
					}
				}
			})
		}
		until(t, "some processes", func() bool { return spawned.Load() > 20 })
		end(t, rt)
		all.Wait()
	}
	leftover(t, base)
}

// A crash in Terminate during Shutdown is that process's matter.
func TestShutdownEndsProcessesThatCrashInTerminate(t *testing.T) {
	var log records
	rt := begin(t, Config{Workers: 2, Logger: log.logger()})
	for range 10 {
		spawn(t, rt, func() Machine { return &closer{nil, func(*Ctx) { panic("in Terminate") }} })
		spawn(t, rt, func() Machine { return &closer{nil, func(*Ctx) { runtime.Goexit() }} })
	}
	end(t, rt)
	if n := len(log.with("crashed")); n != 20 {
		t.Errorf("%d crash reports, want 20", n)
	}
}

// A context that is done lets nobody drain, but processes that are idle end, and nothing is left behind.
func TestShutdownWithADoneContext(t *testing.T) {
	base := runtime.NumGoroutine()
	rt := begin(t, Config{Workers: 2})
	for range 10 {
		handler(t, rt, ignore)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := rt.Shutdown(ctx); err != nil {
		var e *ShutdownError
		if !errors.As(err, &e) || !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown: %v", err)
		}
	}
	leftover(t, base)
}

// A stall is a timer that fires too late.
func TestAStallCostsAStepOfTheTimeAfterAKill(t *testing.T) {
	timers := make(chan chan time.Time)
	var sum time.Duration
	ctx, over := inKillGrace(func(d time.Duration) <-chan time.Time {
		sum += d
		c := make(chan time.Time)
		timers <- c
		return c
	})
	defer over()
	c := <-timers
	for range killSteps - 1 {
		c <- time.Now()
		c = <-timers // it goes on, however late it was
		if ctx.Err() != nil {
			t.Fatal("it is over before its last step")
		}
	}
	c <- time.Now()
	<-ctx.Done()
	if sum != killGrace {
		t.Errorf("the steps are %v, want %v", sum, killGrace)
	}
}

func TestShutdownOfARuntimeWithoutProcesses(t *testing.T) {
	base := runtime.NumGoroutine()
	end(t, begin(t, Config{}))
	leftover(t, base)
}
