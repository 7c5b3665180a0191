package load

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/thrum-go/thrum/sched"
)

// A machine may have more processors than a runtime can have workers.
func TestWorkersAreAtMostThoseOfARuntime(t *testing.T) {
	old := runtime.GOMAXPROCS(sched.MaxWorkers + 45)
	defer runtime.GOMAXPROCS(old)
	p := Plan{Phases: []Phase{{Name: "a", Duration: time.Second, Rate: Rate{PerSecond: 5}, Mix: Mix{{"cast", 1}}}}}
	if n := p.resolved().Workers; n != sched.MaxWorkers {
		t.Errorf("%d workers by default, want %d", n, sched.MaxWorkers)
	}
	p.Workers = sched.MaxWorkers + 1
	var e *PlanError
	if err := p.Check(false); !errors.As(err, &e) || e.Field != "workers" {
		t.Errorf("%d workers: %v", p.Workers, err)
	}
}
