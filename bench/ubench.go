package bench

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

var ubenchWorkload = &Workload{
	Name:    "ubench",
	Group:   OnMessages,
	Purpose: "every process passes each message on to a random other",
	Twin:    "a goroutine a process, a channel each with room for all that is under way",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes", 8, 2, 4096),
		{Name: Inflight, Meaning: "messages a process begins with", Default: 5, Min: 1, Max: 10_000},
		messagesParam(), durationParam(2e9), roundsParam(3), seedParam(),
	},
	thrum:    ubenchThrum,
	twin:     ubenchTwin,
	twinFits: bigTwinFits,
	warm:     func(p Params) int64 { return max(50_000, 20*int64(p.Procs)) },
	refine:   boundInflight("ubench"),
	label:    inflightLabel,
}

// ubenchHops is where a message's word holds how often it is to be passed on.
const ubenchHops = 24

// newUbench is big's run, in which what is asking are messages that are under way, and
// the quota is how often each of them is sent.
func newUbench(t *trial) *bigRun {
	all := int64(t.p.Procs) * int64(t.ahead())
	r := &bigRun{trial: t, quota: max(1, t.n/all), done: make(chan struct{})}
	r.asking.Store(all)
	return r
}

func (r *bigRun) passes() int64 { return r.quota * int64(r.p.Procs) * int64(r.ahead()) }

// pass returns whom to send what next; ok is false when a message has come to its end.
func (p *bigPeer) pass(hops uint64) (to int, word uint64, ok bool) {
	if hops == 0 || p.run.stopped.Load() {
		p.run.finished()
		return 0, 0, false
	}
	to = p.other()
	return to, (hops-1)<<ubenchHops | p.number(to), true
}

// come takes a message and returns how often it is to be passed on; all is how many the
// process sends now.
func (p *bigPeer) come(m message) (hops, all uint64) {
	if m.Body != nil {
		return uint64(p.run.quota), p.run.ahead()
	}
	p.take(m.Word)
	return m.Word >> ubenchHops, 1
}

// ubenchProc is a process that passes messages on.
type ubenchProc struct {
	bigPeer
	_ [16]byte
}

// Handle implements proc.Machine.
func (p *ubenchProc) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	hops, all := p.come(m)
	for range all {
		to, word, ok := p.pass(hops)
		if !ok {
			continue
		}
		if err := c.SendWord(p.run.pids[to], nil, word); err != nil {
			return p.run.sent(fmt.Sprintf("process %d", p.id), err)
		}
	}
	return nil
}

func ubenchThrum(t *trial) (Sample, error) {
	run := newUbench(t)
	procs := make([]ubenchProc, t.p.Procs)
	return run.play(run.passes(), func(i int) (proc.Machine, *bigPeer) {
		procs[i].bigPeer = run.peer(i)
		return &procs[i], &procs[i].bigPeer
	})
}

func ubenchTwin(t *trial) (Sample, error) {
	run := newUbench(t)
	return run.playTwin(run.passes(), func(p *bigPeer, inbox []chan message, m message) {
		hops, all := p.come(m)
		for range all {
			if to, word, ok := p.pass(hops); ok {
				inbox[to] <- message{Word: word}
			}
		}
	})
}
