//go:build thrumfault

package bench

import (
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

// broken is the ring with a message that comes twice. It is there only in builds
// with the tag thrumfault, which show what a failed check looks like to a user.
func init() {
	w := *ringWorkload
	w.Name = "broken"
	w.Purpose = "a ring in which one message is delivered twice: its check must fail"
	w.thrum = func(t *trial) (Sample, error) {
		var seen atomic.Int64
		t.faulty = func(m proc.Machine) proc.Machine { return &repeater{m, &seen} }
		return ringThrum(t)
	}
	workloads = append(workloads, &w)
}

// repeater hands the thousandth of all messages to its process twice.
type repeater struct {
	proc.Machine
	seen *atomic.Int64
}

// Handle implements proc.Machine.
func (r *repeater) Handle(c *proc.Ctx, m proc.Message) error {
	err := r.Machine.Handle(c, m)
	if r.seen.Add(1) == 1000 && err == nil {
		err = r.Machine.Handle(c, m)
	}
	return err
}
