package genserver

import (
	"iter"
	"maps"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Receive waits for the reply to the request id of the process, for timeout at the most, or proc.Forever; 0 does not wait. After
// proc.ErrTimeout the request is given up: no reply to it will come (OTP: gen_server:receive_response/2).
//
// Errors: as Call; proc.ErrTimeout.
func Receive[R any](self *proc.Self, id proc.RequestID, timeout time.Duration) (R, error) {
	m, ok := next(self, timeout, func(r proc.RequestID) bool { return r == id })
	if !ok && !self.Abandon(id) {
		m, ok = next(self, 0, func(r proc.RequestID) bool { return r == id }) // it has come just now
	}
	return answer[R](m, ok)
}

// Wait is Receive, but after proc.ErrTimeout the request is still under way, and can be waited for again (OTP: gen_server:wait_response/2).
func Wait[R any](self *proc.Self, id proc.RequestID, timeout time.Duration) (R, error) {
	return answer[R](next(self, timeout, func(r proc.RequestID) bool { return r == id }))
}

// Check reports whether m is the reply to the request id, and if so returns it (OTP: gen_server:check_response/2).
//
// Errors: as Call.
func Check[R any](m proc.Message, id proc.RequestID) (r R, ours bool, err error) {
	if b, ok := m.Body.(proc.Reply); !ok || b.Request != id {
		return r, false, nil
	}
	r, err = answer[R](m, true)
	return r, true, err
}

// next waits for a reply to one of some requests.
func next(self *proc.Self, timeout time.Duration, of func(proc.RequestID) bool) (proc.Message, bool) {
	match := func(m proc.Message) bool {
		r, ok := m.Body.(proc.Reply)
		return ok && of(r.Request)
	}
	if timeout == proc.Forever {
		return self.ReceiveMatch(match), true
	}
	return self.ReceiveMatchTimeout(timeout, match)
}

// answer reads the reply in m.
func answer[R any](m proc.Message, ok bool) (r R, err error) {
	if !ok {
		return r, proc.ErrTimeout
	}
	b := m.Body.(proc.Reply)
	return result[R](m.From, b.Value, b.Err)
}

// Requests is a collection of requests that are under way, each with a label, of a process that waits for whichever reply comes first. R is
// the type of the replies, L of the labels. The zero Requests is empty and ready. It belongs to the process (OTP: gen_server:reqids_new/0).
type Requests[R, L any] struct {
	// Keep leaves a request in the collection when its response has been taken; nobody waits for it any more (OTP: Delete = false).
	Keep  bool
	ids   map[proc.RequestID]labelled[L]
	waits int // requests without response
}

type labelled[L any] struct {
	label L
	over  bool
}

// Response is what has become of a request of a collection.
type Response[R, L any] struct {
	Request proc.RequestID
	Label   L
	Value   R
	Err     error // nil when there is a reply; else as from Call
}

// Add adds a request. One that is in the collection gets a new label (OTP: gen_server:reqids_add/3).
func (s *Requests[R, L]) Add(id proc.RequestID, label L) {
	if s.ids == nil {
		s.ids = map[proc.RequestID]labelled[L]{}
	}
	old, ok := s.ids[id]
	if !ok {
		s.waits++
	}
	s.ids[id] = labelled[L]{label, old.over}
}

// Len returns how many requests the collection holds (OTP: gen_server:reqids_size/1).
func (s *Requests[R, L]) Len() int { return len(s.ids) }

// All iterates over the requests and their labels, in no particular order (OTP: gen_server:reqids_to_list/1).
func (s *Requests[R, L]) All() iter.Seq2[proc.RequestID, L] {
	return func(yield func(proc.RequestID, L) bool) {
		for id, l := range s.ids {
			if !yield(id, l.label) {
				return
			}
		}
	}
}

// Labels returns the labels of the requests that are still to be answered, in no particular order.
func (s *Requests[R, L]) Labels() (labels []L) {
	for l := range maps.Values(s.ids) {
		if !l.over {
			labels = append(labels, l.label)
		}
	}
	return labels
}

// Check reports whether m is the reply to one of the requests, and if so takes it (OTP: gen_server:check_response/3).
func (s *Requests[R, L]) Check(m proc.Message) (r Response[R, L], ours bool) {
	b, ok := m.Body.(proc.Reply)
	if !ok || !s.waitsFor(b.Request) {
		return r, false
	}
	l := s.ids[b.Request]
	r = Response[R, L]{Request: b.Request, Label: l.label}
	r.Value, r.Err = answer[R](m, true)
	if s.waits--; s.Keep {
		s.ids[b.Request] = labelled[L]{l.label, true}
	} else {
		delete(s.ids, b.Request)
	}
	return r, true
}

func (s *Requests[R, L]) waitsFor(id proc.RequestID) bool {
	l, ok := s.ids[id]
	return ok && !l.over
}

// Receive waits for the next response, for timeout at the most, or proc.Forever; 0 does not wait. After proc.ErrTimeout all requests that
// are still to be answered are given up and leave the collection: no reply to them will come (OTP: gen_server:receive_response/3).
//
// Errors: ErrNoRequests when there is nothing to wait for; proc.ErrTimeout. What has become of the request is in the Response.
func (s *Requests[R, L]) Receive(self *proc.Self, timeout time.Duration) (Response[R, L], error) {
	r, err := s.Wait(self, timeout)
	if err != proc.ErrTimeout {
		return r, err
	}
	for id, l := range s.ids {
		if l.over {
			continue
		}
		if !self.Abandon(id) {
			next(self, 0, func(r proc.RequestID) bool { return r == id }) // it has come too late
		}
		delete(s.ids, id)
	}
	s.waits = 0
	return r, err
}

// Wait is Receive, but after proc.ErrTimeout the requests are still under way (OTP: gen_server:wait_response/3).
func (s *Requests[R, L]) Wait(self *proc.Self, timeout time.Duration) (r Response[R, L], err error) {
	if s.waits == 0 {
		return r, ErrNoRequests
	}
	m, ok := next(self, timeout, s.waitsFor)
	if !ok {
		return r, proc.ErrTimeout
	}
	r, _ = s.Check(m)
	return r, nil
}

// ReceiveUntil is Receive until a point in time (OTP: {abs, Timeout}).
func (s *Requests[R, L]) ReceiveUntil(self *proc.Self, at time.Time) (Response[R, L], error) {
	return s.Receive(self, max(0, time.Until(at)))
}

// WaitUntil is Wait until a point in time.
func (s *Requests[R, L]) WaitUntil(self *proc.Self, at time.Time) (Response[R, L], error) {
	return s.Wait(self, max(0, time.Until(at)))
}
