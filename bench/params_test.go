package bench

import (
	"runtime"
	"testing"

	"github.com/thrum-go/thrum/sched"
)

// A machine may have more processors than a runtime can have workers.
func TestWorkersAreAtMostThoseOfARuntime(t *testing.T) {
	old := runtime.GOMAXPROCS(sched.MaxWorkers + 45)
	defer runtime.GOMAXPROCS(old)
	for _, w := range All() {
		p, err := w.Resolve(Params{})
		if err != nil || p.Workers > sched.MaxWorkers {
			t.Errorf("%s: %d workers by default: %v", w.Name, p.Workers, err)
		}
		if _, err := w.Resolve(Params{Workers: sched.MaxWorkers + 1}); err == nil && w.Takes(Workers) {
			t.Errorf("%s takes %d workers", w.Name, sched.MaxWorkers+1)
		}
	}
}
