package web

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func TestWarningsNameTheCulprit(t *testing.T) {
	rt := begin(t)
	gate, inside := make(chan struct{}), make(chan struct{})
	defer close(gate)
	blocked, err := rt.Start(t.Context(), proc.Of(func(*proc.Ctx, proc.Message) error {
		close(inside)
		<-gate
		return nil
	}), proc.WithName("blocked"))
	if err != nil {
		t.Fatal(err)
	}
	_ = rt.Send(blocked, nil)
	<-inside
	s := Handler(rt)
	for deadline := time.Now().Add(time.Minute); ; {
		w := getFrom(s, "/warnings?window=1ms")
		if body := w.Body.String(); strings.Contains(body, "stuck") && strings.Contains(body, "blocked "+blocked.String()) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not found: %s", w.Body)
		}
	}
}

// held is a process that holds its messages back.
type held struct{}

func (held) Handle(c *proc.Ctx, m proc.Message) error { return c.Postpone(m) }

func TestWarningsOfMailboxes(t *testing.T) {
	rt := begin(t)
	slow, err := rt.Start(t.Context(), func() proc.Machine { return held{} })
	if err != nil {
		t.Fatal(err)
	}
	full, err := rt.Start(t.Context(), func() proc.Machine { return held{} }, proc.WithMailboxBound(3, proc.DropNewest), proc.WithName("full"))
	if err != nil {
		t.Fatal(err)
	}
	gone, err := rt.Start(t.Context(), proc.Of(func(*proc.Ctx, proc.Message) error { return proc.Normal }))
	if err != nil {
		t.Fatal(err)
	}
	_ = rt.Send(gone, nil)
	if _, err := rt.Wait(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	var over atomic.Bool
	defer over.Store(true)
	wg.Go(func() {
		for !over.Load() {
			_ = rt.Send(gone, nil)
			runtime.Gosched()
		}
	})
	s := Handler(rt)
	wanted := map[string]string{
		"growing": slow.String(), "rejecting": "full ", "dead letters": "WatchDeadLetters",
	}
	var body string
	for deadline := time.Now().Add(time.Minute); len(wanted) > 0; {
		for range 100 {
			_ = rt.Send(slow, nil)
			_ = rt.Send(full, nil)
		}
		body = getFrom(s, "/warnings?window=20ms").Body.String()
		for rule, what := range wanted {
			for _, line := range strings.Split(body, "\n") {
				if strings.HasPrefix(line, rule) && strings.Contains(line, what) && strings.Contains(line, "the limit is") {
					delete(wanted, rule)
				}
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no warning of %v in\n%s", wanted, body)
		}
	}
}

func TestWarningOfAnUnbalancedWorker(t *testing.T) {
	at := time.Now()
	before := &Workers{Head: Head{At: at}}
	after := &Workers{Head: Head{At: at.Add(time.Second)}, Workers: []Counters{{Queue: 3}, {Queue: 500}, {Queue: 2}}}
	if w := ofWorkers(before, after); len(w) != 1 || !strings.Contains(w[0].Text, "worker 1 has 500 processes in its queue, the median is 3") {
		t.Errorf("%+v", w)
	}
	after.Total.Steals = 100
	if w := ofWorkers(before, after); len(w) != 0 {
		t.Errorf("although the others take from it: %+v", w)
	}
	after = &Workers{Head: Head{At: at.Add(time.Second)}, Workers: []Counters{{Queue: 60}, {Queue: 500}}}
	if w := ofWorkers(before, after); len(w) != 0 {
		t.Errorf("all are long: %+v", w)
	}
}
