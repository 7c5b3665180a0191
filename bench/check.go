package bench

import (
	"errors"
	"fmt"
	"sync"
)

// Violation is a failed check: something was lost, doubled, reordered or left
// behind.
type Violation struct {
	Workload string `json:"workload"`
	Where    string `json:"where"` // the process, counter or phase
	What     string `json:"what"`
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: %s: %s", v.Workload, v.Where, v.What)
}

// errBroken ends a round in which a check failed.
var errBroken = errors.New("bench: a check failed")

// maxViolations are kept; a broken order tends to fail at every message.
const maxViolations = 20

// check collects the violations of a workload. Any goroutine or process may
// report; handlers do so only when something is wrong.
type check struct {
	workload string
	mu       sync.Mutex
	list     []Violation
	more     int
	broken   chan struct{} // closed by the first violation
}

func newCheck(workload string) *check {
	return &check{workload: workload, broken: make(chan struct{})}
}

func (c *check) failf(where, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.list) == 0:
		close(c.broken)
	case len(c.list) == maxViolations:
		c.more++
		return
	}
	c.list = append(c.list, Violation{c.workload, where, fmt.Sprintf(format, args...)})
}

func (c *check) violations() []Violation {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := append([]Violation(nil), c.list...)
	if c.more > 0 {
		out = append(out, Violation{c.workload, "checks", fmt.Sprintf("%d further violations of this kind", c.more)})
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

// sent reports a send, or another operation, that the system refused; it returns the
// exit reason for the process that wanted it.
func (c *check) sent(where string, err error) error {
	c.failf(where, "refused: %v", err)
	return err
}

// order reports a message whose sequence number is not the one that is due.
func (c *check) order(where string, got, want uint64) {
	switch {
	case got < want:
		c.failf(where, "message %d came again or late, %d was due", got, want)
	default:
		c.failf(where, "message %d came where %d was due: messages lost or overtaken", got, want)
	}
}
