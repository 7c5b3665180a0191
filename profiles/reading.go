package profiles

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Sampler surveys the processes of a runtime again and again, and tells what they have done from one time to the next. The zero Sampler does not
// work; see NewSampler. One goroutine at a time may use it.
type Sampler struct {
	rt   *proc.Runtime
	last *Reading
}

// NewSampler returns a sampler of rt, which must not be nil.
func NewSampler(rt *proc.Runtime) *Sampler { return &Sampler{rt: rt} }

// Reading is what the processes of a runtime were at one moment, and what they have done since the reading before. It holds 68 bytes for each
// process, 24 more for one that waits for a reply, and does not change; any number of goroutines may use it.
type Reading struct {
	At        time.Time     // when it began
	Span      time.Duration // since the reading before; 0 when there was none
	Took      time.Duration // how long the survey took
	Processes int           // that have answered

	rows  []row
	at    []int32 // 1 + the index in rows, by the PID's index in the process table; 0 for none
	types []string
	waits []wait
	rare  map[proc.PID]rare
}

// row is a process. What few processes have is in rare.
type row struct {
	pid, parent proc.PID
	reductions  uint64 // since it began
	used        uint64 // of them since the reading before
	oldest      time.Duration
	messages    int32
	growth      int32
	memory      uint32
	typ         uint32
	status      proc.Status
	growing     uint8
	own         uint8
	blind       bool  // nothing else was known of it: it was stuck, or has waited for a worker for long. reductions and messages are those before
	wait        int32 // 1 + the index in waits, 0 for none
}

// queued returns the length of the mailbox, 0 when it is not known.
func (p *row) queued() int {
	if p.blind {
		return 0
	}
	return int(p.messages)
}

// wait is what a process that handles nothing else waits for.
type wait struct {
	to  proc.PID
	id  proc.RequestID
	old time.Duration // for how long it has been seen
}

type rare struct {
	name     string
	bound    int
	turned   uint64
	rejected uint64 // since the reading before
	stuck    time.Time
}

// Entry is a process in a Reading. Of stuck ones only PID, Type, Name, Status and Stuck are known, and of those that have waited for a worker for long
// less than that: see proc.Runtime.Info. What such a one has done is told by the reading that knows it again.
type Entry struct {
	PID        proc.PID
	Parent     proc.PID // as in proc.Info
	Type       string
	Name       string
	Status     proc.Status
	Messages   int    // in its mailbox
	Growth     int    // of the mailbox since the reading before, or since the process began
	Growing    int    // readings in a row, up to 255, in which the mailbox has grown
	Own        int    // readings in a row, up to 255, in which it had a message to itself next (proc.Info.OwnNext)
	Reductions uint64 // used since the reading before, or since the process began
	Oldest     time.Duration
	Memory     int           // in bytes, without what its machine holds
	Bound      int           // of its mailbox, 0 when it has none
	Rejected   uint64        // messages that a bounded mailbox has rejected or dropped since the reading before
	Stuck      time.Duration // how long it has been seen stuck; 0 also for one that has been seen so for the first time
	Awaits     proc.PID      // whose reply it waits for while it handles nothing else, as in proc.Info
	Awaited    time.Duration // how long it has been seen waiting for that one reply; 0 also when that was seen for the first time
}

// tableIndex is where in the process table pid lies, see proc.PID.
func tableIndex(pid proc.PID) int { return int(uint64(pid) & (1<<27 - 1)) }

