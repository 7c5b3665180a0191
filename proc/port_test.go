package proc

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/thrum-go/thrum/mpsc"
)

func TestRuntimeCallHonoursItsContext(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	got := make(chan Caller, 10)
	silent := handler(t, rt, func(c *Ctx, m Message) error {
		k, _ := c.Caller()
		got <- k
		return nil
	})
	over, cancelOver := context.WithCancel(t.Context())
	cancelOver()
	past, cancelPast := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelPast()
	for want, ctx := range map[error]context.Context{context.Canceled: over, ErrTimeout: past} {
		if _, err := rt.Call(ctx, silent, 1); !errors.Is(err, want) {
			t.Errorf("a context that is done: %v, want %v", err, want)
		}
		if len(got) > 0 {
			t.Error("a call with a context that is done has been sent")
		}
	}
	soon, cancelSoon := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancelSoon()
	_, err := rt.Call(soon, silent, 1)
	if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a deadline: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := rt.Call(ctx, silent, 1)
		result <- err
	}()
	until(t, "the call is there", func() bool { return info(t, rt, silent).Calls == 1 })
	cancel()
	if err := await(t, "the end of the call", result); !errors.Is(err, context.Canceled) || errors.Is(err, ErrTimeout) {
		t.Errorf("cancelled: %v", err)
	}
	until(t, "the callee is told", func() bool { return info(t, rt, silent).Calls == 0 })
	if s := stats(t, rt); s.DeadLetters != 0 {
		t.Errorf("%d dead letters", s.DeadLetters)
	}
}

// Shutdown ends every call: with the callee's reason, or when its handler does not return, with ErrShutdown. Later ones are refused.
func TestShutdownEndsCallsOfGoroutines(t *testing.T) {
	base := runtime.NumGoroutine()
	rt, err := New(Config{Workers: 2, Logger: (&records{}).logger()})
	if err != nil {
		t.Fatal(err)
	}
	silent := handler(t, rt, ignore)
	in, hold := make(chan struct{}), make(chan struct{})
	stuck := handler(t, rt, func(c *Ctx, m Message) error {
		in <- struct{}{}
		c.Blocking(func() { <-hold })
		return nil
	})
	type end struct {
		what string
		err  error
	}
	ends := make(chan end, 4)
	calls := func(what string, f func() error) { go func() { ends <- end{what, f()} }() }
	call := func(to PID) func() error {
		return func() error {
			_, err := rt.Call(context.Background(), to, 1)
			return err
		}
	}
	calls("callee stuck", call(stuck))
	await(t, "the handler that blocks", in)
	calls("callee ends", call(silent))
	calls("wait", func() error {
		reason, err := rt.Wait(context.Background(), silent)
		if err != nil {
			return err
		}
		return reason
	})
	calls("wait for the stuck", func() error {
		_, err := rt.Wait(context.Background(), stuck)
		return err
	})
	until(t, "all of them wait", func() bool {
		i := info(t, rt, silent)
		l := rt.ports.list.Load()
		return i.Calls == 1 && len(i.MonitoredBy) == 1 && l != nil && len(*l) == cap(ends)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := rt.Shutdown(ctx); err == nil {
		t.Error("Shutdown did not say that a handler has not returned")
	}
	want := map[string]error{"callee stuck": ErrShutdown, "wait for the stuck": ErrShutdown, "callee ends": Shutdown, "wait": Shutdown}
	for range cap(ends) {
		e := await(t, "the end of a wait", ends)
		if !errors.Is(e.err, want[e.what]) {
			t.Errorf("%s: %v, want %v", e.what, e.err, want[e.what])
		}
	}
	if _, err := rt.Call(t.Context(), silent, 1); !errors.Is(err, ErrShutdown) {
		t.Errorf("a call afterwards: %v", err)
	}
	for what, f := range map[string]func() error{
		"Wait":  func() error { reason, err := rt.Wait(context.Background(), silent); return errors.Join(reason, err) },
		"Alive": func() error { _, err := rt.Alive(context.Background(), silent); return err },
	} {
		if err := f(); err != nil && !errors.Is(err, ErrShutdown) && !errors.Is(err, NoProc) {
			t.Errorf("%s afterwards: %v", what, err)
		}
	}
	close(hold)
	leftover(t, base)
}

// Sixty-four goroutines call as fast as they can: each gets its own reply to each call.
func TestNoReplyIsLostOrSwapped(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		const callers = 64
		n := scale(1000)
		if workers != 2 {
			n /= 5
		}
		var callees []PID
		for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(callers, Reject)}} {
			callees = append(callees, handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) }, opts...))
		}
		callees = append(callees, direct(t, rt, func(self *Self) error {
			for {
				if err := self.Reply(self.Receive().Body); err != nil {
					return err
				}
			}
		}))
		over := make(chan error, callers)
		for g := range callers {
			go func() {
				var err error
				for i := 0; i < n && err == nil; i++ {
					req := g<<32 | i
					var v any
					if v, err = rt.Call(t.Context(), callees[(g+i)%len(callees)], req); err == nil && v != req {
						err = fmt.Errorf("caller %d, call %d: reply %v, want %v", g, i, v, req)
					}
				}
				over <- err
			}()
		}
		for range callers {
			if err := await(t, "a caller", over); err != nil {
				t.Error(err)
			}
		}
		if n := len(*rt.ports.list.Load()); n > callers*(1+len(rt.outside.stripes)) {
			t.Errorf("%d ports for %d callers", n, callers)
		}
	}
}

// A port is used again, and a late answer for the one who waited there before is dropped, whatever the number of times it has been used.
func TestPortNeverGetsAnOldAnswer(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	got := make(chan Caller, 1)
	callee := handler(t, rt, func(c *Ctx, m Message) error {
		k, _ := c.Caller()
		got <- k
		return nil
	})
	over := make(chan outcome, 1)
	call := func() (k Caller, giveUp context.CancelFunc) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			v, err := rt.Call(ctx, callee, 1)
			over <- outcome{v, err}
		}()
		return await(t, "the call", got), cancel
	}
	seen := map[PID]bool{}
	var old []Caller
	again := 0
	for i := range 1000 {
		if i == 500 { // the generations go round
			for _, p := range *rt.ports.list.Load() {
				p.state.Store((mpsc.MaxGen - 2) << 1)
			}
			clear(seen)
			old = nil
		}
		k, giveUp := call()
		if seen[k.pid] {
			t.Fatalf("the port %v is used again under the same PID", k.pid)
		}
		seen[k.pid] = true
		for _, o := range old {
			if uint64(o.pid)&maxIndex == uint64(k.pid)&maxIndex {
				again++
			}
			if err := rt.ReplyTo(o, "old"); err != nil {
				t.Fatal(err)
			}
		}
		old = append(old, k)
		if i%2 == 0 {
			giveUp()
			if o := await(t, "the end of the call", over); !errors.Is(o.err, context.Canceled) || o.v != nil {
				t.Fatalf("a call that was given up: %+v", o)
			}
			continue
		}
		if err := rt.ReplyTo(k, "new"); err != nil {
			t.Fatal(err)
		}
		if o := await(t, "the end of the call", over); o.v != "new" || o.err != nil {
			t.Fatalf("call %d: %+v", i, o)
		}
		giveUp()
	}
	if again == 0 {
		t.Error("no port was used again")
	}
	if n := len(*rt.ports.list.Load()); n > (2*portBatch+1)*len(rt.outside.stripes) {
		t.Errorf("%d ports for one caller at a time", n)
	}
}
