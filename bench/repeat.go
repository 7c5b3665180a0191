package bench

import (
	"context"
	"time"
)

// Repeat runs Thrum's side of the workload, without its twin, again and again until ctx ends, which is no error. ready is called once, before
// the first round after the warm-up; a Duration among the parameters is about the length of five rounds, for workloads that take one.
//
// That no goroutines are left behind is not checked: who profiles the rounds begins and ends some meanwhile, and a round that waited for those would
// be over when its profile is.
//
// Errors: a [*ParamError]; a [*CheckError] when a check failed; why a round could not be run.
func (w *Workload) Repeat(ctx context.Context, p Params, watch Watch, ready func()) (rounds int, err error) {
	alone := *w
	alone.twin, alone.twinFits, alone.conclude = nil, nil, nil
	alone.uncounted = true
	progress := watch.Progress
	watch.Progress = func(e Event) {
		if e.Round > 0 && ready != nil {
			ready()
			ready = nil
		}
		if progress != nil {
			progress(e)
		}
	}
	for ctx.Err() == nil {
		began := time.Now()
		results, err := alone.Measure(ctx, p, watch)
		done := 0
		for _, r := range results {
			if len(r.Violations) > 0 {
				return rounds, &CheckError{r.Violations}
			}
			done += r.Rounds
		}
		rounds += done
		if err != nil && ctx.Err() == nil {
			return rounds, err
		}
		if done == 0 && time.Since(began) < time.Millisecond && ctx.Err() == nil {
			return rounds, errBroken // nothing was run, and nothing was said of it
		}
	}
	return rounds, nil
}
