package genevent_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
)

func TestTheNewestHandlerGetsAnEventFirst(t *testing.T) {
	w := begin(t)
	for _, n := range []string{"a", "b", "c"} {
		w.puppet(n, nil)
	}
	w.has("c", "b", "a")
	w.sync("x")
	w.says("c event x", "b event x", "a event x")
}

func TestNotifyFromEverySenderKeepsItsOrder(t *testing.T) {
	const senders, events = 6, 300
	w := begin(t)
	w.puppet("a", nil)
	var all sync.WaitGroup
	for s := range senders {
		all.Add(1)
		send := func(k genevent.Sender) {
			defer all.Done()
			for i := range events {
				if err := genevent.Notify(k, w.m, fmt.Sprintf("%d %d", s, i)); err != nil {
					t.Error(err)
				}
			}
		}
		var err error
		switch s % 3 {
		case 0:
			go send(w.rt)
		case 1:
			_, err = w.rt.Go(func(self *proc.Self) error { send(self); return nil })
		case 2:
			var pid proc.PID
			pid, err = w.rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error { send(c); return proc.Normal }))
			w.must(w.rt.Send(pid, "go"))
		}
		w.must(err)
	}
	all.Wait()
	w.sync("last")
	next := make([]int, senders)
	for _, l := range w.j.take() {
		var s, i int
		if n, _ := fmt.Sscanf(l, "a event %d %d", &s, &i); n != 2 {
			continue // last
		}
		if i != next[s] {
			t.Fatalf("event %d of sender %d came when %d was next", i, s, next[s])
		}
		next[s]++
	}
	if slices.Min(next) != events {
		t.Fatalf("of %d events each, there came %v", events, next)
	}
}

func TestSyncNotifyWaitsForEveryHandler(t *testing.T) {
	w := begin(t)
	reached, goOn := make(chan bool), make(chan bool)
	w.puppet("slow", func(p *puppet) {
		p.event = func(c *proc.Ctx, e string) error {
			c.Blocking(func() { reached <- true; <-goOn })
			return nil
		}
	})
	w.puppet("a", nil)
	done := make(chan error, 1)
	go func() { done <- genevent.SyncNotify(w.k, w.m, "x") }()
	<-reached
	select {
	case err := <-done:
		t.Fatalf("SyncNotify returned %v while a handler was at work", err)
	default:
	}
	goOn <- true
	w.must(<-done)
	w.says("a event x", "slow event x")
}

func TestNotifyAManagerThatHasEndedIsNoFault(t *testing.T) {
	w := begin(t)
	w.must(genevent.Stop(w.k, w.m, proc.Normal))
	if err := genevent.Notify(w.rt, w.m, "x"); !errors.Is(err, proc.ErrNoProc) {
		t.Errorf("Notify: %v", err)
	}
	if err := genevent.SyncNotify(w.k, w.m, "x"); !errors.Is(err, proc.ErrNoProc) {
		t.Errorf("SyncNotify: %v", err)
	}
	if _, err := genevent.Call[int](w.k, w.m, "x", 1); !errors.Is(err, proc.ErrNoProc) {
		t.Errorf("Call: %v", err)
	}
	if err := genevent.Notify(w.rt, genevent.Ref[string]{}, "x"); !errors.Is(err, proc.ErrNoProc) {
		t.Errorf("Notify of nobody: %v", err)
	}
}

func TestNilIsAnEventOfAnInterface(t *testing.T) {
	w := begin(t)
	m, err := genevent.Start[error](w.k)
	w.must(err)
	got := make(chan error, 3)
	w.must(genevent.Add(w.k, m, "", errorHandler{got}))
	w.must(genevent.Notify(w.rt, m, nil))
	w.must(m.Notify(w.rt, &genevent.HandlerError{Err: errFault}))
	w.must(m.SyncNotify(w.k, errFault))
	if a, b, c := <-got, <-got, <-got; a != nil || !errors.Is(b, errFault) || c != errFault {
		t.Fatalf("the handler got %v, %v and %v", a, b, c)
	}
}

