package bench

import (
	"fmt"
	"sync/atomic"
	"time"
)

// The styles of names.
const (
	namesWhereis  = "whereis"
	namesSend     = "send"
	namesRegister = "register"
)

var namesWorkload = &Workload{
	Name:  "names",
	Group: OnMessages,
	Purpose: "processes look names up, send to names, or give and take them (a pair is a message), while others come and " +
		"go all the time",
	Twin:   "sync.Map (and a map with a RWMutex) of buffered channels",
	Figure: NsPerMsg,
	Parameters: []Parameter{
		workersParam(), styleParam("what is done with names", allStyles, namesWhereis, namesSend, namesRegister),
		procsParam("processes that do it", 1, 1, 100), sizeParam("names", 10_000, 2, 1_000_000),
		messagesParam(), durationParam(4e9), roundsParam(3), seedParam(),
	},
	thrum: namesThrum,
	twin:  namesTwin,
	warm:  func(p Params) int64 { return 20_000 * int64(p.Procs) },
	rows:  rowsOf(namesWhereis, namesSend, namesRegister),
	label: func(p Params) string { return p.Style },
}

const (
	// namesBatch operations are done between two looks whether the turn is over,
	// which it is after some batches in any case.
	namesBatch   = 64
	namesBatches = 16
	// movingNames come and go every movingEvery, for all the time.
	movingNames = 64
	movingEvery = time.Millisecond
	// one of askMoving look-ups is of such a name.
	askMoving = 16
)

// namesRun is what all sides share.
type namesRun struct {
	*trial
	begin, end int64
	each       int64    // operations each does
	names      []string // made beforehand, as the following
	moving     []string // those that come and go
	own        []string // one for each that gives and takes
	users      []nameUser
	owners     []nameOwner
	waiting    atomic.Int64 // owners that do not wait for messages yet
	ready      chan struct{}
	busy       atomic.Int64 // users
	arrived    atomic.Int64 // messages
	over       atomic.Bool
	done       chan struct{}
	moves      int64         // moving names that have come and gone again; of move
	still      chan struct{} // closed when move has ended
}

// nameUser looks names up, or sends to them.
type nameUser struct {
	id      int
	random  uint64
	letters []letter // all that it ever sends
	sent    []uint8  // to each name, modulo 256
	_       [64]byte
}

// nameOwner is sent messages.
type nameOwner struct {
	run  *namesRun
	id   int
	seen []uint8 // of each user, modulo 256
}

// letter is what is sent to a name: a pointer to it, so that nothing is allocated. A
// user has four for each name and sends them in turns, which shows lost and swapped
// ones.
type letter struct {
	from, to int32
	n        uint8
}

const letters = 4

func newNames(t *trial) *namesRun {
	r := &namesRun{trial: t, each: max(1, t.n/int64(t.p.Procs)), ready: make(chan struct{}), done: make(chan struct{}), still: make(chan struct{})}
	r.waiting.Store(t.p.Size)
	r.busy.Store(int64(t.p.Procs))
	name := func(kind string, n int) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("%s-%d", kind, i)
		}
		return all
	}
	r.names, r.moving, r.own = name("service", int(t.p.Size)), name("moving", movingNames), name("own", t.p.Procs)
	r.users, r.owners = make([]nameUser, t.p.Procs), make([]nameOwner, len(r.names))
	for id := range r.users {
		u := &r.users[id]
		u.id, u.random = id, t.p.Seed*0x9e3779b97f4a7c15+uint64(id)*0xbf58476d1ce4e5b9|1
		if t.p.Style == namesSend {
			u.letters, u.sent = make([]letter, letters*len(r.names)), make([]uint8, len(r.names))
		}
		for i := range u.letters {
			u.letters[i] = letter{int32(id), int32(i / letters), uint8(i % letters)}
		}
	}
	for i := range r.owners {
		r.owners[i] = nameOwner{run: r, id: i, seen: make([]uint8, t.p.Procs)}
	}
	return r
}

func (r *namesRun) total() int64 { return r.each * int64(r.p.Procs) }

// move has names come and go while the others are used.
func (r *namesRun) move(give, take func(name string) error) {
	defer close(r.still)
	tick := time.NewTicker(movingEvery)
	defer tick.Stop()
	for {
		for _, name := range r.moving {
			err := give(name)
			if err == nil {
				err = take(name)
			}
			if err != nil {
				_ = r.sent("moving names", err)
				return
			}
		}
		r.moves += movingNames
		select {
		case <-tick.C:
		case <-r.done:
			return
		case <-r.broken:
			return
		case <-r.ctx.Done():
			return
		}
	}
}

// details says how much else went on meanwhile.
func (r *namesRun) details() []Detail {
	return []Detail{{"moving_names", float64(r.moves) / float64(r.end-r.begin) * 1e9, "a second"}}
}

// finished is what each user does that has done its operations. What was sent has to
// arrive, unless the round is interrupted.
func (r *namesRun) finished() {
	if r.busy.Add(-1) == 0 && (r.p.Style != namesSend || r.stopped.Load()) {
		r.finish()
	}
}

func (r *namesRun) finish() {
	if !r.over.Swap(true) {
		r.end = r.clock.Now()
		close(r.done)
	}
}

// verify compares what was sent with what was seen.
func (r *namesRun) verify() {
	if r.p.Style != namesSend {
		return
	}
	if n := r.arrived.Load(); n != r.total() {
		r.failf("names", "they got %d messages, %d were sent", n, r.total())
	}
	for i := range r.owners {
		for id, seen := range r.owners[i].seen {
			if sent := r.users[id].sent[i]; sent != seen {
				r.failf(r.names[i], "it saw %d messages of user %d modulo 256, %d were sent", seen, id, sent)
				return
			}
		}
	}
}

// next chooses a name, the same for both sides.
func (u *nameUser) next(n int) int {
	u.random ^= u.random << 13
	u.random ^= u.random >> 7
	u.random ^= u.random << 17
	return int(u.random >> 33 * uint64(n) >> 31)
}

// letter returns what to send to the i-th name now.
func (u *nameUser) letter(i int) *letter {
	l := &u.letters[letters*i+int(u.sent[i]%letters)]
	u.sent[i]++
	return l
}

// waits is what the owner of a name does before its first message.
func (o *nameOwner) waits() {
	if o.run.waiting.Add(-1) == 0 {
		close(o.run.ready)
	}
}

// got checks a message.
func (o *nameOwner) got(body any) {
	l, ok := body.(*letter)
	if !ok || int(l.to) != o.id {
		o.run.failf(o.run.names[o.id], "a message for somebody else: %v", body)
		return
	}
	if want := o.seen[l.from] % letters; l.n != want {
		o.run.failf(o.run.names[o.id], "of user %d: message %d modulo %d came, %d was due", l.from, l.n, letters, want)
	}
	o.seen[l.from]++
	if o.run.arrived.Add(1) == o.run.total() {
		o.run.finish()
	}
}
