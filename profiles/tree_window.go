package profiles

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// MeasureTree is ReadTree at the end of a window of time, with how long the processes at each place have run in it and how long their messages have
// waited.
//
// Run time is sampled about a thousand times a second on each worker (proc.RunMeter), and is right to the root of the number of samples. What waits is
// counted some fifty times in the window, at random distances, by reading all processes, and added up over time: by Little's law the queued messages,
// summed over time, are the waits of all messages together. That is an estimate: a queue that grows and goes between two readings is
// met as often as it is there, but a process that is ready and waits for its worker answers when it gets to it, when its queue is at its longest,
// so queues of a few messages may be told up to twice as long as they are. Readings take a twentieth of the window at most, if there are so many
// processes that fifty would take more there are fewer, at least one at either end.
//
// Errors: those of ReadTree, a window that is not above 0.
func MeasureTree(ctx context.Context, rt *proc.Runtime, window time.Duration) (*Tree, error) {
	switch {
	case rt == nil:
		return nil, errors.New("profiles: MeasureTree: rt is nil; give the runtime whose processes are meant")
	case window <= 0:
		return nil, fmt.Errorf("profiles: MeasureTree: window is %v; it must be above 0", window)
	}
	s := newTreeSum(window)
	m := s.meter(rt)
	err := m.follow(ctx, window)
	if err == nil {
		err = m.read(ctx, true)
	}
	m.stop()
	if err != nil {
		return nil, fmt.Errorf("profiles: MeasureTree: %w", err)
	}
	t := s.tree()
	t.Begun = m.begun
	return t, nil
}

// treeSum is what readings of one runtime after the other come to.
type treeSum struct {
	gap time.Duration // between two readings, about

	mu       sync.Mutex
	sums     *Node // Run and Wait by place; in the other values nothing
	last     *Node // the last reading that has met any process
	at       time.Time
	window   time.Duration
	readings int
}

// Bounds of the time between two readings.
const (
	windowReadings = 50
	readingGap     = 2 * time.Millisecond
	readingShare   = 20 // of the time, one in so much is for reading
)

func newTreeSum(window time.Duration) *treeSum {
	return &treeSum{gap: max(window/windowReadings, readingGap), sums: &Node{Frame: FrameRoot}}
}

// tree returns what has come together.
func (s *treeSum) tree() *Tree {
	s.mu.Lock()
	defer s.mu.Unlock()
	root := &Node{Frame: FrameRoot}
	if s.last != nil {
		root.absorb(s.last, func(v Values) Values { return v })
		root.pids(s.last)
	}
	root.absorb(s.sums, func(v Values) Values { return v })
	root.sum()
	return &Tree{At: s.at, Window: s.window, Readings: s.readings, Root: root}
}

// pids takes over which process is alone at its place.
func (n *Node) pids(o *Node) {
	n.PID = o.PID
	for _, c := range o.Children {
		n.at[c.frame].pids(c)
	}
}

// treeMeter reads one runtime. One goroutine at a time may use it.
type treeMeter struct {
	sum    *treeSum
	rt     *proc.Runtime
	runs   *proc.RunMeter
	before *places   // the reading before
	then   time.Time // when that was
	took   time.Duration
	begun  int // processes
}

func (s *treeSum) meter(rt *proc.Runtime) *treeMeter {
	return &treeMeter{sum: s, rt: rt, runs: rt.MeasureRunTime()}
}

// stop ends the measurement without another reading.
func (m *treeMeter) stop() {
	m.runs.Stop()
	if m.before == nil {
		m.before = &places{root: &Node{Frame: FrameRoot}}
	}
	m.sum.mu.Lock()
	defer m.sum.mu.Unlock()
	m.sum.ran(m.before, m.runs.Take())
}

// ran adds run time.
func (s *treeSum) ran(p *places, times []proc.RunTime) {
	p.ran(times)
	s.sums.absorb(p.root, func(v Values) Values { return Values{Run: v.Run} })
	p.root.forget()
}

// follow reads the processes again and again for so long.
func (m *treeMeter) follow(ctx context.Context, window time.Duration) error {
	for began := time.Now(); ; {
		if err := m.read(ctx, false); err != nil {
			return err
		}
		left := window - time.Since(began)
		gap := max(m.sum.gap, (readingShare-1)*m.took)
		gap = gap/2 + rand.N(gap) // out of step with what comes regularly
		if left <= gap {
			return pause(ctx, max(left, 0))
		}
		if err := pause(ctx, gap); err != nil {
			return err
		}
	}
}

// read reads the processes once.
func (m *treeMeter) read(ctx context.Context, restarts bool) error {
	at := time.Now()
	infos, err := readInfos(ctx, m.rt)
	if !errors.Is(err, proc.ErrShutdown) {
		m.begun++
	}
	if err != nil {
		return err
	}
	p := arrange(infos)
	m.took = time.Since(at)
	at = at.Add(m.took / 2)
	if restarts {
		m.begun += p.restarts(ctx, m.rt, infos)
	}

	s := m.sum
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ran(&p, m.runs.Take())
	if m.before != nil {
		half := at.Sub(m.then) / 2
		wait := func(v Values) Values { return Values{Wait: half * time.Duration(v.Messages)} }
		s.sums.absorb(m.before.root, wait)
		s.sums.absorb(p.root, wait)
		s.window += 2 * half
	}
	if p.root.any() {
		s.last = p.root
	}
	s.at = at
	s.readings++
	m.before, m.then = &p, at
	return nil
}

// forget takes run time away, which is in the sums.
func (n *Node) forget() {
	n.Own.Run = 0
	for _, c := range n.Children {
		c.forget()
	}
}

// any reports whether there is a process at n or below.
func (n *Node) any() bool {
	if n.Own.Processes > 0 {
		return true
	}
	for _, c := range n.Children {
		if c.any() {
			return true
		}
	}
	return false
}

// Types of the processes that do the reading.
var ownTypes = map[string]bool{fmt.Sprintf("%T", (*surveyor)(nil)): true, "*supervise.reader": true}

// ran puts run time where the processes are, or where those were that have ended.
func (p places) ran(times []proc.RunTime) {
	for i := range times {
		t := &times[i]
		n := p.of[t.PID]
		switch {
		case n != nil:
		case ownTypes[t.Type]:
			n = p.root.special(FrameSelf).below(t.Type)
		case t.Parent == 0:
			n = p.root.below(t.Type)
		case p.of[t.Parent] != nil:
			n = p.of[t.Parent].below(t.Type)
		default:
			n = p.root.special(FrameGone).below(t.Type)
		}
		n.Own.Run += t.Time
	}
}
