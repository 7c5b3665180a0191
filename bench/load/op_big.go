package load

import (
	"fmt"
	"math/rand/v2"

	"github.com/thrum-go/thrum/proc"
)

var bigOperation = &Operation{
	Name:     "big",
	Purpose:  "a message to a random process, which hands it on to a random other; complete when that has it",
	MaxProcs: 4096, // each keeps a byte for each other
	thrum:    newBig,
}

// big sends to processes that know each other.
type big struct {
	w      *world
	random *rand.Rand
	procs  []bigProc
	pids   []proc.PID // read-only once the first message is sent
	sent   []uint64
}

// bigHop marks the word of a message between two processes. The rest is sender and number.
const bigHop = 1 << 63

// bigProc hands on what comes from outside and completes what comes from another.
type bigProc struct {
	of     *big
	id     int
	random uint64
	seq    uint64 // taken from outside
	// The low bytes of the numbers of the last message to and from each other process.
	sent, seen []uint8
}

// Handle implements proc.Machine.
func (p *bigProc) Handle(c *proc.Ctx, m proc.Message) error {
	o, ok := m.Body.(*op)
	if !ok {
		return proc.Normal
	}
	w := p.of.w
	if m.Word&bigHop != 0 {
		from := int(m.Word &^ bigHop >> 8)
		p.seen[from]++
		if p.seen[from] != uint8(m.Word) {
			w.failf("big", fmt.Sprintf("process %d", p.id), "of process %d: message %d modulo 256 came, %d was due", from, uint8(m.Word), p.seen[from])
			return nil
		}
		w.complete(o, "big", p.id)
		return nil
	}
	p.seq++
	if m.Word != p.seq {
		w.order("big", fmt.Sprintf("process %d", p.id), m.Word, p.seq)
		return nil
	}
	p.random ^= p.random << 13
	p.random ^= p.random >> 7
	p.random ^= p.random << 17
	to := int(p.random >> 33 % uint64(len(p.sent)-1))
	if to >= p.id {
		to++ // anybody but itself
	}
	p.sent[to]++
	if err := c.SendWord(p.of.pids[to], o, bigHop|uint64(p.id)<<8|uint64(p.sent[to])); err != nil && !w.quiet.Load() {
		w.failf("big", fmt.Sprintf("process %d", p.id), "refused: %v", err)
	}
	return nil
}

func newBig(w *world) (target, error) {
	n := max(2, w.procs)
	t := &big{w: w, random: rand.New(rand.NewPCG(w.seed, targets)), procs: make([]bigProc, n), sent: make([]uint64, n)}
	for i := range t.procs {
		t.procs[i] = bigProc{of: t, id: i, random: w.seed*0x9e3779b97f4a7c15 + uint64(i)*0xbf58476d1ce4e5b9 | 1,
			sent: make([]uint8, n), seen: make([]uint8, n)}
		pid, err := w.spawn(&t.procs[i])
		if err != nil {
			return nil, err
		}
		t.pids = append(t.pids, pid)
	}
	return t, nil
}

func (t *big) begin(o *op) error {
	o.who = t.random.IntN(len(t.pids))
	t.sent[o.who]++
	return t.w.rt.SendWord(t.pids[o.who], o, t.sent[o.who])
}

func (t *big) stop() error { return t.w.stopAll("big", t.pids) }

func (t *big) verify() {
	for i := range t.procs {
		p := &t.procs[i]
		if p.seq != t.sent[i] {
			t.w.failf("big", fmt.Sprintf("process %d", i), "it got %d messages from outside, %d were sent", p.seq, t.sent[i])
			return
		}
		for to, n := range p.sent {
			if seen := t.procs[to].seen[i]; seen != n {
				t.w.failf("big", fmt.Sprintf("process %d", to), "saw %d messages of process %d modulo 256, %d were sent", seen, i, n)
				return
			}
		}
	}
}
