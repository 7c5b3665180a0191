package web

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func (s *Pages) workers(r *http.Request) (any, func(io.Writer), error) {
	window, err := span(r, 0)
	if err != nil {
		return nil, nil, err
	}
	began := time.Now()
	v := s.readWorkers()
	if window > 0 {
		timer := time.NewTimer(window)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return nil, nil, r.Context().Err()
		}
		before := v
		v = s.readWorkers()
		v.Window = time.Since(began)
		v.Total.since(before.Total, v.Window)
		v.Total.Utilisation /= float64(max(1, v.Active))
		for i := range v.Workers {
			if i < len(before.Workers) {
				v.Workers[i].since(before.Workers[i], v.Window)
			}
		}
	}
	return v, func(w io.Writer) {
		fmt.Fprintf(w, "%d processes, %d workers in use, %d spare; %d handlers found stuck\n\n", v.Processes, v.Active, v.Spare, v.Stuck)
		fmt.Fprint(w, "worker\tbusy\tqueue\tturns\tmessages\treductions\tsteals\tparks\n")
		for i, c := range v.Workers {
			busy := c.Busy.Round(time.Millisecond).String()
			if v.Window > 0 {
				busy = fmt.Sprintf("%.1f%%", 100*c.Utilisation)
			}
			fmt.Fprintf(w, "%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\n", i, busy, c.Queue, c.Turns, c.Messages, c.Reductions, c.Steals, c.Parks)
		}
	}, nil
}

// since leaves what was done since before, in the window. What the pages have done themselves may have been taken off in between.
func (c *Counters) since(before Counters, window time.Duration) {
	c.Busy = max(0, c.Busy-before.Busy)
	c.Turns = less(c.Turns, before.Turns)
	c.Messages = less(c.Messages, before.Messages)
	c.Reductions = less(c.Reductions, before.Reductions)
	c.Steals = less(c.Steals, before.Steals)
	c.Parks = less(c.Parks, before.Parks)
	c.Spawned = less(c.Spawned, before.Spawned)
	c.Exited = less(c.Exited, before.Exited)
	c.DeadLetters = less(c.DeadLetters, before.DeadLetters)
	c.Rejected = less(c.Rejected, before.Rejected)
	c.Dropped = less(c.Dropped, before.Dropped)
	c.Utilisation = float64(c.Busy) / float64(window)
}

// less is a-b, or 0 when that is less. What the pages have handled is known before the workers have told of it.
func less(a, b uint64) uint64 { return a - min(a, b) }

func (s *Pages) readWorkers() *Workers {
	begun, asked := s.look.cost()
	var st proc.Stats
	s.rt.ReadStats(&st)
	v := &Workers{
		Head: s.head("workers"), Processes: st.Processes, Active: st.Active, Spare: st.SpareWorkers, Stuck: st.StuckTotal,
		Total: counters(st.Counters), Workers: []Counters{},
	}
	v.Total.Spawned = less(v.Total.Spawned, uint64(begun))
	v.Total.Exited = less(v.Total.Exited, uint64(begun))
	v.Total.Messages = less(v.Total.Messages, uint64(asked))
	for i := range st.Workers {
		v.Workers = append(v.Workers, counters(st.Workers[i]))
	}
	return v
}

func counters(c proc.Counters) Counters {
	return Counters{
		Busy: c.BusyTime, Queue: c.QueueLen, Turns: c.Turns, Messages: c.Messages, Reductions: c.Reductions, Steals: c.Steals, Parks: c.Parks,
		Spawned: c.Spawned, Exited: c.Exited, DeadLetters: c.DeadLetters, Rejected: c.Rejected, Dropped: c.Dropped,
	}
}