// Read surveys the processes. After an error the next reading is compared with the last one that was complete.
//
// Errors: those of Survey.
func (s *Sampler) Read(ctx context.Context) (*Reading, error) {
	if s == nil || s.rt == nil {
		return nil, errors.New("profiles: Sampler: it has no runtime; use NewSampler")
	}
	r := &Reading{At: time.Now(), rare: map[proc.PID]rare{}}
	if s.last != nil {
		r.rows = make([]row, 0, len(s.last.rows)+len(s.last.rows)/16)
	}
	kinds := map[string]uint32{}
	err := survey(ctx, s.rt, func(i *proc.Info) {
		k, ok := kinds[i.Type]
		if !ok {
			k = uint32(len(r.types))
			kinds[i.Type] = k
			r.types = append(r.types, i.Type)
		}
		r.rows = append(r.rows, row{
			pid: i.PID, parent: i.Parent, reductions: i.Reductions, oldest: i.Oldest, messages: int32(min(i.Messages, math.MaxInt32)),
			memory: uint32(min(i.Memory, math.MaxUint32)), typ: k, status: i.Status, blind: i.Memory == 0,
		})
		p := &r.rows[len(r.rows)-1]
		if i.OwnNext {
			p.own = 1
		}
		if i.Awaits != 0 {
			r.waits = append(r.waits, wait{to: i.Awaits, id: i.Await})
			p.wait = int32(len(r.waits))
		}
		if i.Name != "" || i.Bound > 0 {
			r.rare[i.PID] = rare{name: i.Name, bound: i.Bound, turned: i.Turned}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("profiles: reading the processes: %w", err)
	}
	r.Took = time.Since(r.At)
	r.Processes = len(r.rows)
	r.compare(s.last)
	r.nameStuck(s.rt)
	s.last = r
	return r, nil
}

// compare fills in what has been done since the reading before, nil for none, and the index.
func (r *Reading) compare(before *Reading) {
	if before != nil {
		r.Span = r.At.Sub(before.At)
	}
	top := 0
	for i := range r.rows {
		top = max(top, tableIndex(r.rows[i].pid)+1)
	}
	r.at = make([]int32, top)
	for i := range r.rows {
		p := &r.rows[i]
		r.at[tableIndex(p.pid)] = int32(i + 1)
		was := before.find(p.pid)
		if was == nil {
			was = &row{}
		}
		if p.blind = p.blind || p.status == proc.Stuck; p.blind {
			p.reductions, p.messages = was.reductions, was.messages // what comes next is compared with these
		}
		p.growth = p.messages - was.messages
		if p.growth > 0 && before != nil {
			p.growing = min(was.growing, math.MaxUint8-1) + 1
		}
		if p.own > 0 {
			p.own = min(was.own, math.MaxUint8-1) + 1
		}
		if p.wait > 0 && was.wait > 0 {
			if now, then := &r.waits[p.wait-1], before.waits[was.wait-1]; now.id == then.id && now.to == then.to {
				now.old = then.old + r.Span
			}
		}
		if p.reductions > was.reductions {
			p.used = p.reductions - was.reductions
		}
		if p.status == proc.Stuck {
			x := r.rare[p.pid]
			if x.stuck = r.At; was.status == proc.Stuck {
				x.stuck = before.rare[p.pid].stuck
			}
			r.rare[p.pid] = x
		} else if x, ok := r.rare[p.pid]; ok && x.bound > 0 && before != nil {
			if x.rejected = x.turned - before.rare[p.pid].turned; was.blind {
				x.rejected = 0 // it was not known how many there were
			}
			r.rare[p.pid] = x
		}
	}
}

// nameStuck fills in the names of stuck processes, which do not tell them.
func (r *Reading) nameStuck(rt *proc.Runtime) {
	for i := range r.rows {
		if r.rows[i].status != proc.Stuck {
			continue
		}
		for name, pid := range rt.Names() {
			if x, ok := r.rare[pid]; ok && !x.stuck.IsZero() {
				x.name = name
				r.rare[pid] = x
			}
		}
		return
	}
}

func (r *Reading) find(pid proc.PID) *row {
	if r == nil {
		return nil
	}
	if i := tableIndex(pid); i < len(r.at) && r.at[i] > 0 && r.rows[r.at[i]-1].pid == pid {
		return &r.rows[r.at[i]-1]
	}
	return nil
}

func (r *Reading) entry(p *row) Entry {
	e := Entry{
		PID: p.pid, Parent: p.parent, Type: r.types[p.typ], Status: p.status, Messages: p.queued(), Growth: int(p.growth), Growing: int(p.growing),
		Reductions: p.used, Oldest: p.oldest, Memory: int(p.memory), Own: int(p.own),
	}
	if p.wait > 0 {
		w := &r.waits[p.wait-1]
		e.Awaits, e.Awaited = w.to, w.old
	}
	if x, ok := r.rare[p.pid]; ok {
		e.Name, e.Bound, e.Rejected = x.name, x.bound, x.rejected
		if !x.stuck.IsZero() {
			e.Stuck = r.At.Sub(x.stuck)
		}
	}
	return e
}

// Find returns what the reading has of the process pid.
func (r *Reading) Find(pid proc.PID) (Entry, bool) {
	p := r.find(pid)
	if p == nil {
		return Entry{}, false
	}
	return r.entry(p), true
}

// All calls yield with each process, in no particular order.
func (r *Reading) All(yield func(Entry) bool) {
	for i := range r.rows {
		if !yield(r.entry(&r.rows[i])) {
			return
		}
	}
}
