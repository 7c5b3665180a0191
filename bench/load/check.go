package load

import (
	"errors"
	"fmt"
	"sync"

	"github.com/thrum-go/thrum/bench"
)

// errBroken ends a run in which a check failed.
var errBroken = errors.New("load: a check failed")

// maxViolations are kept; a broken order tends to fail at every message.
const maxViolations = 20

// check collects what was lost, doubled, reordered or left behind. Any goroutine or
// process may report; handlers do so only when something is wrong.
type check struct {
	mu     sync.Mutex
	list   []bench.Violation
	more   int
	broken chan struct{} // closed by the first violation
}

func newCheck() *check { return &check{broken: make(chan struct{})} }

// failf reports a violation; what is the operation, or what else it is about.
func (c *check) failf(what, where, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.list) == 0:
		close(c.broken)
	case len(c.list) == maxViolations:
		c.more++
		return
	}
	c.list = append(c.list, bench.Violation{Workload: what, Where: where, What: fmt.Sprintf(format, args...)})
}

func (c *check) violations() []bench.Violation {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := append([]bench.Violation(nil), c.list...)
	if c.more > 0 {
		out = append(out, bench.Violation{Workload: c.list[0].Workload, Where: "checks", What: fmt.Sprintf("%d further violations of this kind", c.more)})
	}
	return out
}

func (c *check) failed() bool {
	select {
	case <-c.broken:
		return true
	default:
		return false
	}
}

// order reports a message whose sequence number is not the one that is due.
func (c *check) order(what, where string, got, want uint64) {
	if got < want {
		c.failf(what, where, "message %d came again or late, %d was due", got, want)
		return
	}
	c.failf(what, where, "message %d came where %d was due: messages lost or overtaken", got, want)
}
