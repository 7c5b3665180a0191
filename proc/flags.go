package proc

import (
	"fmt"
	"math"
)

// SetPriority changes the priority of this process, from its next turn on, and returns the old one.
//
// Errors, and no change: p is none of the four priorities.
func (c *Ctx) SetPriority(p Priority) (old Priority, err error) {
	old = c.p.Priority()
	if _, err := withPriority(p).apply(spawnOptions{}); err != nil {
		return old, err
	}
	c.p.mb.User = c.p.mb.User&(1<<prioShift-1) | uint16(p)<<prioShift
	return old, nil
}

// SetMailboxBound limits the mailbox of this process to n messages from now on, or gives it no bound for n zero; see
// WithMailboxBound. What is in the mailbox stays there. Without a bound before, it does not count towards the new one.
//
// Errors, and no change: a negative n, an unknown policy.
func (c *Ctx) SetMailboxBound(n int, policy Overflow) error {
	switch {
	case n < 0:
		return fmt.Errorf("proc: SetMailboxBound: n is %d; it must be at least 1, or 0 for no bound", n)
	case policy > DropOldest:
		return fmt.Errorf("proc: SetMailboxBound: policy is %v; use Reject, DropNewest or DropOldest", policy)
	}
	p := c.p
	g := p.gate.Load()
	if n == 0 {
		if g == nil {
			return nil
		}
		n = math.MaxInt // once it has a gate it keeps it: two ways in would need an order between them
	}
	if g != nil {
		g.mu.Lock()
		g.bound, g.policy = n, policy
		g.mu.Unlock()
		return nil
	}
	// The gate stands before the bit that sends everybody there. What has come in before lies in the inbox or the private queue,
	// both of which are emptied before the gate: see pick.
	p.gate.Store(&gate{pid: p.pid, bound: n, policy: policy})
	p.mb.Gate()
	if c.w.Enter() {
		p.mb.Fetch(c.cache, p.pid.gen())
	}
	c.w.Leave()
	return nil
}
