package proc

import (
	"iter"
	"time"
	"unsafe"
)

// requests are a process's own calls without reply so far, but for the one that it awaits. They are found by their numbers without a search: the one
// with the number n lies in the slot n modulo their count, and a request whose slot is taken gets the next number instead. At least half of
// the slots are free, so that is soon done, and as numbers follow each other it is hardly ever needed.
//
// The zero value is empty, as is nil. Like the rest of the cold part it belongs to the owner of the process.
type requests struct {
	slots []request
	own   []ownTimer // beside slots, once a request has a timer of its own
	n     int
	deadlines
}

// request is a slot. One without id is free.
type request struct {
	id         RequestID
	to         PID
	end        time.Duration // when it times out, while it is in a queue
	prev, next uint32        // its neighbours there by number, 0 for none
	queue      uint8         // which one, counted from 1; 0 for none
	timed      bool          // it has a timer of its own
	reckoned   bool          // end allows for how old the time was from which it counts
}

const (
	minRequests  = 4    // slots of whoever makes its first request
	keptRequests = 2048 // slots, of 40 bytes; more are given back when no request is open
)

func (s *requests) len() int {
	if s == nil {
		return 0
	}
	return s.n
}

// at returns the slot of a number. There must be slots.
func (s *requests) at(n uint32) *request { return &s.slots[n&uint32(len(s.slots)-1)] }

// find returns an open request, nil when there is none with this id.
func (s *requests) find(id RequestID) *request {
	if s == nil || s.n == 0 {
		return nil
	}
	if r := s.at(uint32(id)); r.id == id {
		return r
	}
	return nil
}

// free reports whether a request may have this number.
func (s *requests) free(n uint32) bool {
	if 2*s.n >= len(s.slots) {
		s.resize(max(minRequests, 2*len(s.slots)))
	}
	return s.at(n).id == 0
}

// put opens a request, whose number free has been asked for. Since then requests may have ended, but none has begun.
func (s *requests) put(id RequestID, to PID) *request {
	if len(s.slots) == 0 {
		s.resize(minRequests)
	}
	r := s.at(uint32(id))
	*r = request{id: id, to: to}
	s.n++
	return r
}

// remove ends a request and returns its own timer, if it has one.
func (s *requests) remove(r *request) (timer ownTimer) {
	if r.queue != 0 {
		s.leave(r)
	}
	if r.timed {
		t := &s.own[uint32(r.id)&uint32(len(s.slots)-1)]
		timer, *t = *t, ownTimer{}
	}
	r.id = 0
	if s.n--; s.n == 0 && len(s.slots) > keptRequests {
		s.slots, s.own = nil, nil
	}
	return timer
}

// resize gives all another number of slots, enough that no two of them meet.
func (s *requests) resize(slots int) {
	old, own := s.slots, s.own
	s.slots, s.own = make([]request, slots), nil
	if own != nil {
		s.own = make([]ownTimer, slots)
	}
	for i := range old {
		if r := &old[i]; r.id != 0 {
			*s.at(uint32(r.id)) = *r
			if r.timed {
				s.own[uint32(r.id)&uint32(slots-1)] = own[i]
			}
		}
	}
}

// each calls f with the open requests, in no particular order, until it returns false, and returns whether it never did. f must not change s.
func (s *requests) each(f func(*request) bool) bool {
	if s.len() == 0 {
		return true
	}
	for i := range s.slots {
		if r := &s.slots[i]; r.id != 0 && !f(r) {
			return false
		}
	}
	return true
}

// all iterates over the open requests, in no particular order. The loop must not change s.
func (s *requests) all() iter.Seq[*request] {
	return func(yield func(*request) bool) { s.each(yield) }
}

// trim gives back what is not needed.
func (s *requests) trim() {
	for slots := len(s.slots) / 2; slots >= minRequests && slots >= 2*s.n && !s.meet(slots); slots /= 2 {
		s.resize(slots)
	}
}

// meet reports whether two requests would have the same one of so many slots, half as many as there are.
func (s *requests) meet(slots int) bool {
	for i := range s.slots[:slots] {
		if s.slots[i].id != 0 && s.slots[i+slots].id != 0 {
			return true
		}
	}
	return false
}

// memory returns how many bytes they take.
func (s *requests) memory() int {
	if s == nil {
		return 0
	}
	return int(unsafe.Sizeof(*s)) + len(s.slots)*int(unsafe.Sizeof(request{})) + len(s.own)*int(unsafe.Sizeof(ownTimer{}))
}

// stop stops the timers of a process that ends. The core must be held.
func (s *requests) stop(c *Ctx) {
	if s == nil {
		return
	}
	for i := range s.own {
		s.own[i].stop(c)
	}
	s.alarm.timer.stop(c)
}
