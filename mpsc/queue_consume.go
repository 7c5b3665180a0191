package mpsc

// Pop removes the oldest element. ok is false if there was a moment during the call at which no element was
// to be had. Only the consumer may call it.
func (q *Queue[T]) Pop() (v T, ok bool) {
	c := &q.scan
	if c.ready == 0 {
		fresh := false
		if !q.find(&fresh) {
			return v, false
		}
	}
	var zero T
	sl := &c.s.slots[c.pos%segmentLen]
	v, sl.v = sl.v, zero
	c.pos++
	c.ready--
	if c.ready == 0 {
		q.settle()
	}
	return v, true
}

// Drain removes the oldest elements, at most len(buf) of them, into buf and returns their number. It is less than
// len(buf) only when it has come to the end: every element whose push returned before the call is removed, while those
// pushed meanwhile may be left. Only the consumer may call it.
func (q *Queue[T]) Drain(buf []T) int {
	c := &q.scan
	var zero T
	n := 0
	for fresh := false; n < len(buf) && (c.ready != 0 || q.find(&fresh)); {
		s, pos := c.s, c.pos
		to := buf[n:min(n+int(c.ready), len(buf))]
		for i := range to {
			sl := &s.slots[pos%segmentLen]
			to[i], sl.v = sl.v, zero
			pos++
		}
		n += len(to)
		c.pos = pos
		c.ready -= uint32(len(to))
		if c.ready == 0 {
			q.settle()
		}
	}
	return n
}

// DrainAll removes every element whose push returned before the call, and possibly some that are pushed meanwhile, and
// hands each to f, oldest first; a nil f discards them. It returns their number. It comes to an end however fast the
// producers are. Only the consumer may call it.
//
// f may use the queue, also as its consumer. If f panics, the element it was given is removed and those after it are
// still in the queue.
func (q *Queue[T]) DrainAll(f func(T)) int {
	c := &q.scan
	var zero T
	n := 0
	for fresh := false; c.ready != 0 || q.find(&fresh); {
		s, pos, end := c.s, c.pos, c.pos+c.ready
		for pos != end {
			sl := &s.slots[pos%segmentLen]
			v := sl.v
			sl.v = zero
			pos++
			n++
			c.pos, c.ready = pos, end-pos
			if pos == end {
				q.settle()
			}
			if f == nil {
				continue
			}
			f(v)
			if c.s != s || c.pos != pos || c.ready != end-pos {
				break // f has removed elements itself
			}
		}
	}
	return n
}
