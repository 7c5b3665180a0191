package bench

import "github.com/thrum-go/thrum/proc"

var receiveWorkload = &Workload{
	Name:    "receive",
	Group:   OnMessages,
	Aliases: []string{"scan"},
	Purpose: "a process in direct style calls a server while many messages wait in its mailbox; a message is a call with its reply",
	Twin:    "the same process with an empty mailbox: calls are to cost the same, a ratio of 1",
	Figure:  NsPerMsg,
	self:    true,
	Parameters: []Parameter{
		workersParam(), sizeParam("messages that wait meanwhile", 100_000, 1, 100_000_000),
		messagesParam(), durationParam(2e9), roundsParam(5),
	},
	thrum: func(t *trial) (Sample, error) { return receiveSide(t, uint64(t.p.Size)) },
	twin:  func(t *trial) (Sample, error) { return receiveSide(t, 0) },
	warm:  func(Params) int64 { return 20_000 },
}

// waiting is the body of the messages that wait while others are received.
var waiting = &signal{"waiting"}

// receiver calls in the presence of messages that nobody wants yet.
type receiver struct {
	*callRun
	server proc.PID
	queued uint64
	passed chan struct{} // when they have come and been passed over
	closed chan struct{} // when everything is checked
}

// run is the process. The first message that it wants comes behind all that are to
// wait.
func (r *receiver) run(self *proc.Self) error {
	defer close(r.closed)
	self.ReceiveMatch(func(m proc.Message) bool { return m.Body == pause })
	close(r.passed)
	self.ReceiveMatch(func(m proc.Message) bool { return m.Body == start })
	r.begin = r.clock.Now()
	ask := r.questions()
	for n := uint64(1); n <= r.each && !r.stopped.Load(); n++ {
		v, err := self.Call(r.server, ask.next(n), callTimeout)
		if !r.answered(0, n, v, err) {
			return nil
		}
	}
	r.finished()
	for n := range r.queued {
		m, ok := self.ReceiveTimeout(0)
		switch {
		case !ok:
			r.failf("mailbox", "%d messages were in it after the calls, %d had been before", n, r.queued)
			return nil
		case m.Body != waiting || m.Word != n:
			r.order("mailbox", m.Word, n)
			return nil
		}
	}
	if m, ok := self.ReceiveTimeout(0); ok {
		r.failf("mailbox", "a message that nobody has sent: %+v", m)
	}
	return nil
}

func receiveSide(t *trial, queued uint64) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	call := &callRun{trial: t, each: uint64(max(1, t.n)), ahead: 1, done: make(chan struct{})}
	call.calling.Store(1)
	server := &callee{run: call, answers: call.questions()}
	r := &receiver{callRun: call, queued: queued, passed: make(chan struct{}), closed: make(chan struct{})}
	if r.server, err = s.spawn(server); err != nil {
		return Sample{}, err
	}
	pid, err := s.direct(r.run)
	if err != nil {
		return Sample{}, err
	}
	for n := range queued {
		if err := s.rt.SendWord(pid, waiting, n); err != nil {
			return Sample{}, t.sent("messages that wait", err)
		}
	}
	if err := s.send(pid, pause); err != nil {
		return Sample{}, err
	}
	if err := s.await(r.passed); err != nil {
		return Sample{}, err
	}
	sample, err := t.timed(int64(call.each), func() (int64, int64, error) {
		if err := s.send(pid, start); err != nil {
			return 0, 0, err
		}
		return s.awaitSpan(call.done, &call.begin, &call.end)
	})
	if err != nil {
		return Sample{}, err
	}
	if err := s.await(r.closed); err != nil {
		return Sample{}, err
	}
	if err := s.send(r.server, stop); err != nil {
		return Sample{}, err
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	if server.seq != call.each && !t.stopped.Load() {
		t.failf("server", "it was called %d times, %d calls were made", server.seq, call.each)
	}
	return sample, nil
}
