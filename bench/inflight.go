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

// roomFor makes a twin's channel for what is in flight. A single message goes through one
// without a buffer, which is how goroutines take turns.
func roomFor(ahead uint64) chan message {
	if ahead == 1 {
		return make(chan message)
	}
	return make(chan message, ahead)
}

// maxInflight bounds the messages in flight between all processes, and so memory.
const maxInflight = 10_000_000

func boundInflight(name string) func(Params) error {
	return func(p Params) error {
		if all := int64(p.Procs) * int64(p.Inflight); all > maxInflight {
			return &ParamError{name, Inflight, fmt.Sprint(p.Inflight), fmt.Sprintf("with %d processes it takes at most %d", p.Procs, max(1, maxInflight/p.Procs))}
		}
		return nil
	}
}

// refineAll checks one after the other.
func refineAll(checks ...func(Params) error) func(Params) error {
	return func(p Params) error {
		for _, check := range checks {
			if err := check(p); err != nil {
				return err
			}
		}
		return nil
	}
}
