package main

import (
	"time"

	"github.com/thrum-go/thrum/bench"
)

// history is how many intervals a sparkline shows.
const history = 60

// state is what is known of the work under way.
type state struct {
	began   time.Time     // all of it
	place   string        // "[1/3] "
	after   time.Duration // what later settings will take; negative: unknown
	head    string        // place and row
	event   bench.Event
	entered time.Time // the event's instant

	rates  [history]float64 // a ring of the row's rates
	n      int              // rates noted
	last   bench.Interval
	fine   bench.LatencyFigures // of the last interval that had any
	timed  bool                 // fine is known
	loaded bool                 // the row has a rate to keep: backlog, lag and drops mean something
	drops  int64                // of the row
	seq    int                  // rises with every change
}

// enter notes the beginning of a phase.
func (s *state) enter(head string, e bench.Event, row bool) {
	if row {
		s.n, s.timed, s.loaded, s.drops = 0, false, false, 0
		s.last = bench.Interval{}
	}
	s.head, s.event, s.entered = head, e, time.Now()
	s.seq++
}

// note notes an interval. What is left at the end of a round may be too short for its rate to mean anything.
func (s *state) note(i bench.Interval) {
	s.drops += i.Dropped
	s.loaded = s.loaded || i.Backlog != 0 || i.Lag != 0 || i.Dropped != 0
	s.seq++
	if s.n > 0 && i.Phase == s.last.Phase && i.Round == s.last.Round && i.Length() < s.last.Length()/4 {
		return
	}
	i = i.Keep()
	s.last = i
	if i.Figures != nil {
		s.fine, s.timed = *i.Figures, true
	}
	if i.Busy == nil && i.Messages == 0 {
		return // a twin's
	}
	s.rates[s.n%history] = i.Rate()
	s.n++
}

// copy makes s what from is, without sharing anything that from may change.
func (s *state) copy(from *state) { *s = *from }

// left returns what all of the work will still take, and whether that is known.
func (s *state) left(now time.Time) (time.Duration, bool) {
	if s.event.Left <= 0 || s.after < 0 {
		return 0, false
	}
	return max(0, s.event.Left-now.Sub(s.entered)) + s.after, true
}
