package proc

import (
	"context"
	"math/rand/v2"
	"runtime/pprof"
	"time"
)

// LabelType is the key of the pprof label that SetProfileLabels sets; its value is the type of the process, as in Info.Type.
const LabelType = "thrum_type"

// SetProfileLabels says whether CPU profiles tell process types apart: while it is on, what a process does carries the pprof label LabelType,
// so "go tool pprof -tagroot thrum_type" shows the types as roots and "-tagfocus thrum_type=..." one of them. It returns how it was. Workers
// follow within about a millisecond, idle ones when they have something to do. Any goroutine may call it.
//
// Off, it costs a load and a branch a turn, some 0.3 ns. On, a change of label costs 8 ns, where a turn is of another type than the one before.
// Types whose turns change more often than once in two µs are labelled for a part of the time only, at random, which keeps the cost of all
// labels within 2 % even for turns of 35 ns: samples without a label are then of every type, and the shares among the labelled ones are
// right. BenchmarkProfileLabels of package profiles measures it.
func (rt *Runtime) SetProfileLabels(on bool) (old bool) { return rt.labels.Swap(on) }

// A worker's changes of label have a budget of time, so that two types whose turns last 20 ns each do not spend half of their time on
// labels. When it is used up, nothing is labelled for a random while: a fixed one might go with what else happens regularly, timers
// for example, and so favour a type.
const (
	labelPrice   = 2000                            // ns that each change of label takes from the budget: 1 %, as it costs 8 ns and as much again by branches that are not foreseen
	labelSavings = int64(250 * time.Microsecond)   // is the most that can be kept
	labelRest    = 2 * int64(120*time.Microsecond) // without labels, at most: about what is then saved again
)

// labelBudget is what a worker may spend on labels.
type labelBudget struct {
	saved int64 // ns of use, for labels
	asOf  int64 // ns by the core's clock
	rest  int64 // no labels before the clock says so
}

// look adds what has been earned until now, and reports whether there may be labels.
func (b *labelBudget) look(now int64) bool {
	b.saved = min(b.saved+now-b.asOf, labelSavings)
	b.asOf = now
	return now >= b.rest
}

// spend pays for a change, or says that there must be none for a while.
func (b *labelBudget) spend() bool {
	if b.saved < labelPrice {
		b.rest = b.asOf + rand.Int64N(labelRest)
		return false
	}
	b.saved -= labelPrice
	return true
}

// followLabels takes over what the runtime wants. It is part of a look.
func (c *Ctx) followLabels() {
	if !c.rt.labels.Load() {
		c.labels = false
		c.unlabel()
	} else if c.budget.look(c.w.Clock()) {
		c.labels = true
	}
}

// relabel labels the goroutine for the process p, which has another type than c.label.
func (c *Ctx) relabel(p *process) {
	k := p.kind.Load()
	switch {
	case k == nil: // has not begun
	case c.budget.spend():
		pprof.SetGoroutineLabels(k.labels)
		c.label = k
	default:
		c.labels = false
		c.unlabel()
	}
}

// inherited is the label that a worker's goroutine begins with: that of who has started it, or of what it ran before.
var inherited processType

// unlabel takes the label away: of a worker that has nothing to do, or when there are to be none.
func (c *Ctx) unlabel() {
	if c.label != nil {
		pprof.SetGoroutineLabels(context.Background())
		c.label = nil
	}
}

// relabel labels the coroutine of a process in direct style as its worker is, or takes the label away. It keeps its label from turn to turn.
func (s *Self) relabel() {
	on := s.c.labels
	if on == s.labelled {
		return
	}
	s.labelled = on
	s.c.budget.saved -= labelPrice
	ctx := context.Background()
	if k := s.c.p.kind.Load(); on && k != nil {
		ctx = k.labels
	}
	pprof.SetGoroutineLabels(ctx)
}

// labelSet is a context that has the pprof label of a type and nothing else. Its Value returns at once what pprof looks for, which
// a context of pprof.WithLabels finds by comparing keys: 8 ns a change instead of 13. It is fit for pprof.SetGoroutineLabels only.
type labelSet struct {
	context.Context
	labels any
}

func newLabelSet(typ string) *labelSet {
	s := &labelSet{Context: pprof.WithLabels(context.Background(), pprof.Labels(LabelType, typ))}
	pprof.Label(labelFinder{s.Context, &s.labels}, LabelType)
	return s
}

func (s *labelSet) Value(any) any { return s.labels }

// labelFinder keeps what is looked for in the context.
type labelFinder struct {
	context.Context
	found *any
}

func (f labelFinder) Value(key any) any {
	*f.found = f.Context.Value(key)
	return *f.found
}
