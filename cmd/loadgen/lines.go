package main

import (
	"time"

	"github.com/thrum-go/thrum/bench"
)

// maxLines are told of a row without --interval: a long one has its intervals joined.
const maxLines = 60

// lap returns the least time that a line covers of a row that will take so long. Given an interval, each has its line.
func lap(each, row time.Duration) time.Duration {
	if each > 0 {
		return each
	}
	return max(bench.DefaultInterval, row/maxLines)
}

// slack is by how much an interval may be shorter than asked for and still count as one: timers are not exact.
const slack = 20 // a twentieth

// tell writes a line for an interval, joined with those before it that were too short for one. What is left at the
// end of a round has no line: its rate says little, and the figures of the round follow anyway.
func (p *progress) tell(i bench.Interval) {
	if i.Round == 0 || i.Busy == nil && i.Latency == nil && i.Messages == 0 {
		return // warming up, or a twin's
	}
	p.mu.Lock()
	if p.joint.Round == i.Round && p.joint.Phase == i.Phase {
		p.joint = p.joint.Join(i)
	} else {
		p.joint = i
	}
	if p.joint.Length() < p.lap-p.lap/slack {
		p.mu.Unlock()
		return
	}
	whole, e := p.joint, p.state.event
	p.joint = bench.Interval{}
	p.mu.Unlock()
	c := canvas{cols: 200}
	c.interval(whole, e)
	c.buf = append(c.buf, '\n')
	p.out.Write(c.buf)
}

// interval writes what was done in one, as
// "  12.0s  round 2 of 3, thrum  45.2M msg/s  busy 98% 97%".
func (c *canvas) interval(i bench.Interval, e bench.Event) {
	c.str("  ")
	c.seconds(i.End)
	c.str("  ")
	c.phase(e)
	c.str("  ")
	c.rate(i.Rate())
	if len(i.Busy) > 0 {
		c.str("  busy")
		for _, b := range i.Busy {
			c.str(" ")
			c.percent(b)
		}
	}
	if f := i.Keep().Figures; f != nil {
		c.str("  ")
		c.latency(f)
	}
	if i.Backlog != 0 || i.Lag != 0 || i.Dropped != 0 {
		c.str("  ")
		c.load(i.Backlog, i.Lag, i.Dropped)
	}
}
