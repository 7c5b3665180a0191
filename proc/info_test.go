package proc

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

func info(t *testing.T, rt *Runtime, pid PID) Info {
	t.Helper()
	got := make(chan Info, 1)
	go func() {
		i, err := rt.Info(pid)
		if err != nil {
			t.Errorf("Info: %v", err)
		}
		got <- i
	}()
	return await(t, "Info", got)
}

func TestInfoOfAWaitingProcess(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(200, DropNewest)}, {WithPriority(PriorityLow)}} {
		rt := begin(t, Config{Workers: 2})
		pid := spawn(t, rt, func() Machine { return plain{} }, opts...)
		var o spawnOptions
		for _, opt := range opts {
			o, _ = opt.apply(o)
		}
		want := Info{PID: pid, Type: "proc.plain", Status: Waiting, Priority: o.priority, Bound: o.bound}
		stats(t, rt)
		for range 5 {
			got := info(t, rt, pid)
			until(t, "it waits", func() bool { // on a slow machine it may be seen at work on the question itself
				if got.Status == Running {
					got = info(t, rt, pid)
				}
				return got.Status != Running
			})
			if got.Reductions, got.Memory = 0, 0; !reflect.DeepEqual(got, want) {
				t.Errorf("Info: %+v, want %+v", got, want)
			}
		}
		before := info(t, rt, pid).Reductions
		for range 100 {
			send(t, rt, pid, nil)
		}
		stats(t, rt)
		if after := info(t, rt, pid).Reductions; after < before+100 || after > before+300 {
			t.Errorf("%d reductions, after 100 messages %d", before, after)
		}
	}
}

func TestInfoOfARunnableProcess(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	pid := handler(t, rt, ignore)
	other := handler(t, rt, ignore)
	for _, last := range []PID{other, pid} { // it makes no difference who was on the worker last
		send(t, rt, last, nil)
		stats(t, rt)
		got := make(chan Info, 1)
		rt.sched.OnCore(0, func(w *sched.Worker) {
			c, p := w.Local.(*Ctx), rt.table.find(pid)
			for range 3 {
				_ = c.deliver(p, pid, 0, unordered, Message{})
			}
			got <- c.info(p)
		})
		if i := await(t, "Info", got); i.Status != Runnable || i.Messages != 3 {
			t.Errorf("Info: %+v, want three messages, runnable", i)
		}
		stats(t, rt)
	}
}

func TestInfoOfARunningProcess(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(9, Reject)}} {
		rt := begin(t, Config{Workers: 1, StuckAfter: time.Minute}) // a machine that stands still makes nobody stuck
		got := make(chan Info, 10)
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			if m.Body == "report" {
				for range 4 {
					c.Send(c.Self(), nil)
				}
				c.Consume(100)
				got <- c.Info()
			}
			return nil
		}, opts...)
		send(t, rt, pid, "report")
		i := await(t, "Ctx.Info", got)
		if i.PID != pid || i.Status != Running || i.Messages != 4 || i.Reductions < 101 || i.Type != "proc.Func" {
			t.Errorf("Info: %+v", i)
		}
	}
}

func TestInfoOfABusyProcessReturns(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	selfish(t, rt)
	selfish(t, rt, WithMailboxBound(5, Reject))
	for range scale(100) {
		for pid := range rt.Processes() {
			if i := info(t, rt, pid); i.Status == Waiting && i.Messages > 0 || i.Status == Stuck && i.Messages > 0 {
				t.Errorf("Info: %+v", i)
			}
		}
	}
	shutdownSoon(t, rt)
}

func TestInfoOfAStuckProcess(t *testing.T) {
	for _, blocking := range []bool{false, true} {
		rt := begin(t, Config{Workers: 1, StuckAfter: time.Millisecond})
		k := newCork(t, rt, blocking)
		if i := info(t, rt, k.pid); !reflect.DeepEqual(i, Info{PID: k.pid, Type: "proc.Func", Status: Stuck}) {
			t.Errorf("Info: %+v", i)
		}
		k.drain(t)
		if i := info(t, rt, k.pid); i.Status != Waiting {
			t.Errorf("Info after it has returned: %+v", i)
		}
	}
}

// Many ask while the process works and ends: each gets an answer, and the process sees nothing of it.
func TestInfoWhileAProcessEnds(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	letters := watch(rt)
	for i := range scale(100) {
		var opts []SpawnOption
		if i%2 == 1 {
			opts = append(opts, WithMailboxBound(100, Reject))
		}
		n := 0
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			if _, internal := m.Body.(*signal); internal || m.From.isSignal() {
				t.Error("a signal came to the handler")
			}
			if n++; n == 20 {
				return Normal
			}
			return nil
		}, opts...)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for {
					i, err := rt.Info(pid)
					if errors.Is(err, ErrNoProc) {
						return
					}
					if err != nil || i.PID != pid {
						t.Errorf("Info: %+v, %v", i, err)
						return
					}
				}
			})
		}
		for range 20 {
			send(t, rt, pid, nil)
		}
		all.Wait()
	}
	if s := stats(t, rt); s.DeadLetters != 0 || len(letters()) != 0 || s.Messages != uint64(20*scale(100)) {
		t.Errorf("%d dead letters, watched %v; %d messages handled, want %d", s.DeadLetters, letters(), s.Messages, 20*scale(100))
	}
}

func TestStatusNames(t *testing.T) {
	for s, want := range map[Status]string{Waiting: "waiting", Runnable: "runnable", Running: "running", Stuck: "stuck", 9: "Status(9)"} {
		if s.String() != want {
			t.Errorf("%v, want %s", s, want)
		}
	}
}

func TestProcessesYieldsEveryLivingProcessOnce(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	var want []PID
	for i := range 5000 { // more than a slab
		pid := handler(t, rt, func(*Ctx, Message) error { return Normal })
		if i%3 == 0 {
			send(t, rt, pid, nil)
		} else {
			want = append(want, pid)
		}
	}
	stats(t, rt)
	got := slices.Sorted(rt.Processes())
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d processes, want %d", len(got), len(want))
	}
	n := 0
	for range rt.Processes() {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d processes before break", n)
	}
}

// What lives from before to after is seen, whatever begins and ends meanwhile, and nothing is seen twice.
func TestProcessesWhileOthersBeginAndEnd(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	stay := map[PID]bool{}
	for range 300 {
		stay[handler(t, rt, ignore)] = true
	}
	done := make(chan struct{})
	breeder := handler(t, rt, func(c *Ctx, m Message) error {
		select {
		case <-done:
			return Normal
		default:
		}
		for range 20 {
			child, err := c.Spawn(Of(func(*Ctx, Message) error { return Normal }))
			if err != nil {
				return err
			}
			c.Send(child, nil)
		}
		return c.Send(c.Self(), nil)
	})
	send(t, rt, breeder, nil)
	for range scale(200) {
		seen := map[PID]bool{}
		for pid := range rt.Processes() {
			if seen[pid] || pid.gen() == 0 || uint64(pid)>>mpsc.GenShift == 0 {
				t.Fatalf("%v twice, or nonsense", pid)
			}
			seen[pid] = true
		}
		for pid := range stay {
			if !seen[pid] {
				t.Fatalf("%v was not seen", pid)
			}
		}
	}
	close(done)
	gone(t, rt, breeder)
}
