package proc

import (
	"sync"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
)

const (
	slabLen   = 1 << slabShift
	slotBatch = 256 // free slots that change hands at a time, in a table of the usual size
)

type slab struct {
	procs [slabLen]process
	// named has a bit for each process that may have a registered name. Who may change it, and when, is said at registry.
	named [slabLen / 64]atomics.Uint64
}

// table is the process table: a growing directory of slabs, so a million processes are a few hundred objects to the garbage
// collector, and a lookup is two loads. Slots are used again; one that has had as many lives as its generation can
// count is left closed for ever (128 bytes for every 16 million processes), so a PID never means a second process.
type table struct {
	base  uint64 // the runtime's number, in place
	max   int
	batch int // free slots that change hands at a time: 1 in a small table, where nobody may keep any back

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
	slots []uint32
}

func (t *table) init(number uint64, max int) {
	t.base = number << indexBits
	t.max = max
	t.batch = min(slotBatch, 1+max>>10)
	t.dir.Store(&[]*slab{})
}

// find returns the slot that pid lies in, or nil when it cannot be of this runtime.
func (t *table) find(pid PID) *process {
	i := uint64(pid)&addressMask ^ t.base
	dir := *t.dir.Load()
	if i>>slabShift >= uint64(len(dir)) {
		return nil
	}
	return &dir[i>>slabShift].procs[i&(slabLen-1)]
}

// namedBit returns where the bit of pid's slot is. pid must be one of the table's.
func (t *table) namedBit(pid PID) (word *atomics.Uint64, bit uint64) {
	i := uint64(pid)&addressMask ^ t.base
	return &(*t.dir.Load())[i>>slabShift].named[i&(slabLen-1)>>6], 1 << (i & 63)
}

// refill returns some free slots, none when the table is full.
func (t *table) refill(into []uint32) []uint32 {
	for {
		b := t.free.Load()
		if b == nil {
			break
		}
		if t.free.CompareAndSwap(b, b.next) {
			return append(into, b.slots...)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(t.batch, t.max-t.end)
	if n <= 0 {
		return into
	}
	for old := *t.dir.Load(); (t.end+n-1)>>slabShift >= len(old); old = *t.dir.Load() {
		fresh := new(slab)
		for i := range fresh.procs {
			fresh.procs[i].mb.Open(0, mpsc.Closed, false) // a PID of generation 0 finds nobody
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

// giveBack passes on a batch of free slots when there are enough to keep two.
func (t *table) giveBack(slots []uint32) []uint32 {
	keep := len(slots) - t.batch
	if keep < 2*(t.batch-1) {
		return slots
	}
	b := &batch{slots: append([]uint32(nil), slots[keep:]...)}
	for {
		b.next = t.free.Load()
		if t.free.CompareAndSwap(b.next, b) {
			return slots[:keep]
		}
	}
}

// slot returns a free slot's process and the PID of its next life.
func (t *table) slot(i uint32) (*process, PID) {
	p := &(*t.dir.Load())[i>>slabShift].procs[i&(slabLen-1)]
	gen := p.mb.State().Gen()
	if gen == 0 {
		gen = 1 << mpsc.GenShift // a slot that was never used
	}
	return p, PID(uint64(gen) | uint64(i) ^ t.base)
}

// worn reports whether the life that has just ended was the slot's last.
func worn(pid PID) bool { return uint64(pid)>>mpsc.GenShift == mpsc.MaxGen }
