package proc

import "time"

// deadlines are until when a process's requests wait. A timer for each would cost as much as the request, and nearly all are answered in time. As
// most requests of a process have the same timeout, or one of a few, those with the same one stand in a queue, which is in the order of
// their deadlines, and one alarm rings for the first of all. It is not stopped with the request that it was set for; see alarm.
//
// A timer of its own has a request with a timeout of less than alarmMin, since Worker.Now is too coarse for it; one whose timeout is
// none of those in the queues while all of these are in use; and one that is made without a core.
type deadlines struct {
	alarm  alarm // its end is not used
	queues [deadlineQueues]deadlineQueue
}

// deadlineQueue has the numbers of the first and the last request in it, both 0 when it is empty.
type deadlineQueue struct {
	timeout    time.Duration
	head, tail uint32
}

const deadlineQueues = 4

// queueFor returns the queue for a timeout, counted from 1; 0 when there is none.
func (d *deadlines) queueFor(timeout time.Duration) (queue uint8) {
	for i := range d.queues {
		switch q := &d.queues[i]; {
		case q.timeout == timeout:
			return uint8(i + 1)
		case q.head == 0 && queue == 0:
			queue = uint8(i + 1)
		}
	}
	return queue
}

// limit lets a request time out. The core must be held.
func (s *requests) limit(c *Ctx, r *request, timeout, now time.Duration) {
	if timeout >= alarmMin {
		if queue := s.queueFor(timeout); queue != 0 {
			s.join(r, queue, timeout, now)
			if s.alarm.timer.t == nil || s.alarm.due > r.end {
				s.alarm.timer.stop(c)
				s.alarm.start(c, c.self, r.end-now, now, requestsWord)
			}
			return
		}
	}
	s.ownTimer(r).start(c, c.self, timeout, uint64(r.id))
}

// ownTimer returns where the timer of a request that has one of its own is.
func (s *requests) ownTimer(r *request) *ownTimer {
	if s.own == nil {
		s.own = make([]ownTimer, len(s.slots))
	}
	r.timed = true
	return &s.own[uint32(r.id)&uint32(len(s.slots)-1)]
}

// join puts a request at the end of a queue. now may be a little older than it was for the one before, on another core.
func (s *requests) join(r *request, queue uint8, timeout, now time.Duration) {
	q := &s.queues[queue-1]
	q.timeout = timeout
	r.queue, r.end = queue, now+timeout+timeout/alarmPart
	n := uint32(r.id)
	if r.prev = q.tail; q.tail == 0 {
		q.head = n
	} else {
		last := s.at(q.tail)
		last.next = n
		r.end = max(r.end, last.end)
	}
	q.tail = n
}

// leave takes a request out of its queue.
func (s *requests) leave(r *request) {
	q := &s.queues[r.queue-1]
	if r.prev == 0 {
		q.head = r.next
	} else {
		s.at(r.prev).next = r.next
	}
	if r.next == 0 {
		q.tail = r.prev
	} else {
		s.at(r.next).prev = r.prev
	}
	r.prev, r.next, r.queue = 0, 0, 0
}

// first returns the request in a queue whose deadline is the next, nil when there is none.
func (s *requests) first() (first *request) {
	for i := range s.queues {
		if n := s.queues[i].head; n != 0 {
			if r := s.at(n); first == nil || r.end < first.end {
				first = r
			}
		}
	}
	return first
}

// requestsRang is what their alarm does: those that are due are told as if each had had a timer, in the order of their deadlines.
func (c *Ctx) requestsRang(p *process) {
	t := p.talk()
	if t == nil || t.calls == nil {
		return
	}
	s := t.calls
	s.alarm.timer.stop(c) // another one runs if this one came too late to be stopped
	now := c.rt.since()
	for r := s.first(); r != nil; r = s.first() {
		if r.end > now {
			s.alarm.start(c, p.pid, r.end-now, now, requestsWord)
			return
		}
		if !r.reckoned { // as alarm.reckon
			r.reckoned = true
			timeout := s.queues[r.queue-1].timeout
			spare := timeout / alarmPart
			r.end += max(c.rt.sched.Stale(int64(r.end-timeout-spare))-spare, 0)
			continue
		}
		s.leave(r)
		c.emit(p.pid, Message{From: markSignal, Body: timeoutSignal, Word: uint64(r.id)})
	}
}
