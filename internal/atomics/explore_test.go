//go:build explore

package atomics_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/internal/explore"
)

func TestEveryOperationIsOneStep(t *testing.T) {
	var trace []explore.Event
	r := explore.Replay(t, explore.Config{}, "", func(x *explore.Exec) {
		var (
			n atomics.Uint64
			s atomics.Int32
			b atomics.Bool
			p atomics.Pointer[int]
		)
		x.Name(&n, "n")
		x.Name(&s, "s")
		x.Name(&b, "b")
		x.Name(&p, "p")
		x.Go("t", func() {
			n.Load()
			n.Store(1)
			n.Swap(2)
			n.CompareAndSwap(2, 3)
			n.Add(4)
			s.Add(-1)
			b.Load()
			b.Store(true)
			b.Swap(false)
			b.CompareAndSwap(true, false)
			p.Load()
			p.Store(nil)
			p.Swap(nil)
			p.CompareAndSwap(nil, new(int))
		})
	})
	trace = r.Trace
	var got []string
	for _, e := range trace {
		if !strings.HasPrefix(e.Where, "explore_test.go:") {
			t.Errorf("%v %s is said to be at %s", e.Kind, e.Word, e.Where)
		}
		got = append(got, e.Kind.String()+" "+e.Word)
	}
	want := "Load n,Store n,Swap n,CAS n,Add n,Add s,Load b,Store b,Swap b,CAS b,Load p,Store p,Swap p,CAS p"
	if s := strings.Join(got, ","); s != want {
		t.Errorf("steps\n%s, want\n%s", s, want)
	}
	if r.Failure == nil && trace[3].Note != "0x2 to 0x3: true" {
		t.Errorf("remark on the CAS is %q", trace[3].Note)
	}
}

// takeOver is the handshake of Barrier's documentation, two operations of the owner long.
func takeOver(barrier func()) func(x *explore.Exec) {
	return func(x *explore.Exec) {
		var (
			mark   atomics.Mark
			taken  atomics.Bool
			inside atomics.Int32
		)
		x.Name(&mark, "mark")
		x.Name(&taken, "taken")
		x.Name(&inside, "inside")
		x.Go("owner", func() {
			for range 2 {
				mark.Set()
				if taken.Load() {
					mark.Clear()
					return
				}
				if inside.Load() != 0 {
					x.Failf("the owner works while the taker does")
				}
				mark.Clear()
			}
		})
		x.Go("taker", func() {
			taken.Store(true)
			barrier()
			if !mark.Read() {
				inside.Store(1)
			}
		})
	}
}

func TestHandshakeHoldsInAllInterleavings(t *testing.T) {
	r := explore.Run(t, explore.Config{}, takeOver(atomics.Barrier))
	if !r.Complete {
		t.Error("not complete")
	}
}

func TestHandshakeWithoutBarrierIsRefuted(t *testing.T) {
	r := explore.Run(nil, explore.Config{}, takeOver(func() {}))
	if r.Failure == nil {
		t.Fatalf("the missing barrier was not found in %d executions", r.Executions)
	}
	t.Log(r.Failure)
	again := explore.Replay(nil, explore.Config{}, r.Failure.Schedule, takeOver(func() {}))
	if again.Failure == nil || again.Failure.Message != r.Failure.Message {
		t.Errorf("replay of %q: %v", r.Failure.Schedule, again.Failure)
	}
}

// A failed handshake must not be an artefact of the model: with atomic writes of the mark it needs no barrier.
func TestHandshakeWithAtomicMarkNeedsNoBarrier(t *testing.T) {
	explore.Run(t, explore.Config{}, func(x *explore.Exec) {
		var mark, taken atomics.Bool
		var inside atomics.Int32
		x.Go("owner", func() {
			mark.Store(true)
			if !taken.Load() && inside.Load() != 0 {
				x.Failf("the owner works while the taker does")
			}
			mark.Store(false)
		})
		x.Go("taker", func() {
			taken.Store(true)
			if !mark.Load() {
				inside.Store(1)
			}
		})
	})
}

// An atomic write of the owner empties its buffer, whether it changes anything or not. A load does not.
func TestAtomicWriteOfTheOwnerMakesItsMarkVisible(t *testing.T) {
	protocol := func(operation func(*atomics.Uint32)) func(*explore.Exec) {
		return func(x *explore.Exec) {
			var mark atomics.Mark
			var word atomics.Uint32
			var done atomic.Bool // not instrumented: set in the step of the operation
			x.Go("owner", func() {
				mark.Set()
				operation(&word)
				done.Store(true)
			})
			x.Go("reader", func() {
				explore.Point(explore.Step, 0)
				if done.Load() && !mark.Read() {
					x.Failf("the operation is done, the mark set before it is not visible")
				}
			})
		}
	}
	for name, write := range map[string]func(*atomics.Uint32){
		"Store":          func(w *atomics.Uint32) { w.Store(1) },
		"Swap":           func(w *atomics.Uint32) { w.Swap(1) },
		"Add":            func(w *atomics.Uint32) { w.Add(1) },
		"successful CAS": func(w *atomics.Uint32) { w.CompareAndSwap(0, 1) },
		"failing CAS":    func(w *atomics.Uint32) { w.CompareAndSwap(5, 6) },
	} {
		explore.Run(t, explore.Config{Name: name}, protocol(write))
	}
	r := explore.Run(nil, explore.Config{}, protocol(func(w *atomics.Uint32) { w.Load() }))
	if r.Failure == nil {
		t.Error("a Load has made the mark visible")
	}
}
