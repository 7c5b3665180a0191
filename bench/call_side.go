package bench

import (
	"context"
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// caller is a state machine that calls: one call at a time by Await, several by Request.
type caller struct {
	run   *callRun
	shape *callShape
	to    proc.PID
	id    int
	seq   uint64 // the last call
	ask   questions
	then  func(*proc.Ctx, any, error) error // made once
	back  uint64                            // replies, with several calls
	_     [40]byte
}

// Handle implements proc.Machine.
func (k *caller) Handle(c *proc.Ctx, m proc.Message) error {
	if r, ok := m.Body.(proc.Reply); ok { // in a wrapped machine, which a ReplyHandler is not
		return k.HandleReply(c, m.From, r)
	}
	if m.Body == stop {
		return proc.Normal
	}
	if k.run.ahead > 1 {
		return k.request(c)
	}
	k.then = k.shape.then(k.to, k.replied)
	return k.next(c)
}

// HandleReply implements proc.ReplyHandler.
func (k *caller) HandleReply(c *proc.Ctx, _ proc.PID, r proc.Reply) error {
	k.back++
	v, err := k.shape.reply(r)
	if !k.run.answered(k.id, k.back, v, err) {
		return nil
	}
	return k.request(c)
}

func (k *caller) next(c *proc.Ctx) error {
	if k.seq == k.run.each || k.run.stopped.Load() {
		k.run.finished()
		return nil
	}
	k.seq++
	if err := c.Await(k.to, k.ask.next(k.seq), callTimeout, k.then); err != nil {
		return k.run.sent(fmt.Sprintf("caller %d", k.id), err)
	}
	return nil
}

func (k *caller) replied(c *proc.Ctx, v any, err error) error {
	if !k.run.answered(k.id, k.seq, v, err) {
		return nil
	}
	return k.next(c)
}

// request fills up the calls under way.
func (k *caller) request(c *proc.Ctx) error {
	for k.seq < k.run.each && k.seq < k.back+k.run.ahead && !k.run.stopped.Load() {
		k.seq++
		if _, err := c.Request(k.to, k.ask.next(k.seq), callTimeout); err != nil {
			return k.run.sent(fmt.Sprintf("caller %d", k.id), err)
		}
	}
	if k.back == k.seq {
		k.run.finished()
	}
	return nil
}

// direct is the same as a process in direct style.
func (r *callRun) direct(shape *callShape, id int, to proc.PID) func(*proc.Self) error {
	return func(self *proc.Self) error {
		if m := self.Receive(); m.Body == stop {
			return nil
		}
		if r.ahead > 1 {
			if !r.requests(self, shape, id, to) {
				return nil
			}
		} else if !r.calls(id, func(q *question) (any, error) { return shape.direct(self, to, q) }) {
			return nil
		}
		self.Receive()
		return nil
	}
}

// calls makes one call after the other, and says whether all were answered.
func (r *callRun) calls(id int, call func(*question) (any, error)) bool {
	ask := r.questions()
	for n := uint64(1); n <= r.each && !r.stopped.Load(); n++ {
		v, err := call(ask.next(n))
		if !r.answered(id, n, v, err) {
			return false
		}
	}
	r.finished()
	return true
}

// requests keeps several calls of a process in direct style under way.
func (r *callRun) requests(self *proc.Self, shape *callShape, id int, to proc.PID) bool {
	ask, asked := r.questions(), uint64(0)
	for n := uint64(1); n <= asked || asked < r.each && !r.stopped.Load(); n++ {
		for asked < r.each && asked < n-1+r.ahead && !r.stopped.Load() {
			asked++
			if _, err := self.Request(to, ask.next(asked), callTimeout); err != nil {
				_ = r.sent(fmt.Sprintf("caller %d", id), err) // it waits for its end either way
				return false
			}
		}
		if n > asked {
			break // interrupted between the two looks
		}
		reply, ok := self.Receive().Body.(proc.Reply)
		if !ok {
			return false // told to end
		}
		v, err := shape.reply(reply)
		if !r.answered(id, n, v, err) {
			return false
		}
	}
	r.finished()
	return true
}

// callShape is how the called are reached: by a call of package proc, or by something
// that is made of it.
type callShape struct {
	// callee makes one of the called; served is read when it has ended.
	callee func(r *callRun, id int) (m proc.Machine, served *uint64)
	// then makes of what a caller does with a reply what Await takes.
	then      func(to proc.PID, replied func(*proc.Ctx, any, error) error) func(*proc.Ctx, any, error) error
	reply     func(proc.Reply) (any, error)
	direct    func(self *proc.Self, to proc.PID, q *question) (any, error)
	goroutine func(ctx context.Context, rt *proc.Runtime, to proc.PID, q *question) (any, error)
}

// bareCall is the call of package proc.
var bareCall = &callShape{
	callee: func(r *callRun, id int) (proc.Machine, *uint64) {
		k := &callee{run: r, id: id, answers: r.questions()}
		return k, &k.seq
	},
	then: func(_ proc.PID, replied func(*proc.Ctx, any, error) error) func(*proc.Ctx, any, error) error {
		return replied
	},
	reply:  func(r proc.Reply) (any, error) { return r.Value, r.Err },
	direct: func(self *proc.Self, to proc.PID, q *question) (any, error) { return self.Call(to, q, callTimeout) },
	goroutine: func(ctx context.Context, rt *proc.Runtime, to proc.PID, q *question) (any, error) {
		return rt.Call(ctx, to, q)
	},
}

// callee answers.
type callee struct {
	run     *callRun
	id      int
	seq     uint64
	answers questions
	_       [80]byte
}

// Handle implements proc.Machine.
func (k *callee) Handle(c *proc.Ctx, m proc.Message) error {
	q, ok := m.Body.(*question)
	if !ok {
		return proc.Normal
	}
	k.seq++
	if q.n != k.seq {
		k.run.order(fmt.Sprintf("called process %d", k.id), q.n, k.seq)
		return nil
	}
	if err := c.Reply(k.answers.next(q.n)); err != nil {
		return k.run.sent(fmt.Sprintf("called process %d replying", k.id), err)
	}
	return nil
}

func callThrum(t *trial) (Sample, error) { return callSide(t, bareCall) }
