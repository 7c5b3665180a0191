package load

import (
	"slices"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// fake is a world without real time: its clock moves when somebody sleeps, and a little
// whenever somebody looks, and what is under way completes at the instant it should.
type fake struct {
	t       *testing.T
	clock   int64
	look    int64 // what a look at the clock takes
	pending []timed
	w       *world

	// service returns how long an operation takes that is begun at an instant.
	service func(now int64) int64
	// held returns how long begin itself takes.
	held func(now int64) int64
	// spent returns what the program has used of the processors; nil: nothing.
	spent func(now int64) cpu
	// dones are the instants at which operations should be and are completed.
	dones []done
}

type timed struct {
	at int64
	o  *op
}

type done struct{ due, begun, at int64 }

const ms = int64(time.Millisecond)

// newFake registers the operation "fake" for the test.
func newFake(t *testing.T) *fake {
	f := &fake{t: t, clock: 1, look: 1000, service: func(int64) int64 { return 1000 }, held: func(int64) int64 { return 0 }}
	had := operations
	others := slices.DeleteFunc(slices.Clone(operations), func(o *Operation) bool { return o.Name == "fake" })
	operations = append(others, &Operation{Name: "fake", MaxProcs: maxProcs, thrum: func(w *world) (target, error) {
		f.w = w
		return f, nil
	}})
	t.Cleanup(func() { operations = had })
	return f
}

func (f *fake) options() Options {
	return Options{env: &env{
		spent: func() cpu {
			if f.spent == nil {
				return cpu{}
			}
			return f.spent(f.clock)
		},
		now: func() int64 { f.advance(f.clock + f.look); return f.clock },
		sleep: func(until int64) {
			f.advance(until)
		},
		wait: func(wake <-chan struct{}, ns int64) bool {
			for end := f.clock + ns; f.clock < end; f.advance(min(end, f.next())) {
				select {
				case <-wake:
					return true
				default:
				}
			}
			select {
			case <-wake:
				return true
			default:
				return false
			}
		},
	}}
}

// next returns the instant at which something happens next.
func (f *fake) next() int64 {
	at := int64(1 << 62)
	for _, p := range f.pending {
		at = min(at, p.at)
	}
	return max(at, f.clock+1)
}

// advance moves the clock and completes what is due until then.
func (f *fake) advance(to int64) {
	for {
		first := -1
		for i, p := range f.pending {
			if p.at <= to && (first < 0 || p.at < f.pending[first].at) {
				first = i
			}
		}
		if first < 0 {
			break
		}
		p := f.pending[first]
		f.pending = slices.Delete(f.pending, first, first+1)
		f.clock = max(f.clock, p.at)
		f.dones = append(f.dones, done{p.o.due, p.o.begun, f.clock})
		look := f.look
		f.look = 0 // complete reads the clock
		f.w.complete(p.o, "fake", 0)
		f.look = look
	}
	f.clock = max(f.clock, to)
}

func (f *fake) begin(o *op) error {
	now := f.clock
	f.pending = append(f.pending, timed{now + f.service(now), o})
	f.advance(now + f.held(now))
	return nil
}

func (f *fake) stop() error { return nil }
func (f *fake) verify()     {}

// runFake runs one phase without a warm-up.
func (f *fake) run(ph Phase, opts Options) bench.Measured {
	f.t.Helper()
	ph.Name, ph.Mix = "fake", Mix{{"fake", 1}}
	res, err := Plan{Warmup: -1, Workers: 1, Phases: []Phase{ph}}.Run(f.t.Context(), opts)
	if err != nil {
		f.t.Fatal(err)
	}
	if len(res) != 1 || !res[0].OK {
		f.t.Fatalf("%+v", res)
	}
	return res[0]
}
