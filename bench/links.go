package bench

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// The styles of links.
const (
	linksLink    = "link"
	linksMonitor = "monitor"
	linksStar    = "star"
	linksChain   = "chain"
)

var linksWorkload = &Workload{
	Name:  "links",
	Group: OnFailure,
	Purpose: "link and unlink, monitor and demonitor, a message is such a pair; stars and chains of linked processes " +
		"that end together, a message is an end",
	Figure: NsPerMsg,
	Parameters: []Parameter{
		workersParam(), styleParam("pairs of operations between two processes, or many that end", allStyles, linksLink, linksMonitor, linksStar, linksChain),
		procsParam("processes in a star or chain", 10_000, 2, 1_000_000),
		messagesParam(), durationParam(4e9), roundsParam(3),
	},
	thrum: linksThrum,
	warm: func(p Params) int64 {
		if p.Style == linksStar || p.Style == linksChain {
			return int64(p.Procs)
		}
		return 20_000
	},
	rows:  rowsOf(linksLink, linksMonitor, linksStar, linksChain),
	label: func(p Params) string { return p.Style },
}

func linksThrum(t *trial) (Sample, error) {
	if t.p.Style == linksStar || t.p.Style == linksChain {
		return deathThrum(t)
	}
	return tieThrum(t)
}

// tieBatch pairs of operations are done between two looks whether the turn is over,
// which it is after tieBatches in any case.
const (
	tieBatch   = 16
	tieBatches = 64
)

// tier ties itself to another process and frees itself again, time after time. At
// the end it stays tied, to be told of the other's end.
type tier struct {
	run         *linksRun
	to          proc.PID
	left        int64 // pairs to do
	on          steps
	ref         proc.MonitorRef // of the monitor that stays
	exits, down int             // seen of the other's end
}

// tied is the other. The only message it gets is to end.
type tied struct {
	run  *linksRun
	ends int
}

// Handle implements proc.Machine.
func (k *tied) Handle(_ *proc.Ctx, m proc.Message) error {
	if k.ends++; m.Body != stop || k.ends > 1 {
		k.run.failf("process that is tied to", "message %+v, the %d. one", m, k.ends)
	}
	return proc.Shutdown
}

// linksRun is what the two share.
type linksRun struct {
	*trial
	begin, end int64
	done       chan struct{}
}

// Handle implements proc.Machine.
func (k *tier) Handle(c *proc.Ctx, m proc.Message) error {
	switch body := m.Body.(type) {
	case *signal:
		if body == stop {
			return k.last(c)
		}
		return k.pairs(c, m)
	case proc.Exit:
		if body.From == 0 {
			return body.Reason // the runtime ends before its time
		}
		k.exits++
		if body.From != k.to || body.Reason != proc.Shutdown || k.down != 0 {
			k.run.failf("links", "an Exit %+v, with %d Down before", body, k.down)
		}
	case proc.Down:
		k.down++
		if body.PID != k.to || body.Reason != proc.Shutdown || body.Monitor != k.ref {
			k.run.failf("monitors", "a Down %+v", body)
		}
	default:
		k.run.failf("tying process", "message %+v", m)
	}
	if k.exits > 1 || k.down > 1 {
		k.run.failf("tying process", "the end of the other was told by %d Exit and %d Down", k.exits, k.down)
	}
	if k.exits == 1 && k.down == 1 {
		return proc.Normal
	}
	return nil
}

// pairs does a turn's worth of pairs.
func (k *tier) pairs(c *proc.Ctx, m proc.Message) error {
	if !k.on.come(k.run.trial, "tying process", m) {
		return nil
	}
	if m.Word == 0 {
		k.run.begin = k.run.clock.Now()
	}
	pair := k.link
	if k.run.p.Style == linksMonitor {
		pair = k.monitor
	}
	for range tieBatches {
		n := min(k.left, tieBatch)
		for range n {
			if err := pair(c); err != nil {
				return k.run.sent("tying process", err)
			}
		}
		if k.left -= n; k.left == 0 || k.run.stopped.Load() {
			k.run.end = k.run.clock.Now()
			close(k.run.done)
			return nil
		}
		if c.ShouldYield() {
			break
		}
	}
	return k.on.next(c, k.run.trial, "tying process", m)
}

func (k *tier) link(c *proc.Ctx) error {
	if err := c.Link(k.to); err != nil {
		return err
	}
	return c.Unlink(k.to)
}

func (k *tier) monitor(c *proc.Ctx) error {
	ref, err := c.Monitor(k.to)
	if err == nil && !c.Demonitor(ref) {
		err = fmt.Errorf("monitor %d is not known any more", ref)
	}
	return err
}

// last ties the two for good and has the other end.
func (k *tier) last(c *proc.Ctx) (err error) {
	if err := c.Link(k.to); err != nil {
		return k.run.sent("tying process", err)
	}
	if k.ref, err = c.Monitor(k.to); err != nil {
		return k.run.sent("tying process", err)
	}
	if err := c.Send(k.to, stop); err != nil {
		return k.run.sent("tying process", err)
	}
	return nil
}

func tieThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := &linksRun{trial: t, done: make(chan struct{})}
	to, err := s.spawn(&tied{run: run})
	if err != nil {
		return Sample{}, err
	}
	pid, err := s.spawn(&tier{run: run, to: to, left: t.n}, proc.WithTrapExit())
	if err != nil {
		return Sample{}, err
	}
	sample, err := t.timed(t.n, func() (int64, int64, error) {
		if err := s.send(pid, start); err != nil {
			return 0, 0, err
		}
		return s.awaitSpan(run.done, &run.begin, &run.end)
	})
	if err != nil {
		return Sample{}, err
	}
	if err := s.untied(pid, to); err != nil {
		return Sample{}, err
	}
	if err := s.send(pid, stop); err != nil {
		return Sample{}, err
	}
	return sample, s.drain()
}

// untied waits until none of the processes has a link or a monitor any more: the
// last signals may be under way.
func (s *system) untied(pids ...proc.PID) error {
	var left string
	err := s.watch(nil, func() bool {
		for _, pid := range pids {
			i, err := s.rt.Info(pid)
			if err != nil {
				s.failf("tying process", "%v: %v", pid, err)
				return true
			}
			if len(i.Links)+len(i.Monitors)+len(i.MonitoredBy) != 0 {
				left = fmt.Sprintf("%d links, %d monitors and %d watchers are left", len(i.Links), len(i.Monitors), len(i.MonitoredBy))
				return false
			}
		}
		return true
	}, "untying has no end")
	if err == errBroken && left != "" {
		s.failf("tying process", "%s", left)
	}
	return err
}
