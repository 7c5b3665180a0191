package load

import (
	"fmt"
	"math/rand/v2"

	"github.com/thrum-go/thrum/proc"
)

var callOperation = &Operation{
	Name:     "call",
	Purpose:  "a random one of the callers is told to call its state machine; complete when it has the reply",
	Twin:     "a goroutine asks another through an unbuffered channel and gets the answer through a second",
	MaxProcs: 1_000_000,
	thrum:    func(w *world) (target, error) { return newCall(w, "call", spawnCallee) },
	twin:     func(w *world) (target, error) { return newCallTwin(w, "call"), nil },
}

// call tells callers to call, and numbers what it tells each. A caller that waits for a
// reply lets further operations wait in its mailbox.
type call struct {
	w       *world
	name    string
	random  *rand.Rand
	callers []caller
	pids    []proc.PID // of the callers
	called  []proc.PID
	calls   []*uint64 // taken by each of the called
	sent    []uint64
}

// caller is a state machine that makes the calls it is told to make.
type caller struct {
	of   *call
	id   int
	to   proc.PID
	seq  uint64
	now  *op
	then func(*proc.Ctx, any, error) error // c.replied, made once
	_    [40]byte
}

// Handle implements proc.Machine.
func (c *caller) Handle(x *proc.Ctx, m proc.Message) error {
	o, ok := m.Body.(*op)
	if !ok {
		return proc.Normal
	}
	c.seq++
	if m.Word != c.seq {
		c.of.w.order(c.of.name, fmt.Sprintf("caller %d", c.id), m.Word, c.seq)
		return nil
	}
	c.now = o
	o.seq = m.Word
	// As long as it takes: what is late is seen by its latency.
	return x.Await(c.to, o, proc.Forever, c.then)
}

func (c *caller) replied(_ *proc.Ctx, v any, err error) error {
	if o, ok := v.(*op); err != nil || !ok || o != c.now || o.seq != c.seq {
		if !c.of.w.quiet.Load() {
			c.of.w.failf(c.of.name, fmt.Sprintf("caller %d", c.id), "call %d has got the wrong reply (%T, %v)", c.seq, v, err)
		}
		return nil
	}
	c.of.w.complete(c.now, c.of.name, c.id)
	return nil
}

// callee answers.
type callee struct {
	of  *call
	id  int
	seq uint64
	_   [40]byte
}

// Handle implements proc.Machine.
func (k *callee) Handle(x *proc.Ctx, m proc.Message) error {
	o, ok := m.Body.(*op)
	if !ok {
		return proc.Normal
	}
	k.seq++
	if o.seq != k.seq {
		k.of.w.order(k.of.name, fmt.Sprintf("called process %d", k.id), o.seq, k.seq)
		return nil
	}
	return x.Reply(o)
}

// spawnCallee starts the process that is called, and returns where it counts.
func spawnCallee(t *call, id int) (proc.PID, *uint64, error) {
	k := &callee{of: t, id: id}
	pid, err := t.w.spawn(k)
	return pid, &k.seq, err
}

func newCall(w *world, name string, spawn func(*call, int) (proc.PID, *uint64, error)) (*call, error) {
	n := max(1, w.procs/2)
	t := &call{w: w, name: name, random: rand.New(rand.NewPCG(w.seed, targets)), callers: make([]caller, n), sent: make([]uint64, n)}
	for i := range t.callers {
		to, calls, err := spawn(t, i)
		if err != nil {
			return nil, err
		}
		c := &t.callers[i]
		*c = caller{of: t, id: i, to: to}
		c.then = c.replied
		pid, err := w.spawn(c)
		if err != nil {
			return nil, err
		}
		t.pids, t.called, t.calls = append(t.pids, pid), append(t.called, to), append(t.calls, calls)
	}
	return t, nil
}

func (t *call) begin(o *op) error {
	o.who = t.random.IntN(len(t.pids))
	t.sent[o.who]++
	return t.w.rt.SendWord(t.pids[o.who], o, t.sent[o.who])
}

func (t *call) stop() error {
	if err := t.w.stopAll(t.name, t.pids); err != nil {
		return err
	}
	return t.w.stopAll(t.name, t.called)
}

func (t *call) verify() {
	for i := range t.callers {
		if made, got := t.callers[i].seq, *t.calls[i]; made != t.sent[i] || got != t.sent[i] {
			t.w.failf(t.name, fmt.Sprintf("caller %d", i), "it made %d calls and its peer took %d, %d were to be", made, got, t.sent[i])
			return
		}
	}
}
