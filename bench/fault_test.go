package bench

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

// fault breaks one message on its way into a handler, as a broken mailbox would.
type fault struct {
	kind    string // "lose", "double" or "swap"
	at      int64  // which of all messages between processes
	outside bool   // messages from outside count as well; they mostly steer, in no fixed order
	seen    atomic.Int64
	hit     atomic.Bool
}

// faulty is a process with a faulty mailbox.
type faulty struct {
	proc.Machine
	f    *fault
	held *proc.Message
}

func (f *fault) wrap(m proc.Machine) proc.Machine { return &faulty{Machine: m, f: f} }

// Init implements proc.Initializer for machines that have it.
func (f *faulty) Init(c *proc.Ctx) error {
	if i, ok := f.Machine.(proc.Initializer); ok {
		return i.Init(c)
	}
	return nil
}

// Terminate implements proc.Terminator for machines that have it.
func (f *faulty) Terminate(c *proc.Ctx, reason error) {
	if t, ok := f.Machine.(proc.Terminator); ok {
		t.Terminate(c, reason)
	}
}

// Handle implements proc.Machine.
func (f *faulty) Handle(c *proc.Ctx, m proc.Message) error {
	if held := f.held; held != nil && held.From == m.From {
		// The later of two messages of the same sender goes first.
		f.held = nil
		if err := f.Machine.Handle(c, m); err != nil {
			return err
		}
		return f.Machine.Handle(c, *held)
	}
	if m.From == 0 && !f.f.outside || f.f.seen.Add(1) != f.f.at {
		return f.Machine.Handle(c, m)
	}
	f.f.hit.Store(true)
	switch f.f.kind {
	case "lose":
		return nil
	case "double":
		err := f.Machine.Handle(c, m)
		if again := f.Machine.Handle(c, m); err == nil {
			err = again
		}
		return err
	default:
		f.held = &m
		return nil
	}
}

// TestSeededFaultsAreFound breaks one message in the middle of each workload and
// expects its check to say so. A check that nothing can fail proves nothing.
func TestSeededFaultsAreFound(t *testing.T) {
	for _, w := range settings() {
		for _, kind := range []string{"lose", "double", "swap"} {
			if kind == "swap" && w.Name == "timers" {
				continue // the order of timers is promised to nobody
			}
			t.Run(w.name+" "+kind, func(t *testing.T) {
				p, err := w.Resolve(w.p)
				if err != nil {
					t.Fatal(err)
				}
				f := &fault{kind: kind, at: 100}
				switch w.Name {
				case "blocking":
					f.at = 4 // its messages may be few
				case "links", "names":
					f.at = 2 // likewise
				case "storm":
					f.at = 10 // later ones may be calls to a child that is ended, whose loss nobody can tell
				case "idle", "spawn-remote":
					f.outside = true // they have no others
				}
				// Little patience keeps the test short. Where nothing happens for that long
				// before the fault, because the machine is busy, it takes more.
				var c *check
				for wait := 50 * time.Millisecond; !f.hit.Load() && wait < patience; wait *= 5 {
					f.seen.Store(0)
					c = newCheck(w.Name)
					tr := &trial{check: c, ctx: t.Context(), p: p, n: p.Messages, limit: p.Duration,
						clock: meter.Shared(), patience: wait, faulty: f.wrap}
					if w.size != nil {
						tr.n = w.size(p)
					}
					_, err = tr.do(w.thrum)
				}
				if !f.hit.Load() {
					t.Fatalf("the fault was never reached: %d messages", f.seen.Load())
				}
				v := c.violations()
				if len(v) == 0 {
					t.Fatalf("message %d was hit by %q and nobody noticed; error %v", f.at, kind, err)
				}
				for _, x := range v {
					if x.Workload == "" || x.Where == "" || x.What == "" {
						t.Errorf("a violation does not say what and where: %+v", x)
					}
				}
				t.Log(v[0])
			})
		}
	}
}

// TestHealthyRunWithWrappedMachinesPasses shows that it is the fault that is
// found, not the wrapping.
func TestHealthyRunWithWrappedMachinesPasses(t *testing.T) {
	for _, w := range settings() {
		t.Run(w.name, func(t *testing.T) {
			p, err := w.Resolve(w.p)
			if err != nil {
				t.Fatal(err)
			}
			f := &fault{at: -1}
			c := newCheck(w.Name)
			tr := &trial{check: c, ctx: t.Context(), p: p, n: p.Messages, limit: p.Duration,
				clock: meter.Shared(), patience: patience, faulty: f.wrap}
			if w.size != nil {
				tr.n = w.size(p)
			}
			if _, err := tr.do(w.thrum); err != nil {
				t.Error(err)
			}
			for _, v := range c.violations() {
				t.Error(v)
			}
		})
	}
}

func TestViolationsAreCountedNotHoarded(t *testing.T) {
	c := newCheck("test")
	for i := range 3 * maxViolations {
		c.failf(fmt.Sprint(i), "broken")
	}
	if n := len(c.violations()); n != maxViolations+1 {
		t.Errorf("%d violations are told, want %d and a count of the rest", n, maxViolations)
	}
}
