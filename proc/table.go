package proc

import (
	"sync"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
)

const (
	slabShift = 12
	slabLen   = 1 << slabShift
	slotBatch = 256 // free slots that change hands at a time
)

type slab [slabLen]process

// table is the process table: a growing directory of slabs, so a million processes are a few hundred objects to the garbage
// collector, and a lookup is two loads. Slots are used again; one that has had as many lives as its generation can
// count is left closed for ever (128 bytes for every 16 million processes), so a PID never means a second process.
type table struct {
	base uint64 // the runtime's number, in place
	max  int

	// dir is replaced by a longer copy under mu. Anyone may load it.
	dir atomics.Pointer[[]*slab]
	mu  sync.Mutex
	end int // slots from here on have never been used; under mu

	// free is a stack of batches of free slots. Anyone pushes and pops by compare-and-swap; a batch is never used again, so
	// there is no ABA.
	free atomics.Pointer[batch]
}

type batch struct {
	next  *batch
	slots [slotBatch]uint32
}

// find returns the slot that pid lies in, or nil when it cannot be of this runtime.
func (t *table) find(pid PID) *process {
	i := uint64(pid)&addressMask ^ t.base
	dir := *t.dir.Load()
	if i>>slabShift >= uint64(len(dir)) {
		return nil
	}
	return &dir[i>>slabShift][i&(slabLen-1)]
}

// refill returns up to slotBatch free slots, none when the table is full.
func (t *table) refill(into []uint32) []uint32 {
	for {
		b := t.free.Load()
		if b == nil {
			break
		}
		if t.free.CompareAndSwap(b, b.next) {
			return append(into, b.slots[:]...)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(slotBatch, t.max-t.end)
	if n <= 0 {
		return into
	}
	for old := *t.dir.Load(); (t.end+n-1)>>slabShift >= len(old); old = *t.dir.Load() {
		fresh := new(slab)
		for i := range fresh {
			fresh[i].mb.Open(0, mpsc.Closed, false) // a PID of generation 0 finds nobody
		}
		dir := append(old[:len(old):len(old)], fresh)
		t.dir.Store(&dir)
	}
	for i := t.end + n - 1; i >= t.end; i-- {
		into = append(into, uint32(i))
	}
	t.end += n
	return into
}

// giveBack passes on the last slotBatch of slots.
func (t *table) giveBack(slots []uint32) []uint32 {
	b := &batch{}
	rest := slots[:len(slots)-slotBatch]
	copy(b.slots[:], slots[len(rest):])
	for {
		b.next = t.free.Load()
		if t.free.CompareAndSwap(b.next, b) {
			return rest
		}
	}
}

// slot returns a free slot's process and the PID of its next life.
func (t *table) slot(i uint32) (*process, PID) {
	p := &(*t.dir.Load())[i>>slabShift][i&(slabLen-1)]
	gen := p.mb.State().Gen()
	if gen == 0 {
		gen = 1 << mpsc.GenShift // a slot that was never used
	}
	return p, PID(uint64(gen) | uint64(i) ^ t.base)
}

// worn reports whether the life that has just ended was the slot's last.
func worn(pid PID) bool { return uint64(pid)>>mpsc.GenShift == mpsc.MaxGen }
