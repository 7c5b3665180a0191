package bench

import "fmt"

// ahead returns how much may be under way at a time, also for a workload that has no
// such parameter: 1.
func (t *trial) ahead() uint64 { return uint64(max(1, t.p.Inflight)) }

// inflightLabel tells rows with more than one message in flight from others.
func inflightLabel(p Params) string {
	if p.Inflight <= 1 {
		return ""
	}
	return fmt.Sprintf(" inflight=%d", p.Inflight)
}
