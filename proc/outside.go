package proc

import (
	"runtime"
	"unsafe"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
)

// outside is what goroutines that are not workers need to send and spawn: a few stripes, each a small cache under a
// lock that is only ever tried. Nobody waits for a goroutine that was descheduled with a stripe: it takes another.
type outside struct {
	stripes []stripe

	// Counters of what happens outside the workers; anyone adds.
	spawned, dead, rejected, dropped, messages atomics.Uint64
}

type stripe struct {
	busy  atomics.Uint32 // 1 while a goroutine uses the stripe: set and cleared by that goroutine; all else is its
	cache *mpsc.Cache[Message]
	slots []uint32
	ports []*port
	_     [64]byte
}

func (o *outside) init(pool *mpsc.Pool[Message]) {
	n := 8
	for n < 2*runtime.GOMAXPROCS(0) {
		n *= 2
	}
	o.stripes = make([]stripe, n)
	for i := range o.stripes {
		o.stripes[i].cache = pool.NewOutside()
	}
}

// lock takes a stripe, first the one that this goroutine's stack points to: goroutines that send at the same time mostly
// have their own.
func (o *outside) lock() *stripe {
	var here byte
	i := uintptr(unsafe.Pointer(&here)) >> 11 * 0x9E3779B97F4A7C15 >> 40
	for n := 0; ; n++ {
		s := &o.stripes[(i+uintptr(n))&uintptr(len(o.stripes)-1)]
		if s.busy.Load() == 0 && s.busy.CompareAndSwap(0, 1) {
			return s
		}
		if n >= len(o.stripes) {
			atomics.Relax()
		}
	}
}

func (s *stripe) unlock() { s.busy.Store(0) }
