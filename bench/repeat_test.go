package bench

import (
	"context"
	"sync"
	"testing"
	"time"
)

// Whoever takes profiles of the rounds begins goroutines during one of them that end only when all rounds are over. The rounds go on all the same, one
// after the other.
func TestRoundsAreRepeatedWhileGoroutinesOfOthersBegin(t *testing.T) {
	w, _ := Find("flood")
	ctx, cancel := context.WithCancel(t.Context())
	var others sync.WaitGroup
	defer others.Wait()
	defer cancel()
	began, known := 0, 0
	watch := Watch{Progress: func(e Event) {
		if e.Round == 0 {
			return
		}
		if began++; began == 7 {
			cancel()
		}
	}, Observe: func(Interval) {
		if known < began { // one a round
			known = began
			others.Go(func() { <-ctx.Done() })
		}
	}, Interval: time.Hour} // it is told of at the end of each round all the same
	p := Params{Messages: 200_000}
	rounds, err := w.Repeat(ctx, p, watch, nil)
	if err != nil || rounds < 5 {
		t.Errorf("%d rounds, %v; five were to be", rounds, err)
	}
}
