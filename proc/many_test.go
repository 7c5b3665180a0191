package proc

import (
	"errors"
	"runtime"
	"sync"
	"testing"
)

// Runtimes beside each other share nothing: each has its processes, and refuses those of the others.
func TestSeveralRuntimesAtOnce(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	const n = 8
	var rts [n]*Runtime
	var pids [n]PID
	for i := range rts {
		rts[i] = begin(t, Config{Workers: 1 + i%3})
		pids[i] = handler(t, rts[i], ignore)
	}
	for i, rt := range rts {
		for k, pid := range pids {
			if err := rt.Send(pid, nil); (err == nil) != (i == k) || err != nil && !errors.Is(err, ErrWrongRuntime) {
				t.Errorf("runtime %d, PID of %d: %v", i, k, err)
			}
		}
	}
	var all sync.WaitGroup
	for i, rt := range rts {
		all.Go(func() {
			s := storm{each: scale(200), yield: 20, spend: 50}
			s.run(t, Config{Workers: 2}, 8, 2, nil)
		})
		if i%2 == 0 {
			end(t, rt) // the others go on
		}
	}
	for i, rt := range rts {
		if i%2 == 1 {
			answers(t, rt)
		}
	}
	all.Wait()
	for _, rt := range rts {
		end(t, rt)
	}
	if now := runtime.GOMAXPROCS(0); now != procs {
		t.Errorf("GOMAXPROCS is %d, was %d", now, procs)
	}
}

func TestAThousandRuntimesInSequence(t *testing.T) {
	procs, base := runtime.GOMAXPROCS(0), runtime.NumGoroutine()
	var last PID
	for range scale(1000) {
		rt := begin(t, Config{Workers: 2})
		pid := handler(t, rt, func(c *Ctx, m Message) error { return c.Send(c.Self(), nil) })
		if pid == last {
			t.Fatalf("%v also was a process of the runtime before", pid)
		}
		last = pid
		got := make(chan struct{})
		send(t, rt, handler(t, rt, func(*Ctx, Message) error { close(got); return Normal }), nil)
		await(t, "a message", got)
		end(t, rt)
	}
	leftover(t, base)
	if now := runtime.GOMAXPROCS(0); now != procs {
		t.Errorf("GOMAXPROCS is %d, was %d", now, procs)
	}
}
