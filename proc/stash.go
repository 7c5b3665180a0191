package proc

// stash holds messages that have left the mailbox and wait in the process: those that a selective receive has passed over, those that
// came during Await, and those postponed. In a mailbox there is nothing to pass over a message with, since an idle
// process must have an empty one.
//
// The cursor parts what has been looked at from what has not; it is Erlang's save pointer.
type stash struct {
	head, tail *held
	cursor     *held // the first that is to be handled again; nil for none
	n          int
	spare      *held
	spares     int
}

type held struct {
	next, prev *held
	at         uint32 // when it came, see stampOf
	lent       bool   // it still counts in the gate
	m          Message
}

const sparesMax = 64

func (p *process) stashed() *stash {
	r := p.rare()
	if r.stash == nil {
		r.stash = &stash{}
	}
	return r.stash
}

func (s *stash) node(m Message, at uint32) *held {
	h := s.spare
	if h == nil {
		return &held{m: m, at: at}
	}
	s.spare = h.next
	s.spares--
	h.next, h.m, h.at = nil, m, at
	return h
}

// insert puts h before the given one, at the end for nil.
func (s *stash) insert(h, before *held) {
	s.n++
	if h.next = before; before == nil {
		h.prev = s.tail
		s.tail = h
	} else {
		h.prev = before.prev
		before.prev = h
	}
	if h.prev == nil {
		s.head = h
	} else {
		h.prev.next = h
	}
}

// hold appends a message that is to be handled later.
func (s *stash) hold(m Message, at uint32) {
	h := s.node(m, at)
	s.insert(h, nil)
	if s.cursor == nil {
		s.cursor = h
	}
}

// pass appends a message that has been looked at, behind the others of that kind.
func (s *stash) pass(m Message, at uint32) { s.insert(s.node(m, at), s.cursor) }

// rewind makes all be handled again.
func (s *stash) rewind() { s.cursor = s.head }

// next takes the message at the cursor.
func (s *stash) next() (m Message, ok bool) {
	h := s.cursor
	if h == nil {
		return m, false
	}
	return s.take(h), true
}

// take removes h.
func (s *stash) take(h *held) Message {
	if s.cursor == h {
		s.cursor = h.next
	}
	if h.prev == nil {
		s.head = h.next
	} else {
		h.prev.next = h.next
	}
	if h.next == nil {
		s.tail = h.prev
	} else {
		h.next.prev = h.prev
	}
	s.n--
	m := h.m
	h.m, h.prev, h.next, h.lent = Message{}, nil, nil, false
	if s.spares < sparesMax {
		h.next, s.spare = s.spare, h
		s.spares++
	}
	return m
}

// passOver keeps a message that a process in direct style does not want now.
func (c *Ctx) passOver(m Message) {
	s := c.p.stashed()
	s.pass(m, c.stamp())
	h := s.tail
	if s.cursor != nil {
		h = s.cursor.prev
	}
	h.lent, c.lent = c.lent, false
}

// repay ends the counting of the message that was taken last, which the process gets now.
func (c *Ctx) repay() {
	if c.lent {
		c.lent = false
		c.p.gate.Load().repay()
	}
}

// each calls f with each message until it returns false. f may change it.
func (s *stash) each(f func(*Message) bool) {
	for h := s.head; h != nil; h = h.next {
		if !f(&h.m) {
			return
		}
	}
}
