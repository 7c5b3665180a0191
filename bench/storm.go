package bench

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

// The styles of storm: whether anybody calls the children meanwhile.
const (
	stormQuiet = "quiet"
	stormLoad  = "load"
)

var stormWorkload = &Workload{
	Name:  "storm",
	Group: OnFailure,
	Purpose: "the permanent children of a supervisor are ended at random, by their own error, a panic (load only) or a kill, and are " +
		"restarted; a message is a restart",
	Figure: NsPerMsg,
	Parameters: []Parameter{
		workersParam(), styleParam("nobody calls the children meanwhile, or clients do", stormQuiet, stormLoad),
		procsParam("children", 100, 2, 100_000),
		messagesParam(), durationParam(2e9), roundsParam(3), seedParam(),
	},
	thrum: stormThrum,
	warm:  func(p Params) int64 { return max(1000, 2*int64(p.Procs)) },
	label: func(p Params) string { return p.Style },
}

const (
	// stormDown is how many children are down at a time at the most, but half of them.
	stormDown = 16
	// stormClients call the children in the style load.
	stormClients = 4
)

var (
	// born is what a child tells the stormer when it begins, with its place as word.
	born = &signal{"born"}
	// fall ends a child by an error, burst by a panic.
	fall  = &signal{"fall"}
	burst = &signal{"burst"}
)

// errFall is the error of children that fall.
var errFall = fmt.Errorf("bench: the storm has hit")

// stormRun is what the processes of a round share.
type stormRun struct {
	*trial
	begin, end int64
	stormer    proc.PID
	at         []atomic.Uint64 // the PIDs of the children, for the clients
	ready      chan struct{}   // all have begun
	done       chan struct{}   // all restarts have been
	over       atomic.Bool     // clients are to end
	calling    atomic.Int64    // clients that have not
	calm       chan struct{}   // all have
	replies    atomic.Int64
	refused    atomic.Int64 // calls that ended with an error
}

// stormChild is a child in one of its lives.
type stormChild struct {
	run  *stormRun
	id   int
	told bool // to end
}

func (k *stormChild) where() string { return fmt.Sprintf("child %d", k.id) }

// Init implements proc.Initializer.
func (k *stormChild) Init(c *proc.Ctx) error {
	k.run.at[k.id].Store(uint64(c.Self()))
	if err := c.SendWord(k.run.stormer, born, uint64(k.id)); err != nil {
		return k.run.sent(k.where(), err)
	}
	return nil
}

// Handle implements proc.Machine.
func (k *stormChild) Handle(c *proc.Ctx, m proc.Message) error {
	if q, ok := m.Body.(*stormQuestion); ok {
		if q.taken {
			k.run.failf(k.where(), "call %d came twice", q.n)
		}
		q.taken = true
		if err := c.Reply(q); err != nil {
			return k.run.sent(k.where()+" replying", err)
		}
		return nil
	}
	if k.told || m.Body != fall && m.Body != burst {
		k.run.failf(k.where(), "message %+v", m)
		return nil
	}
	k.told = true
	if m.Body == burst {
		panic(errFall)
	}
	return errFall
}

// stormer ends children and sees them come again.
type stormer struct {
	run    *stormRun
	random *rand.Rand
	pids   []proc.PID
	down   []bool // the child has been ended, and has not begun again
	downs  int
	left   int64 // ends to begin
	births int64
}

// Handle implements proc.Machine.
func (k *stormer) Handle(c *proc.Ctx, m proc.Message) error {
	switch m.Body {
	case born:
		i := m.Word
		switch {
		case k.pids[i] == 0:
			k.down[i], k.downs = true, k.downs+1
		case !k.down[i] || m.From == k.pids[i]:
			k.run.failf("supervisor", "child %d has begun as %v, and %v was not ended", i, m.From, k.pids[i])
			return nil
		}
		k.pids[i], k.down[i] = m.From, false
		k.downs--
		if k.births++; k.births == int64(len(k.pids)) {
			close(k.run.ready)
		}
		if k.births <= int64(len(k.pids)) {
			return nil
		}
	case start:
		k.run.begin = k.run.clock.Now()
	case stop:
		return proc.Normal
	default:
		k.run.failf("stormer", "message %+v", m)
		return nil
	}
	for k.left > 0 && k.downs < min(stormDown, len(k.pids)/2) && !k.run.stopped.Load() {
		if err := k.hit(c); err != nil {
			return err
		}
	}
	if k.left == 0 && k.downs == 0 {
		k.run.end = k.run.clock.Now()
		close(k.run.done)
	}
	return nil
}

// hit ends a child that runs.
func (k *stormer) hit(c *proc.Ctx) error {
	i := k.random.IntN(len(k.pids))
	for k.down[i] {
		i = (i + 1) % len(k.pids)
	}
	k.down[i] = true
	k.downs++
	k.left--
	var err error
	switch kind := k.random.IntN(4); {
	case kind == 0 && k.run.p.Style == stormLoad:
		err = c.Send(k.pids[i], burst)
	case kind == 1:
		err = c.Exit(k.pids[i], proc.Kill)
	default:
		err = c.Send(k.pids[i], fall)
	}
	if err != nil {
		return k.run.sent(fmt.Sprintf("stormer to child %d", i), err)
	}
	return nil
}
