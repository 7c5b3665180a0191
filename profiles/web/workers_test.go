package web

import (
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// What a page has begun is taken off the statistics when it has ended: a window that begins before then must not tell of fewer processes than none.
func TestWindowOfCountersThatAPageEndsInIsNeverNegative(t *testing.T) {
	rt := begin(t)
	gate, inside := make(chan struct{}), make(chan struct{})
	blocked, err := rt.Start(t.Context(), proc.Of(func(*proc.Ctx, proc.Message) error {
		close(inside)
		<-gate
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	_ = rt.Send(blocked, nil)
	<-inside
	s := Handler(rt)
	spawned := s.readWorkers().Total.Spawned
	asked := make(chan int)
	go func() { asked <- getFrom(s, "/processes?window=0").Code }()
	before := s.readWorkers()
	for deadline := time.Now().Add(time.Minute); before.Total.Spawned == spawned; before = s.readWorkers() {
		if time.Now().After(deadline) {
			t.Fatal("the page asks nobody")
		}
	}
	close(gate)
	if code := <-asked; code != 200 {
		t.Fatalf("the page is answered with %d", code)
	}
	after := s.readWorkers()
	after.Total.since(before.Total, time.Second)
	if c := after.Total; c.Spawned > 1 || c.Exited > 1 {
		t.Errorf("%d processes spawned and %d ended in the window", c.Spawned, c.Exited)
	}
}
