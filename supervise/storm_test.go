package supervise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// storm is a tree with very many workers. Each has a place, where it leaves its PID when it begins.
type storm struct {
	t      *testing.T
	rt     *proc.Runtime
	ctx    context.Context
	places []atomic.Uint64
	armed  atomic.Bool // Inits may fail

	replies, errs atomic.Int64
}

// stormy is one of its workers.
type stormy struct {
	s     *storm
	place int
}

func (m *stormy) Init(c *proc.Ctx) error {
	m.s.places[m.place].Store(uint64(c.Self()))
	if m.s.armed.Load() && rand.IntN(50) == 0 {
		return errBoom
	}
	return nil
}

func (m *stormy) Handle(c *proc.Ctx, msg proc.Message) error {
	switch b := msg.Body.(type) {
	case string:
		panic(b)
	case error:
		return b
	}
	return c.Reply(c.Self())
}

// endless are flags with which a supervisor restarts for ever.
func endless(s Strategy) Flags { return Flags{Strategy: s, Intensity: 1 << 40, Period: time.Hour} }

// tree returns the specs of the top supervisor, over n places, and how many supervisors there are under it: half of the places in pools, a
// quarter under supervisors with 50 children, the rest in groups of 5 that are two levels further down.
func (s *storm) tree(n int) (specs []Spec, supervisors int) {
	must := func(f proc.Factory, err error) proc.Factory {
		if err != nil {
			s.t.Fatal(err)
		}
		supervisors++
		return f
	}
	workers := func(from, n int) (specs []Spec) {
		for i := from; i < from+n; i++ {
			specs = append(specs, Spec{ID: fmt.Sprint(i), Factory: func() proc.Machine { return &stormy{s, i} }})
		}
		return specs
	}
	add := func(f proc.Factory) {
		specs = append(specs, Spec{ID: fmt.Sprint("s", len(specs)), Type: Supervisor, Factory: f})
	}
	for range 2 {
		add(must(New(endless(SimpleOneForOne), Spec{New: func(arg any) proc.Machine { return &stormy{s, arg.(int)} }})))
	}
	at := n / 2
	for ; at+50 <= n*3/4; at += 50 {
		add(must(New(endless(OneForOne), workers(at, 50)...)))
	}
	for at < n {
		var groups []Spec
		for _, strategy := range []Strategy{OneForAll, RestForOne, OneForAll, RestForOne} {
			k := min(5, n-at)
			groups = append(groups, Spec{ID: fmt.Sprint("g", at), Type: Supervisor, Factory: must(New(endless(strategy), workers(at, k)...))})
			at += k
		}
		add(must(New(endless(RestForOne), groups...)))
	}
	return specs, supervisors
}

// call calls the worker of a place. There must be a reply, or a reason why there is none.
func (s *storm) call(place int) bool {
	to := proc.PID(s.places[place].Load())
	v, err := s.rt.Call(s.ctx, to, nil)
	var crash *proc.Panic
	switch {
	case err == nil && v == to:
		s.replies.Add(1)
		return true
	case errors.Is(err, proc.ErrNoProc), errors.Is(err, proc.Killed), errors.Is(err, proc.Shutdown), errors.Is(err, errBoom), errors.As(err, &crash):
		s.errs.Add(1)
	default:
		s.t.Errorf("call of %v: %v, %v", to, v, err)
	}
	return false
}

func TestCrashStormLeavesTheTreeWhole(t *testing.T) {
	n, kills := 10_000, 100_000
	if raceDetector || testing.Short() {
		n, kills = 800, 4_000
	}
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	defer func() {
		if err := rt.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	}()
	s := &storm{t: t, rt: rt, ctx: ctx, places: make([]atomic.Uint64, n)}
	specs, supervisors := s.tree(n)
	k := rt.Client(ctx)
	top, err := Start(k, endless(OneForOne), specs)
	if err != nil {
		t.Fatal(err)
	}
	list, err := WhichChildren(k, top)
	if err != nil {
		t.Fatal(err)
	}
	for i, ch := range list {
		if i < len(list)-2 {
			continue
		}
		args := make([]any, 0, n/4)
		for place := (len(list) - 1 - i) * (n / 4); len(args) < n/4; place++ {
			args = append(args, place)
		}
		if _, err := StartDynamicMany(k, ch.PID, args); err != nil {
			t.Fatal(err)
		}
	}
	s.armed.Store(true)

	var killers, callers sync.WaitGroup
	over := make(chan struct{})
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					s.call(rand.IntN(n))
				}
			}
		})
		killers.Go(func() {
			for i := range kills / 4 {
				pid := proc.PID(s.places[rand.IntN(n)].Load())
				switch i % 4 {
				case 0, 1:
					_ = rt.Exit(pid, proc.Kill)
				case 2:
					_ = rt.Send(pid, "storm")
				case 3:
					_ = rt.Send(pid, errBoom)
				}
				if i%500 == 0 {
					list, err := WhichChildren(k, top)
					if err != nil {
						t.Error(err)
						return
					}
					_ = rt.Exit(list[rand.IntN(len(list)-2)].PID, proc.Kill) // not a pool, whose children would be lost
				}
				s.call(rand.IntN(n))
			}
		})
	}
	killers.Wait()
	close(over)
	callers.Wait()
	s.armed.Store(false)

	want := n + supervisors + 1
	whole := func() bool {
		alive := 0
		for range rt.Processes() {
			alive++
		}
		if alive != want {
			return false
		}
		for i := range n {
			if !s.call(i) {
				return false
			}
		}
		return true
	}
	for !whole() {
		if ctx.Err() != nil {
			alive := 0
			for range rt.Processes() {
				alive++
			}
			t.Fatalf("%d processes, want %d; %d replies, %d errors", alive, want, s.replies.Load(), s.errs.Load())
		}
	}
	if err := Stop(k, top, proc.Shutdown); err != nil {
		t.Fatal(err)
	}
	for pid := range rt.Processes() {
		t.Errorf("%v is left", pid)
	}
	t.Logf("%d replies, %d errors", s.replies.Load(), s.errs.Load())
}
