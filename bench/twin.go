package bench

import (
	"runtime"
	"sync"

	"github.com/thrum-go/thrum/proc"
)

// twins carry the same 32 bytes as processes do.
type message = proc.Message

// goroutines is a twin's society: goroutines that must all have ended before the
// next round. Whoever drives the work looks at stopped, and when it is set finishes
// early, so that waiting for done is enough.
type goroutines struct {
	*trial
	before int
	wg     sync.WaitGroup
	done   chan struct{} // closed by whoever finishes the work
}

func (t *trial) goroutines() *goroutines {
	return &goroutines{trial: t, before: runtime.NumGoroutine(), done: make(chan struct{})}
}

// join waits for every goroutine. They end when the channels they read are
// closed, so it comes after that.
func (g *goroutines) join() {
	g.wg.Wait()
	g.goroutinesLeft(g.before, "twin")
}
