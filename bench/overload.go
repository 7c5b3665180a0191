package bench

import (
	"fmt"
	"sync/atomic"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

// The styles of overload: what becomes of messages for which there is no room.
const (
	overloadReject     = "reject"
	overloadDropNewest = "drop-newest"
	overloadDropOldest = "drop-oldest"
	overloadHold       = "hold"
)

var overloadWorkload = &Workload{
	Name:    "overload",
	Group:   OnMemory,
	Purpose: "producers send to a consumer that takes 1 µs a message; every message is handled, rejected or dropped, and memory stays bounded; a message is one that was handled",
	Twin:    "goroutines and a buffered channel: select with default, taking out the oldest, or waiting for room",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), styleParam("what a full mailbox does; hold: none is full, its producers are held back", allStyles,
			overloadReject, overloadDropNewest, overloadDropOldest, overloadHold),
		procsParam("producers", 4, 1, 10_000), sizeParam("messages the mailbox holds, but with style hold", 1000, 1, 1_000_000),
		messagesParam(), durationParam(4e9), roundsParam(3),
	},
	thrum: overloadThrum,
	twin:  overloadTwin,
	warm:  func(Params) int64 { return 5000 },
	rows:  rowsOf(overloadReject, overloadDropNewest, overloadDropOldest, overloadHold),
	label: func(p Params) string { return p.Style },
}

const (
	// overloadWork is what the consumer computes at each message, in nanoseconds.
	overloadWork = 1000
	// overloadCeiling, and overloadEach for every message that the mailbox may hold, is
	// how far memory may grow. A queue of all that is sent passes it in about a second.
	overloadCeiling = 128 << 20
	overloadEach    = 256
	// overloadLook is how many messages are handled between two looks at memory.
	overloadLook = 1 << 12
)

// overloadRun is what producers and consumer share.
type overloadRun struct {
	*trial
	begin, end int64  // before the producers begin, and when the consumer has handled enough
	work       uint64 // of meter.Spin
	enough     atomic.Bool
	done       chan struct{} // closed when enough is handled
	producing  atomic.Int64
	attempts   atomic.Int64 // by producers that have ended, as the next
	rejected   atomic.Int64
	handled    atomic.Int64
	dropped    atomic.Int64 // of the twin
}

func newOverload(t *trial) *overloadRun {
	r := &overloadRun{trial: t, work: meter.SpinRounds(overloadWork), done: make(chan struct{})}
	r.producing.Store(int64(t.p.Procs))
	return r
}

// over says whether a producer may stop sending.
func (r *overloadRun) over() bool { return r.enough.Load() || r.stopped.Load() }

// produced is called by each producer at its end.
func (r *overloadRun) produced(sent uint64, rejected int64) {
	r.attempts.Add(int64(sent))
	r.rejected.Add(rejected)
	r.producing.Add(-1)
}

// overloadConsumer follows the numbers of each producer, which rise.
type overloadConsumer struct {
	run          *overloadRun
	seen         []uint64
	before, peak int64 // memory held
}

func (r *overloadRun) consumer() *overloadConsumer {
	held := meter.Held()
	return &overloadConsumer{run: r, seen: make([]uint64, r.p.Procs), before: held, peak: held}
}

// take handles one message. When enough were handled the rest is only counted.
func (k *overloadConsumer) take(word uint64) {
	run := k.run
	from, n := word>>seqBits, word&seqMask
	if from >= uint64(len(k.seen)) || n <= k.seen[from] {
		run.failf("consumer", "message %d of producer %d came again, late or from nowhere", n, from)
		return
	}
	k.seen[from] = n
	count := run.handled.Load() + 1
	if count <= run.n {
		meter.Sink(meter.Spin(run.work))
	}
	if count == run.n {
		run.end = run.clock.Now()
		run.enough.Store(true)
		close(run.done)
	}
	run.handled.Store(count)
	if count%overloadLook == 0 || count == run.n {
		k.peak = max(k.peak, meter.Held())
	}
}

// Handle implements proc.Machine.
func (k *overloadConsumer) Handle(_ *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	k.take(m.Word)
	return nil
}

// account checks that every message is accounted for and memory stayed bounded.
func (k *overloadConsumer) account(s *Sample, rejected, dropped int64) {
	run := k.run
	handled := run.handled.Load()
	sent := run.attempts.Load()
	if handled+rejected+dropped != sent || handled < run.n {
		run.failf("accounts", "%d messages were sent; %d were handled, %d rejected and %d dropped", sent, handled, rejected, dropped)
	}
	grown := k.peak - k.before
	if limit := overloadCeiling + overloadEach*run.p.Size; grown > limit {
		run.failf("memory", "it grew by %d MB, at most %d are allowed", grown>>20, limit>>20)
	}
	s.Details = []Detail{
		{"turned_away", float64(rejected+dropped) / float64(max(1, sent)) * 100, "%"},
		{"sent", float64(sent) / float64(max(1, s.Elapsed)) * 1e9, "a second"},
		{"peak_memory_growth", max(0, float64(grown)) / (1 << 20), "MB"},
	}
}

// producer sends in turns, whatever becomes of it, until enough is handled.
type producer struct {
	run      *overloadRun
	to       proc.PID
	id       uint64
	sent     uint64
	rejected int64
	on       steps
}

// Handle implements proc.Machine. Every message but stop means: go on sending.
func (p *producer) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	run := p.run
	if !p.on.come(run.trial, "producer", m) {
		return nil
	}
	for !run.over() {
		p.sent++
		switch err := c.SendWord(p.to, nil, p.id<<seqBits|p.sent); {
		case err == nil:
		case err == proc.ErrMailboxFull && run.p.Style == overloadReject:
			p.rejected++
		default:
			return run.sent(fmt.Sprintf("producer %d", p.id), err)
		}
		if c.ShouldYield() {
			return p.on.next(c, run.trial, "producer", m)
		}
	}
	run.produced(p.sent, p.rejected)
	return nil
}
