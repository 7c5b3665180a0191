package bench

import (
	"context"
	"fmt"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genserver"
)

var gencallWorkload = &Workload{
	Name:    "gencall",
	Group:   OnMessages,
	Aliases: []string{"genstress"},
	Purpose: "callers call a generic server (package genserver) each and wait for the reply; a message is a call with its reply",
	Twin:    "the bare call of package proc in the same shape, as in call: what is above it is what genserver costs",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), styleParam("the caller is a state machine that awaits, a process in direct style or a goroutine", callMachine, callDirect, callGoroutine),
		procsParam("callers and called, two a pair", 2, 2, 1_000_000), callInflight(),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum:  func(t *trial) (Sample, error) { return callSide(t, genCall) },
	twin:   callThrum,
	self:   true,
	warm:   func(p Params) int64 { return max(20_000, 4*int64(p.Procs)) },
	refine: refineCall("gencall"),
	label:  callLabel,
}

// genRef is the address of a genCallee.
type genRef = genserver.Ref[*question, *question, struct{}]

func genRefOf(to proc.PID) genRef { return genserver.RefOf[*question, *question, struct{}](to) }

// genCall is the call of package genserver.
var genCall = &callShape{
	callee: func(r *callRun, id int) (proc.Machine, *uint64) {
		k := &genCallee{run: r, id: id, answers: r.questions()}
		return genserver.Factory(func() genserver.Server[*question, *question, struct{}] { return k })(), &k.seq
	},
	then: func(to proc.PID, replied func(*proc.Ctx, any, error) error) func(*proc.Ctx, any, error) error {
		return genserver.Then(genRefOf(to), func(c *proc.Ctx, q *question, err error) error { return replied(c, q, err) })
	},
	reply: func(r proc.Reply) (any, error) { return genserver.Result[*question](r) },
	direct: func(self *proc.Self, to proc.PID, q *question) (any, error) {
		return genserver.Call(self, genRefOf(to), q, callTimeout)
	},
	goroutine: func(ctx context.Context, rt *proc.Runtime, to proc.PID, q *question) (any, error) {
		return genserver.CallContext(ctx, rt, genRefOf(to), q)
	},
}

// genCallee is callee as a generic server.
type genCallee struct {
	genserver.Base[*question, *question, struct{}]
	run     *callRun
	id      int
	seq     uint64
	answers questions
}

// HandleCall implements genserver.Server.
func (k *genCallee) HandleCall(_ *genserver.Ctx, q *question, _ genserver.From[*question]) (*question, error) {
	k.seq++
	if q.n != k.seq {
		k.run.order(fmt.Sprintf("called server %d", k.id), q.n, k.seq)
		return nil, genserver.NoReply
	}
	return k.answers.next(q.n), nil
}

// HandleInfo implements genserver.InfoHandler.
func (k *genCallee) HandleInfo(_ *genserver.Ctx, m proc.Message) error {
	if m.Body != stop {
		k.run.failf(fmt.Sprintf("called server %d", k.id), "message %+v", m)
	}
	return proc.Normal
}
