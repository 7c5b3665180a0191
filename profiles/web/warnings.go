package web

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
	"github.com/thrum-go/thrum/profiles"
	"github.com/thrum-go/thrum/supervise"
)

// The rules, and where they begin.
const (
	oldLimit      = time.Second // of an oldest message
	growReadings  = 3           // in a row in which a mailbox has grown
	ownReadings   = 5           // in a row in which a process had a message to itself next
	lettersLimit  = 1.0         // dead letters a second
	queueFactor   = 10          // by which a worker's queue is longer than the median
	queueLeast    = 100         // processes in a queue that is long at all
	stealsLimit   = 1           // in a window in which nothing is balanced
	maxIntensity  = 200         // supervisors that are asked how often they have restarted
	intensityTime = 2 * time.Second
)

func (s *Pages) warnings(r *http.Request) (any, func(io.Writer), error) {
	window, err := span(r, time.Second)
	if err != nil {
		return nil, nil, err
	}
	if window == 0 {
		return nil, nil, badRequest{fmt.Sprintf("window is %q; most rules look at what changes in it: it must be above 0", r.FormValue("window"))}
	}
	before := s.readWorkers()
	reading, err := s.look.window(r.Context(), window)
	if err != nil {
		return nil, nil, err
	}
	// A reading that is there already takes no time, so the counters are looked at over a window of their own.
	if rest := window - time.Since(before.At); rest > 0 {
		timer := time.NewTimer(rest)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return nil, nil, r.Context().Err()
		}
	}
	after := s.readWorkers()
	v := &Warnings{Head: s.head("warnings"), Window: reading.Span, Warnings: []Warning{}}
	v.Warnings = append(v.Warnings, ofProcesses(reading)...)
	v.Warnings = append(v.Warnings, ofWaits(reading, replyLimit)...)
	v.Warnings = append(v.Warnings, s.ofSupervisors(r.Context(), reading)...)
	v.Warnings = append(v.Warnings, ofWorkers(before, after)...)
	return v, func(w io.Writer) {
		if len(v.Warnings) == 0 {
			fmt.Fprintf(w, "nothing to warn of in %v\n", v.Window.Round(time.Millisecond))
		}
		for _, x := range v.Warnings {
			fmt.Fprintf(w, "%s\t%s\n", x.Rule, x.Text)
		}
	}, nil
}

// culprits are the processes that break one rule.
type culprits struct {
	worst profiles.Entry
	size  float64
	count int
}

func (c *culprits) add(e profiles.Entry, size float64) {
	if c.count++; c.count == 1 || size > c.size {
		c.worst, c.size = e, size
	}
}

// warn makes a warning, if there is a culprit.
func (c *culprits) warn(rule, limit string, figure func(profiles.Entry) string) []Warning {
	if c.count == 0 {
		return nil
	}
	text := called(c.worst) + " " + figure(c.worst)
	if c.count > 1 {
		text += fmt.Sprintf(", and %s more processes", grouped(c.count-1))
	}
	return []Warning{{Rule: rule, Text: text + "; the limit is " + limit, PID: c.worst.PID.String(), Count: c.count}}
}

// called names a process.
func called(e profiles.Entry) string {
	name := e.PID.String()
	if e.Name != "" {
		name = plain(e.Name) + " " + name
	}
	return name + " (" + e.Type + ")"
}

