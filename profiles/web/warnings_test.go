package web

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/profiles"
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

// silent takes calls and never replies.
type silent struct{}

func (silent) Handle(*proc.Ctx, proc.Message) error { return nil }

// seen reads the processes until ofWaits, or what else find looks at, has a warning of the rule.
func seen(t *testing.T, rt *proc.Runtime, rule string, find func(*profiles.Reading) []Warning) Warning {
	t.Helper()
	s := profiles.NewSampler(rt)
	for deadline := time.Now().Add(time.Minute); ; {
		r, err := s.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range find(r) {
			if w.Rule == rule {
				return w
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no warning of %q", rule)
		}
	}
}

func waits(r *profiles.Reading) []Warning { return ofWaits(r, 1) }

func TestWarningOfAProcessThatNeverReplies(t *testing.T) {
	rt := begin(t)
	mute, err := rt.Spawn(func() proc.Machine { return silent{} }, proc.WithName("mute"))
	if err != nil {
		t.Fatal(err)
	}
	between, err := rt.Go(func(self *proc.Self) error {
		self.Receive()
		_, err := self.Call(mute, 1, proc.Forever)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Go(func(self *proc.Self) error {
		_, err := self.Call(between, 1, proc.Forever)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w := seen(t, rt, "no reply", waits)
	if w.PID != mute.String() || w.Count != 1 || !strings.Contains(w.Text, "mute") || !strings.Contains(w.Text, between.String()) {
		t.Errorf("the one at the end of the chain is to be named, with who waits for it: %+v", w)
	}
	r, err := profiles.NewSampler(rt).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if w := waits(r); len(w) != 0 {
		t.Errorf("after a first reading, which tells nothing of how long: %+v", w)
	}
}

func TestWarningOfProcessesThatWaitForEachOther(t *testing.T) {
	rt := begin(t)
	var pids [3]proc.PID
	ready := make(chan struct{})
	for i := range pids {
		pid, err := rt.Go(func(self *proc.Self) error {
			self.Blocking(func() { <-ready })
			_, err := self.Call(pids[(i+1)%len(pids)], i, proc.Forever)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		pids[i] = pid
	}
	close(ready)
	until := func(r *profiles.Reading) []Warning {
		w := waits(r)
		if len(w) > 0 && w[0].Count < len(pids) {
			return nil // the third has not been seen to wait twice
		}
		return w
	}
	w := seen(t, rt, "deadlock", until)
	for _, pid := range pids {
		if !strings.Contains(w.Text, pid.String()) {
			t.Errorf("%v is not told of: %s", pid, w.Text)
		}
	}
	if w.Count != len(pids) || !strings.Contains(w.Text, "which waits for the first") {
		t.Errorf("%+v", w)
	}
}

func TestWarningOfAProcessThatSendsToItself(t *testing.T) {
	rt := begin(t)
	busy := func(c *proc.Ctx, _ proc.Message) error { return c.Send(c.Self(), nil) }
	loop, err := rt.Spawn(proc.Of(busy), proc.WithName("loop"))
	if err != nil {
		t.Fatal(err)
	}
	var pair [2]proc.PID // two that keep each other busy are no such thing
	for i := range pair {
		if pair[i], err = rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error { return c.Send(m.Body.(proc.PID), c.Self()) })); err != nil {
			t.Fatal(err)
		}
	}
	_ = rt.Send(pair[0], pair[1])
	_ = rt.Send(loop, nil)
	defer func() { // or the end of the runtime would wait for them
		for _, pid := range []proc.PID{loop, pair[0], pair[1]} {
			_ = rt.Exit(pid, proc.Kill)
		}
	}()
	w := seen(t, rt, "to itself", ofProcesses)
	if w.PID != loop.String() || w.Count != 1 || !strings.Contains(w.Text, "5 readings in a row") {
		t.Errorf("%+v", w)
	}
}
