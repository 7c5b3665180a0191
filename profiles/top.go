package profiles

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// By is what Top sorts processes by.
type By string

const (
	ByReductions By = "reductions" // used in the window
	ByMessages   By = "messages"   // by which the mailbox has grown in the window; without a window its length
	ByOldest     By = "oldest"     // how long the oldest message has waited, at the end of the window
)

// Entry is a process in the answer of Top.
type Entry struct {
	PID        proc.PID      `json:"pid"`
	Type       string        `json:"type"`
	Name       string        `json:"name,omitempty"`
	Status     string        `json:"status"`
	Messages   int           `json:"messages"`   // in its mailbox, at the end of the window
	Growth     int           `json:"growth"`     // of the mailbox in the window, without a window its length
	Reductions uint64        `json:"reductions"` // in the window, without a window since it began
	Oldest     time.Duration `json:"oldest"`     // in ns in JSON
	Memory     int           `json:"memory"`     // in bytes
}

// Top returns the n processes that come first in what by says, by what they have done in a window of time: it reads all processes, waits,
// and reads them again; with a window of 0 it reads once. A process that has begun in the window counts from its beginning; of stuck ones
// only PID, Type and Status are known. Top costs twice what ReadTree does (recon: proc_window/3, and proc_count/2 for no window).
//
// Errors: rt is nil, an unknown by, n below 1, a negative window; proc.ErrShutdown; ctx's error, when that ends before the answer.
func Top(ctx context.Context, rt *proc.Runtime, by By, n int, window time.Duration) ([]Entry, error) {
	var key func(e *Entry) int64
	switch by {
	case ByReductions:
		key = func(e *Entry) int64 { return int64(e.Reductions) }
	case ByMessages:
		key = func(e *Entry) int64 { return int64(e.Growth) }
	case ByOldest:
		key = func(e *Entry) int64 { return int64(e.Oldest) }
	default:
		return nil, fmt.Errorf("profiles: Top: by is %q; it must be reductions, messages or oldest", by)
	}
	switch {
	case rt == nil:
		return nil, errors.New("profiles: Top: rt is nil; give the runtime whose processes are meant")
	case n < 1:
		return nil, fmt.Errorf("profiles: Top: n is %d; it must be at least 1", n)
	case window < 0:
		return nil, fmt.Errorf("profiles: Top: window is %v; it must be above 0, or 0 for none", window)
	}
	type was struct {
		messages   int
		reductions uint64
	}
	before := make(map[proc.PID]was)
	if window > 0 {
		infos, err := readInfos(ctx, rt)
		if err == nil {
			for i := range infos {
				before[infos[i].PID] = was{infos[i].Messages, infos[i].Reductions}
			}
			err = pause(ctx, window)
		}
		if err != nil {
			return nil, fmt.Errorf("profiles: Top: %w", err)
		}
	}
	infos, err := readInfos(ctx, rt)
	if err != nil {
		return nil, fmt.Errorf("profiles: Top: %w", err)
	}
	all := make([]Entry, 0, len(infos))
	for i := range infos {
		p := &infos[i]
		b := before[p.PID]
		e := Entry{
			PID: p.PID, Type: p.Type, Name: p.Name, Status: p.Status.String(), Messages: p.Messages, Growth: p.Messages - b.messages,
			Oldest: p.Oldest, Memory: p.Memory,
		}
		if p.Reductions > b.reductions { // nothing is known of one that has got stuck
			e.Reductions = p.Reductions - b.reductions
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Or(cmp.Compare(key(&b), key(&a)), cmp.Compare(a.PID, b.PID)) })
	return all[:min(n, len(all))], nil
}