// ofProcesses applies the rules that look at each process.
func ofProcesses(r *profiles.Reading) (all []Warning) {
	var stuck, old, growing, own, rejecting culprits
	r.All(func(e profiles.Entry) bool {
		if e.Status == proc.Stuck {
			stuck.add(e, float64(e.Stuck))
		}
		if e.Oldest > oldLimit {
			old.add(e, float64(e.Oldest))
		}
		if e.Growing >= growReadings {
			growing.add(e, float64(e.Messages))
		}
		if e.Own >= ownReadings && e.Reductions > 0 {
			own.add(e, float64(e.Reductions))
		}
		if e.Rejected > 0 {
			rejecting.add(e, float64(e.Rejected))
		}
		return true
	})
	all = append(all, stuck.warn("stuck", "one turn's time (proc.Config.StuckAfter)", func(e profiles.Entry) string {
		if e.Stuck == 0 {
			return "is in a handler that does not return"
		}
		return fmt.Sprintf("has been in a handler for at least %v", e.Stuck.Round(time.Millisecond))
	})...)
	all = append(all, old.warn("oldest", oldLimit.String(), func(e profiles.Entry) string {
		return fmt.Sprintf("has a message that has waited for %v, with %s in its mailbox", e.Oldest.Round(time.Millisecond), grouped(e.Messages))
	})...)
	all = append(all, growing.warn("growing", fmt.Sprintf("%d readings in a row", growReadings), func(e profiles.Entry) string {
		return fmt.Sprintf("has a mailbox that has grown in %d readings in a row, by %s to %s in the last %v",
			e.Growing, grouped(e.Growth), grouped(e.Messages), r.Span.Round(time.Millisecond))
	})...)
	all = append(all, own.warn("to itself", fmt.Sprintf("%d readings in a row", ownReadings), func(e profiles.Entry) string {
		return fmt.Sprintf("had a message that it had sent to itself next in %d readings in a row, and has used %s reductions in the last %v: it keeps itself busy",
			e.Own, grouped(int(e.Reductions)), r.Span.Round(time.Millisecond))
	})...)
	return append(all, rejecting.warn("rejecting", "0", func(e profiles.Entry) string {
		return fmt.Sprintf("has rejected or dropped %s messages in %v: its mailbox is bounded at %s", grouped(int(e.Rejected)),
			r.Span.Round(time.Millisecond), grouped(e.Bound))
	})...)
}

// ofSupervisors asks supervisors how near they are to giving up.
func (s *Pages) ofSupervisors(ctx context.Context, r *profiles.Reading) []Warning {
	var sups []profiles.Entry
	r.All(func(e profiles.Entry) bool {
		if e.Type == supervisorType {
			sups = append(sups, e)
		}
		return len(sups) < maxIntensity
	})
	ctx, cancel := context.WithTimeout(ctx, intensityTime)
	defer cancel()
	var near culprits
	states := map[proc.PID]supervise.State{}
	for _, e := range sups {
		got, err := sys.GetState(s.rt.Client(ctx), e.PID)
		state, ok := got.(supervise.State)
		if err != nil || !ok {
			continue // it ends, or is suspended: no news of its restarts
		}
		if share := float64(state.Restarts) / float64(max(1, state.Flags.Intensity)); state.Restarts > 0 && share > 0.5 {
			states[e.PID] = state
			near.add(e, share)
		}
	}
	return near.warn("restarts", "half of its intensity", func(e profiles.Entry) string {
		st := states[e.PID]
		return fmt.Sprintf("has restarted children %d times within %v, and gives up above %d", st.Restarts, st.Flags.Period, st.Flags.Intensity)
	})
}

// ofWorkers applies the rules that look at the counters.
func ofWorkers(before, after *Workers) (all []Warning) {
	seconds := max(after.At.Sub(before.At).Seconds(), 1e-3)
	if rate := float64(less(after.Total.DeadLetters, before.Total.DeadLetters)) / seconds; rate > lettersLimit {
		all = append(all, Warning{Rule: "dead letters", Text: fmt.Sprintf(
			"%.0f messages a second go to processes that have ended; the limit is %g (Runtime.WatchDeadLetters shows them)", rate, lettersLimit)})
	}
	if len(after.Workers) < 2 || after.Total.Steals-before.Total.Steals > stealsLimit {
		return all
	}
	queues := make([]int, len(after.Workers))
	longest := 0
	for i, w := range after.Workers {
		if queues[i] = w.Queue; w.Queue > after.Workers[longest].Queue {
			longest = i
		}
	}
	slices.SortFunc(queues, func(a, b int) int { return cmp.Compare(a, b) })
	median := queues[(len(queues)-1)/2]
	if q := after.Workers[longest].Queue; q >= queueLeast && q > queueFactor*median {
		all = append(all, Warning{Rule: "unbalanced", Text: fmt.Sprintf(
			"worker %d has %s processes in its queue, the median is %d, and %d were taken from it in %v; the limit is %d times the median",
			longest, grouped(q), median, after.Total.Steals-before.Total.Steals, after.At.Sub(before.At).Round(time.Millisecond), queueFactor)})
	}
	return all
}
