package proc

import (
	"context"
	"runtime/pprof"
)

// LabelType is the key of the pprof label that SetProfileLabels sets; its value is the type of the process, as in Info.Type.
const LabelType = "thrum_type"

// SetProfileLabels says whether CPU profiles tell process types apart: while it is on, what a process does carries the pprof label LabelType,
// so "go tool pprof -tagroot thrum_type" shows the types as roots and "-tagfocus thrum_type=..." one of them. It returns how it was. Workers
// follow within about a millisecond, idle ones when they have something to do. It costs a few ns for each turn of another type than the one before,
// and nothing that could be measured while it is off. Any goroutine may call it.
func (rt *Runtime) SetProfileLabels(on bool) (old bool) { return rt.labels.Swap(on) }

// Labels of a worker's goroutine: bits of Ctx.labels.
const (
	labelsOn  = 1 << iota // as the runtime wanted it when the core was last looked at
	labelsSet             // the goroutine has the label of Ctx.label
)

// followLabels takes over what the runtime wants.
func (c *Ctx) followLabels() {
	if c.rt.labels.Load() {
		c.labels |= labelsOn
	} else {
		c.labels &^= labelsOn
	}
}

// relabel labels the goroutine for the process p, or takes the label away.
func (c *Ctx) relabel(p *process) {
	if c.labels&labelsOn == 0 {
		c.unlabel()
		return
	}
	k := p.kind.Load()
	if k == nil || k == c.label && c.labels&labelsSet != 0 {
		return
	}
	pprof.SetGoroutineLabels(k.labels)
	c.label = k
	c.labels |= labelsSet
}

// unlabel takes the label away: of a worker that has nothing to do, or when labels are no longer wanted.
func (c *Ctx) unlabel() {
	if c.labels&labelsSet != 0 {
		pprof.SetGoroutineLabels(context.Background())
		c.label = nil
		c.labels &^= labelsSet
	}
}

// relabel does the same for the coroutine of a process in direct style, which keeps its label as long as it lives.
func (s *Self) relabel() {
	on := s.c.labels&labelsOn != 0
	if on == s.labelled {
		return
	}
	s.labelled = on
	ctx := context.Background()
	if k := s.c.p.kind.Load(); on && k != nil {
		ctx = k.labels
	}
	pprof.SetGoroutineLabels(ctx)
}
