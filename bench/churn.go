package bench

import (
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

var churnWorkload = &Workload{
	Name:  "churn",
	Group: OnProcesses,
	Purpose: "a steady population: processes are born with a link and a name, get a message by name, and end; a message " +
		"is such a life",
	Twin:   "goroutines with a channel in a sync.Map, that tell their end over another channel",
	Figure: NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes alive", 10_000, 100, 1_000_000),
		messagesParam(), durationParam(4e9), roundsParam(3),
	},
	thrum: churnThrum,
	twin:  churnTwin,
	warm:  func(p Params) int64 { return 2 * int64(p.Procs) },
}

const (
	// churnKeepers share the population among them.
	churnKeepers = 8
	// churnEnding is how many processes of a keeper are on their way out at a time.
	churnEnding = 16
	// churnLeak bytes left behind by each life are called a leak; churnNoise, and as
	// much for each worker, may come and go by itself.
	churnLeak  = 16
	churnNoise = 2 << 20
)

// tenant is a place in the population; one process after the other has it, and its
// name.
type tenant struct {
	name   string
	index  int
	lives  uint64 // begun
	pid    proc.PID
	ending bool // the message that ends it is under way
	said   bool // and its farewell has come
}

// churnRun is what all sides share.
type churnRun struct {
	*trial
	end     int64
	each    int64 // lives that each keeper sees end
	keepers []churnKeeper
	busy    atomic.Int64 // keepers with something to do in this phase
	phase   chan struct{}
}

// churnKeeper is the part of a keeper that both sides have.
type churnKeeper struct {
	run          *churnRun
	id           int
	tenants      []tenant
	next         int // whose turn it is to end
	ending       int // tenants that are
	births, ends int64
	left         int64      // ends to begin
	closing      bool       // nobody follows who ends
	events       chan event // of the twin
}

func newChurn(t *trial) *churnRun {
	r := &churnRun{trial: t, each: max(1, t.n/churnKeepers), keepers: make([]churnKeeper, churnKeepers)}
	for id := range r.keepers {
		k := &r.keepers[id]
		*k = churnKeeper{run: r, id: id, tenants: make([]tenant, t.p.Procs/churnKeepers)}
		for i := range k.tenants {
			k.tenants[i] = tenant{name: fmt.Sprintf("tenant-%d-%d", id, i), index: i}
		}
	}
	return r
}

func (r *churnRun) total() int64 { return r.each * churnKeepers }

func (r *churnRun) population() int { return len(r.keepers) * len(r.keepers[0].tenants) }

// enter begins a phase, which every keeper has to leave.
func (r *churnRun) enter() chan struct{} {
	r.busy.Store(churnKeepers)
	r.phase = make(chan struct{})
	return r.phase
}

func (r *churnRun) leave() {
	if r.busy.Add(-1) == 0 {
		r.end = r.clock.Now()
		close(r.phase)
	}
}

func (k *churnKeeper) where() string { return fmt.Sprintf("keeper %d", k.id) }

// chosen returns who is to end now; false when enough are on their way, or all have
// been.
func (k *churnKeeper) chosen() (*tenant, bool) {
	if k.left == 0 || k.ending == min(churnEnding, len(k.tenants)) || k.run.stopped.Load() && !k.closing {
		return nil, false
	}
	for k.tenants[k.next].ending {
		k.next = (k.next + 1) % len(k.tenants)
	}
	x := &k.tenants[k.next]
	k.next = (k.next + 1) % len(k.tenants)
	k.left--
	k.ending++
	x.ending, x.said = true, false
	return x, true
}

// farewell checks what a process says before it ends.
func (k *churnKeeper) farewell(i int, from proc.PID, life uint64) {
	x := &k.tenants[i]
	if !x.ending || x.said || x.pid != from || x.lives != life {
		k.run.failf(x.name, "farewell of %v in its life %d, when %v is in life %d", from, life, x.pid, x.lives)
	}
	x.said = true
}

// ended checks the end of a process. When it is known, its name is free.
func (k *churnKeeper) ended(x *tenant) {
	if !x.ending || !x.said {
		k.run.failf(x.name, "it has ended without being told or without a farewell")
	}
	x.ending = false
	k.ending--
	k.ends++
}

// rests says whether a keeper's phase is over.
func (k *churnKeeper) rests() bool {
	return k.ending == 0 && (k.left == 0 || k.run.stopped.Load() && !k.closing)
}

// live is what a tenant does with its message: it must be its own.
func (r *churnRun) live(x *tenant, life uint64, body any) bool {
	if body != x || life != x.lives {
		r.failf(x.name, "a message %v in life %d of %d: its name led elsewhere", body, life, x.lives)
		return false
	}
	return true
}

// leaked compares the memory in use before and after.
func (r *churnRun) leaked(before, after uint64) Detail {
	grown := float64(after) - float64(before)
	if grown > churnNoise*float64(1+r.p.Workers)+churnLeak*float64(r.total()) {
		r.failf("memory", "%d bytes are in use after %d lives, %d were before", after, r.total(), before)
	}
	return Detail{"memory_growth", grown / 1e3, "KB"}
}

// inUse returns the bytes of live objects.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// verify counts the lives.
func (r *churnRun) verify() {
	want := r.each + int64(len(r.keepers[0].tenants))
	for i := range r.keepers {
		if k := &r.keepers[i]; k.births != want || k.ends != want {
			r.failf(k.where(), "%d lives have begun and %d have ended, both were to be %d", k.births, k.ends, want)
		}
	}
}
