package profiles

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// By is what processes are sorted by, the largest first.
type By string

const (
	ByReductions By = "reductions" // used in the window
	ByMessages   By = "messages"   // in the mailbox, at the end of the window
	ByGrowth     By = "growth"     // of the mailbox in the window; without a window its length
	ByOldest     By = "oldest"     // how long the oldest message has waited, at the end of the window
	ByMemory     By = "memory"     // at the end of the window
)

// Bys are all that processes can be sorted by.
var Bys = []By{ByReductions, ByMessages, ByGrowth, ByOldest, ByMemory}

// Valid reports, as an error that names the others, when by is not one of Bys.
func (by By) Valid() error {
	if slices.Contains(Bys, by) {
		return nil
	}
	names := make([]string, len(Bys))
	for i, b := range Bys {
		names[i] = string(b)
	}
	last := len(names) - 1
	return fmt.Errorf("by is %q; it must be %s or %s", string(by), strings.Join(names[:last], ", "), names[last])
}

func (by By) key(p *row) int64 {
	switch by {
	case ByMessages:
		return int64(p.queued())
	case ByGrowth:
		return int64(p.growth)
	case ByOldest:
		return int64(p.oldest)
	case ByMemory:
		return int64(p.memory)
	}
	return int64(p.used)
}

// Top returns the n processes that come first, equals in the order of their PIDs. It takes O(processes) steps and O(n) memory.
//
// Errors: an unknown by, n below 1.
func (r *Reading) Top(by By, n int) ([]Entry, error) {
	if err := by.Valid(); err != nil {
		return nil, fmt.Errorf("profiles: Top: %w", err)
	}
	if n < 1 {
		return nil, fmt.Errorf("profiles: Top: n is %d; it must be at least 1", n)
	}
	b := best{by: by}
	for i := range r.rows {
		p := &r.rows[i]
		if len(b.rows) < n {
			heap.Push(&b, p)
		} else if b.worse(b.rows[0], p) {
			b.rows[0] = p
			heap.Fix(&b, 0)
		}
	}
	slices.SortFunc(b.rows, func(x, y *row) int {
		return cmp.Or(cmp.Compare(by.key(y), by.key(x)), cmp.Compare(x.pid, y.pid))
	})
	top := make([]Entry, len(b.rows))
	for i, p := range b.rows {
		top[i] = r.entry(p)
	}
	return top, nil
}

// best is a heap of the best rows so far, with the worst of them on top.
type best struct {
	by   By
	rows []*row
}

func (b *best) worse(x, y *row) bool {
	if kx, ky := b.by.key(x), b.by.key(y); kx != ky {
		return kx < ky
	}
	return x.pid > y.pid
}

func (b *best) Len() int           { return len(b.rows) }
func (b *best) Less(i, j int) bool { return b.worse(b.rows[i], b.rows[j]) }
func (b *best) Swap(i, j int)      { b.rows[i], b.rows[j] = b.rows[j], b.rows[i] }
func (b *best) Push(x any)         { b.rows = append(b.rows, x.(*row)) }
func (b *best) Pop() any {
	last := b.rows[len(b.rows)-1]
	b.rows = b.rows[:len(b.rows)-1]
	return last
}

// Top returns the n processes that come first in what by says, by what they have done in a window of time: it reads all processes, waits,
// and reads them again; with a window of 0 it reads once. A process that has begun in the window counts from its beginning. Whoever wants to look
// more than once uses a Sampler, which needs one reading each time (recon: proc_window/3, and proc_count/2 for no window).
//
// Errors: rt is nil, an unknown by, n below 1, a negative window; proc.ErrShutdown; ctx's error, when that ends before the answer.
func Top(ctx context.Context, rt *proc.Runtime, by By, n int, window time.Duration) ([]Entry, error) {
	if rt == nil {
		return nil, errors.New("profiles: Top: rt is nil; give the runtime whose processes are meant")
	}
	if window < 0 {
		return nil, fmt.Errorf("profiles: Top: window is %v; it must be above 0, or 0 for none", window)
	}
	if _, err := (&Reading{}).Top(by, n); err != nil { // before anything is read
		return nil, err
	}
	s := NewSampler(rt)
	r, err := s.Read(ctx)
	if err == nil && window > 0 {
		if err = pause(ctx, window); err == nil {
			r, err = s.Read(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("profiles: Top: %w", err)
	}
	return r.Top(by, n)
}
