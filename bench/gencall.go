package bench

import (
	"context"
	"fmt"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genserver"
)

var gencallWorkload = &Workload{
	Name:    "gencall",
	Purpose: "callers call a generic server (package genserver) each and wait for the reply; a message is a call with its reply",
	Twin:    "the bare call of package proc in the same shape, as in call: what is above it is what genserver costs",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), styleParam("the caller is a state machine that awaits, a process in direct style or a goroutine", callMachine, callDirect, callGoroutine),
		procsParam("callers and called, two a pair", 2, 2, 1_000_000),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum:  gencallThrum,
	twin:   callThrum,
	self:   true,
	warm:   func(p Params) int64 { return max(20_000, 4*int64(p.Procs)) },
	refine: evenProcs("gencall"),
	label:  func(p Params) string { return p.Style },
}

// genRef is the address of a genCallee.
type genRef = genserver.Ref[*question, *question, struct{}]

// genCallee is callee as a generic server.
type genCallee struct {
	genserver.Base[*question, *question, struct{}]
	run    *callRun
	id     int
	seq    uint64
	answer question
}

// HandleCall implements genserver.Server.
func (k *genCallee) HandleCall(_ *genserver.Ctx, q *question, _ genserver.From[*question]) (*question, error) {
	k.seq++
	if q.n != k.seq {
		k.run.order(fmt.Sprintf("called server %d", k.id), q.n, k.seq)
		return nil, genserver.NoReply
	}
	k.answer.n = q.n
	return &k.answer, nil
}

// HandleInfo implements genserver.InfoHandler.
func (k *genCallee) HandleInfo(_ *genserver.Ctx, m proc.Message) error {
	if m.Body != stop {
		k.run.failf(fmt.Sprintf("called server %d", k.id), "message %+v", m)
	}
	return proc.Normal
}

// genCaller is caller, calling a generic server.
type genCaller struct {
	run  *callRun
	to   genRef
	id   int
	seq  uint64 // the last call
	ask  questions
	then func(*proc.Ctx, any, error) error // k.replied, made once
}

// Handle implements proc.Machine.
func (k *genCaller) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	k.then = genserver.Then(k.to, k.replied)
	return k.next(c)
}

func (k *genCaller) next(c *proc.Ctx) error {
	if k.seq == k.run.each || k.run.stopped.Load() {
		k.run.finished()
		return nil
	}
	k.seq++
	if err := c.Await(k.to.PID, k.ask.next(k.seq), callTimeout, k.then); err != nil {
		return k.run.sent(fmt.Sprintf("caller %d", k.id), err)
	}
	return nil
}

func (k *genCaller) replied(c *proc.Ctx, q *question, err error) error {
	if !k.run.answered(k.id, k.seq, q, err) {
		return nil
	}
	return k.next(c)
}

// genDirect is the same as a process in direct style.
func (r *callRun) genDirect(id int, to genRef) func(*proc.Self) error {
	return func(self *proc.Self) error {
		if m := self.Receive(); m.Body == stop {
			return nil
		}
		var ask questions
		for n := uint64(1); n <= r.each && !r.stopped.Load(); n++ {
			q, err := genserver.Call(self, to, ask.next(n), callTimeout)
			if !r.answered(id, n, q, err) {
				return nil
			}
		}
		r.finished()
		self.Receive()
		return nil
	}
}

// genGoroutine is the same as a goroutine.
func (r *callRun) genGoroutine(ctx context.Context, rt *proc.Runtime, id int, to genRef) {
	var ask questions
	for n := uint64(1); n <= r.each && !r.stopped.Load(); n++ {
		q, err := genserver.CallContext(ctx, rt, to, ask.next(n))
		if !r.answered(id, n, q, err) {
			return
		}
	}
	r.finished()
}