type errorHandler struct{ got chan error }

func (h errorHandler) HandleEvent(_ *proc.Ctx, e error) error { h.got <- e; return nil }

func TestAnEmptyIDStandsForTheType(t *testing.T) {
	w := begin(t)
	w.must(genevent.Add(w.k, w.m, "", plain{}))
	w.has("genevent_test.plain")
	if _, err := genevent.Delete(w.k, w.m, "genevent_test.plain", nil); err != nil {
		t.Fatal(err)
	}
	w.has()
}

func TestAnIDMeansTheNewestHandlerOfIt(t *testing.T) {
	w := begin(t)
	add := func(name string) {
		w.must(genevent.Add(w.k, w.m, "same", &puppet{name: name, j: w.j}))
	}
	add("old")
	add("new")
	w.has("same", "same")
	_, err := genevent.Call[any](w.k, w.m, "same", 1)
	w.must(err)
	v, err := genevent.Delete(w.k, w.m, "same", "why")
	w.must(err)
	if v != "new's last" {
		t.Errorf("Delete returned %v", v)
	}
	_, err = genevent.Call[any](w.k, w.m, "same", 2)
	w.must(err)
	w.says("old init", "new init", "new call 1", "new ends string why", "old call 2")
}

func TestOtherMessagesGoToHandleInfo(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.must(genevent.Add(w.k, w.m, "plain", plain{}))
	w.puppet("b", nil)
	w.must(w.rt.Send(w.m.PID, "hello"))
	w.sync("x")
	w.says("b info hello", "a info hello", "b event x", "a event x")
	w.has("b", "plain", "a")
	if !strings.Contains(w.log.String(), `genevent: handler has no HandleInfo`) {
		t.Errorf("the log does not tell of the message that a handler could not take:\n%s", w.log)
	}
}

func TestARequestForEventsOfAnotherTypeIsRefused(t *testing.T) {
	w := begin(t)
	wrong := genevent.RefOf[int](w.m.PID)
	var r *genevent.RefusedError
	if err := genevent.SyncNotify(w.k, wrong, 3); !errors.As(err, &r) || r.Manager != w.m.PID {
		t.Errorf("SyncNotify: %v", err)
	}
	w.has()
}

func TestANilHandlerIsRefused(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	var r *genevent.RefusedError
	if err := genevent.Add(w.k, w.m, "x", nil); !errors.As(err, &r) {
		t.Errorf("Add: %v", err)
	}
	if err := genevent.Swap(w.k, w.m, "a", nil, "x", nil); !errors.As(err, &r) {
		t.Errorf("Swap: %v", err)
	}
	w.has("a")
}

func TestAHandlerMayHibernate(t *testing.T) {
	w := begin(t)
	w.puppet("a", func(p *puppet) {
		p.event = func(c *proc.Ctx, e string) error { c.Hibernate(); return nil }
	})
	w.sync("x")
	w.sync("y")
	w.says("a event x", "a event y")
}

func TestHibernateAfterMustBePositive(t *testing.T) {
	w := begin(t)
	_, err := w.k.Start(genevent.Factory[string](genevent.HibernateAfter(0)))
	if err == nil || !strings.Contains(err.Error(), "HibernateAfter") {
		t.Fatalf("Start: %v", err)
	}
}

func TestAManagerThatHibernatesGoesOn(t *testing.T) {
	w := begin(t)
	pid, err := w.k.Start(genevent.Factory[string](genevent.HibernateAfter(1)))
	w.must(err)
	w.m = genevent.RefOf[string](pid)
	w.puppet("a", nil)
	for range 100 {
		w.sync("x")
	}
	if n := len(w.j.take()); n != 100 {
		t.Fatalf("%d of 100 events, and no message of a timeout, were to come", n)
	}
}
