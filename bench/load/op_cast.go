package load

import (
	"fmt"
	"math/rand/v2"

	"github.com/thrum-go/thrum/proc"
)

var castOperation = &Operation{
	Name:     "cast",
	Purpose:  "a message to a random one of the processes; complete when it is handled",
	Twin:     "a message through a buffered channel to a random one of as many goroutines",
	MaxProcs: 1_000_000,
	thrum:    func(w *world) (target, error) { return newCast(w, "cast", w.procs) },
	twin:     func(w *world) (target, error) { return newCastTwin(w, "cast", w.procs), nil },
}

var bangOperation = &Operation{
	Name:     "bang",
	Purpose:  "a message to the one process that gets all of them; complete when it is handled",
	Twin:     "a message through a buffered channel to one goroutine",
	MaxProcs: 1_000_000, // it uses one
	thrum:    func(w *world) (target, error) { return newCast(w, "bang", 1) },
	twin:     func(w *world) (target, error) { return newCastTwin(w, "bang", 1), nil },
}

// cast sends to processes, and numbers what it sends to each.
type cast struct {
	w      *world
	name   string
	random *rand.Rand
	procs  []castProc
	pids   []proc.PID
	sent   []uint64
}

// castProc handles messages.
type castProc struct {
	of  *cast
	id  int
	seq uint64
	_   [40]byte
}

// Handle implements proc.Machine.
func (p *castProc) Handle(_ *proc.Ctx, m proc.Message) error {
	o, ok := m.Body.(*op)
	if !ok {
		return proc.Normal
	}
	p.seq++
	if m.Word != p.seq {
		p.of.w.order(p.of.name, fmt.Sprintf("process %d", p.id), m.Word, p.seq)
		return nil
	}
	p.of.w.complete(o, p.of.name, p.id)
	return nil
}

func newCast(w *world, name string, n int) (*cast, error) {
	t := &cast{w: w, name: name, random: rand.New(rand.NewPCG(w.seed, targets)), procs: make([]castProc, n), sent: make([]uint64, n)}
	for i := range t.procs {
		t.procs[i] = castProc{of: t, id: i}
		pid, err := w.spawn(&t.procs[i])
		if err != nil {
			return nil, err
		}
		t.pids = append(t.pids, pid)
	}
	return t, nil
}

func (t *cast) begin(o *op) error {
	o.who = t.random.IntN(len(t.pids))
	t.sent[o.who]++
	return t.w.rt.SendWord(t.pids[o.who], o, t.sent[o.who])
}

func (t *cast) stop() error { return t.w.stopAll(t.name, t.pids) }

func (t *cast) verify() {
	for i := range t.procs {
		if got := t.procs[i].seq; got != t.sent[i] {
			t.w.failf(t.name, fmt.Sprintf("process %d", i), "it got %d messages, %d were sent", got, t.sent[i])
			return
		}
	}
}
