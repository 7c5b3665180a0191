//go:build explore

package sched

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

func TestQuick(t *testing.T) {
	r := explore.Run(nil, explore.Config{}, func(x *explore.Exec) {
		w := &lease{}
		w.busy.Set()
		x.Name(&w.busy, "busy")
		x.Name(&w.state, "state")
		kept, taken := false, false
		x.Go("worker", func() {
			w.Leave()
			ok := w.Enter()
			w.Leave()
			kept = w.resume()
			if kept && !ok {
				x.Failf("order")
			}
		})
		x.Go("taker", func() {
			taken = w.take()
			if !taken {
				taken = w.take()
			}
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
	t.Log(r.Executions, r.Failure)
}
