//go:build explore

package sched

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

func TestQuick(t *testing.T) {
	for _, op := range []string{"resume", "give"} {
		r := explore.Run(nil, explore.Config{}, func(x *explore.Exec) {
			w := &lease{}
			w.busy.Set()
			x.Name(&w.busy, "busy")
			x.Name(&w.state, "state")
			kept, taken := false, false
			x.Go("worker", func() {
				if op == "resume" {
					w.leave()
					kept = w.resume()
				} else {
					kept = w.give()
				}
			})
			x.Go("taker", func() {
				taken = w.take()
			})
			x.After(func() {
				if !taken && !kept {
					x.Failf("orphaned: state %d", w.state.Load())
				}
				if taken && kept {
					x.Failf("both: state %d", w.state.Load())
				}
			})
		})
		t.Log(op, r.Executions, r.Failure)
	}
}
