package atomics_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/thrum-go/thrum/internal/atomics"
)

// The tests of this file hold in both builds: outside of an exploration, instrumented types are ordinary atomics.

type number interface {
	uint64 | uint32 | int64 | int32
}

type integer[T number] interface {
	Load() T
	Store(T)
	Swap(T) T
	CompareAndSwap(old, new T) bool
	Add(T) T
}

func checkInteger[T number](t *testing.T, name string, w integer[T]) {
	t.Helper()
	if v := w.Load(); v != 0 {
		t.Errorf("%s: zero value is %d", name, v)
	}
	w.Store(5)
	if v := w.Swap(7); v != 5 {
		t.Errorf("%s: Swap returned %d, want 5", name, v)
	}
	if w.CompareAndSwap(5, 1) {
		t.Errorf("%s: CompareAndSwap with another old value succeeded", name)
	}
	if !w.CompareAndSwap(7, 9) || w.Load() != 9 {
		t.Errorf("%s: CompareAndSwap failed", name)
	}
	if v := w.Add(3); v != 12 || w.Load() != 12 {
		t.Errorf("%s: Add returned %d, want 12", name, v)
	}
}

func TestOperationsDoWhatTheirNamesSay(t *testing.T) {
	checkInteger[uint64](t, "Uint64", new(atomics.Uint64))
	checkInteger[uint32](t, "Uint32", new(atomics.Uint32))
	checkInteger[int64](t, "Int64", new(atomics.Int64))
	checkInteger[int32](t, "Int32", new(atomics.Int32))

	var b atomics.Bool
	b.Store(true)
	if !b.Load() || !b.Swap(false) || b.CompareAndSwap(true, false) || !b.CompareAndSwap(false, true) || !b.Load() {
		t.Error("Bool: wrong")
	}

	var p atomics.Pointer[int]
	x, y := new(int), new(int)
	if p.Load() != nil {
		t.Error("Pointer: zero value is not nil")
	}
	p.Store(x)
	if p.Swap(y) != x || p.CompareAndSwap(x, y) || !p.CompareAndSwap(y, x) || p.Load() != x {
		t.Error("Pointer: wrong")
	}
}

func TestGoroutinesLoseNoUpdate(t *testing.T) {
	const goroutines, rounds = 4, 1000
	var n atomics.Uint64
	var spin atomics.Bool
	var locked int // guarded by spin
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range rounds {
				n.Add(1)
				for !spin.CompareAndSwap(false, true) {
					runtime.Gosched()
				}
				locked++
				spin.Store(false)
			}
		})
	}
	wg.Wait()
	if n.Load() != goroutines*rounds || locked != goroutines*rounds {
		t.Errorf("%d and %d, want %d", n.Load(), locked, goroutines*rounds)
	}
}

// The owner marks its operations; the taker waits until it has seen the memory free. That both never use it together is
// what the race detector sees, as the memory is plain.
func TestMarkAndBarrierKeepOwnerAndTakerApart(t *testing.T) {
	for range 20 {
		var (
			mark  atomics.Mark
			taken atomics.Bool
			plain int // the owner's, then the taker's
		)
		started, done := make(chan struct{}), make(chan int)
		go func() {
			for i := 0; ; i++ {
				mark.Set()
				if taken.Load() {
					mark.Clear()
					done <- i
					return
				}
				plain++
				mark.Clear()
				if i == 100 {
					close(started)
				}
			}
		}()
		<-started
		taken.Store(true)
		for {
			atomics.Barrier()
			if !mark.Read() {
				break
			}
		}
		got := plain
		plain = -1
		if n := <-done; got != n || plain != -1 {
			t.Fatalf("the taker saw %d of the owner's %d operations, and then %d", got, n, plain)
		}
	}
}
