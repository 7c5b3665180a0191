package genserver

import (
	"time"

	"github.com/thrum-go/thrum/proc"
)

// MultiCall sends req to all of the servers at the same time and waits until each has replied, has ended or timeout has gone by: each is
// in one of the results. timeout may be proc.Forever. A server that is there twice is called once. (OTP: gen_server:multi_call/4, for servers in place of
// nodes.)
//
// Errors by server: those of Call; when k waits no longer, that for all of them.
func MultiCall[Q, R, M any](k proc.Client, refs []Ref[Q, R, M], req Q, timeout time.Duration) (map[proc.PID]R, map[proc.PID]error) {
	replies, errs := map[proc.PID]R{}, map[proc.PID]error{}
	j := &job{req: req, timeout: timeout}
	for _, ref := range refs {
		j.to = append(j.to, ref.PID)
	}
	rt := k.Runtime()
	pid, err := rt.Spawn(func() proc.Machine { return &multicaller{answers: map[proc.PID]proc.Reply{}} })
	var v any
	if err == nil {
		if v, err = k.Call(pid, j); err != nil {
			_ = rt.Exit(pid, proc.Kill) // it is ours
		}
	}
	for _, to := range j.to {
		if err != nil {
			errs[to] = err
			continue
		}
		a := v.(map[proc.PID]proc.Reply)[to]
		if r, err := result[R](to, a.Value, a.Err); err != nil {
			errs[to] = err
		} else {
			replies[to] = r
		}
	}
	return replies, errs
}

// job is what a multicaller is to do.
type job struct {
	to      []proc.PID
	req     any
	timeout time.Duration
}

// multicaller is a process that makes calls at the same time, for somebody who waits for all of them.
type multicaller struct {
	from    proc.Caller
	open    map[proc.RequestID]proc.PID
	answers map[proc.PID]proc.Reply
}

// Handle takes the job, and then the replies.
func (s *multicaller) Handle(c *proc.Ctx, m proc.Message) error {
	switch b := m.Body.(type) {
	case *job:
		s.from, _ = c.Caller()
		s.open = make(map[proc.RequestID]proc.PID, len(b.to))
		for _, to := range b.to {
			s.ask(c, to, b)
		}
	case proc.Reply:
		s.answers[s.open[b.Request]] = b
		delete(s.open, b.Request)
	default:
		return nil // somebody has guessed our PID
	}
	if len(s.open) > 0 {
		return nil
	}
	_ = c.ReplyTo(s.from, s.answers) // nobody waits any more if that fails
	return proc.Normal
}

func (s *multicaller) ask(c *proc.Ctx, to proc.PID, j *job) {
	if _, ok := s.answers[to]; ok {
		return
	}
	s.answers[to] = proc.Reply{} // until it comes
	if to == s.from.PID() {
		s.answers[to] = proc.Reply{Err: &proc.CallError{To: to, Err: proc.ErrCallingSelf}}
		return
	}
	id, err := c.Request(to, j.req, j.timeout)
	if err != nil {
		s.answers[to] = proc.Reply{Err: err}
		return
	}
	s.open[id] = to
}
