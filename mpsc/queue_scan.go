package mpsc

// scanner is how far the consumer of a Queue has got.
//
// Slots are claimed in order but published in any order, and the consumer must not wait for a producer that is held
// up in between. So it takes what is published and remembers the slots it has passed as holes. What keeps the order
// right is that it works by snapshots:
//
//  1. A snapshot is one load of the tail. It covers every slot that is claimed by then and not consumed.
//  2. Each of its slots is looked at once, in the order of the claims: first the holes that earlier snapshots left, then
//     the slots that no snapshot has covered yet.
//  3. A slot claimed after the snapshot waits for the next one, even if it is published already.
//
// Let push x have returned before push y began; then x has the older slot. When the consumer takes y, it has come by
// x's slot in the same snapshot, unless it took x in an earlier one. The snapshot covers y's slot, so it was made after
// x was published: the consumer has taken x. And when a whole snapshot yields nothing, every push that had returned
// when it was made is consumed: at that moment there was nothing to be had. As each element comes out once, these two
// make the queue linearizable.
//
// A batch that PushAll puts into the segment at hand is published by the stamp of its first slot. It is claimed at
// once, so no snapshot covers a part of it. If its first slot looks published, the whole batch is ready; if not, its
// other slots, which get no stamps, look unpublished as well, and the batch lies in one hole. So looking never begins
// inside a batch.
type scanner[T any] struct {
	// What is being looked at: slots pos to end of segment s. The first ready of them are published.
	s               *segment[T]
	pos, end, ready uint32

	snap  uint64      // the snapshot
	last  *segment[T] // the segment in it
	limit uint32      // how many of last's slots it covers
	cur   *segment[T] // the segment in which it goes on, after the holes; cur.next and so on lead to last
	seen  uint32      // how many of cur's slots have been, or are being, looked at

	settled bool // everything in the snapshot was taken

	old     []hole[T] // holes that earlier snapshots left
	nextOld int       // the first of them not looked at in this snapshot
	holes   []hole[T] // holes that this snapshot leaves
}

// hole is a run of slots, pos to end of segment s, that were claimed but not published when they were looked at.
type hole[T any] struct {
	s        *segment[T]
	pos, end uint32
}

// find goes on until some slots are ready, and reports whether there are any. It makes at most one new snapshot, unless
// fresh says that the caller has had that, and sets fresh when it does.
func (q *Queue[T]) find(fresh *bool) bool {
	c := &q.scan
	if c.settled && (c.s == nil || c.s == c.cur) {
		// In short what would happen below, for the most frequent case: nothing left over, and at most some new slots
		// in the same segment.
		if *fresh {
			return false
		}
		tail := q.tail.Load()
		id, claimed := splitTail(tail)
		if tail == c.snap {
			return false
		}
		if last, _ := splitTail(c.snap); id == last && claimed <= segmentLen {
			*fresh = true
			c.settled = false
			c.s, c.pos, c.end = c.cur, c.seen, claimed
			c.snap, c.limit, c.seen = tail, claimed, claimed
			return c.look()
		}
	}
	for !c.look() {
		for !q.advance() {
			if *fresh || !q.snapshot() {
				return false
			}
			*fresh = true
		}
	}
	return true
}

// look goes on with slots pos to end, up to and including the next published ones.
func (c *scanner[T]) look() bool {
	s, pos, end := c.s, c.pos, c.end
	for pos < end && s.published(pos) == 0 {
		pos++
	}
	if from := c.pos; pos != from {
		c.pos = pos
		s.missing += pos - from
		c.holes = append(c.holes, hole[T]{s, from, pos})
	}
	at := pos
	for at < end {
		n := uint32(1)
		if s.slots[at%segmentLen].stamp.Load() != s.mark { // what nearly all of them are; for the others:
			if n = s.published(at); n == 0 {
				break
			}
		}
		at += n
	}
	c.ready = at - pos
	return at != pos
}

// advance turns to the next slots of the snapshot, and reports whether there are any. What was looked at before is
// consumed, holes aside.
func (q *Queue[T]) advance() bool {
	c := &q.scan
	if s := c.s; s != nil && s != c.cur && s.missing == 0 {
		q.retire(s) // its last hole is filled
	}
	c.s, c.pos, c.end = nil, 0, 0
	if bugQueueOrder && q.advanceNew() {
		return true
	}
	if c.nextOld == len(c.old) {
		return q.advanceNew()
	}
	h := c.old[c.nextOld]
	c.old[c.nextOld] = hole[T]{}
	c.nextOld++
	h.s.missing -= h.end - h.pos
	c.s, c.pos, c.end = h.s, h.pos, h.end
	return true
}

// advanceNew turns to slots that were not looked at before.
func (q *Queue[T]) advanceNew() bool {
	c := &q.scan
	for c.cur != nil {
		end := c.limit
		if c.cur != c.last {
			end = c.cur.end
		}
		if c.seen < end {
			c.s, c.pos, c.end = c.cur, c.seen, end
			c.seen = end
			return true
		}
		if c.cur == c.last {
			return false
		}
		passed := c.cur
		c.cur, c.seen = passed.next, 0
		if passed.missing == 0 {
			q.retire(passed)
		}
	}
	return false
}

// snapshot makes a new snapshot, and reports whether there is anything in it to look at.
//
// The segments from the one in the tail back to c.last stay what they are meanwhile: only the consumer retires
// segments, and it retires none that it has not passed.
func (q *Queue[T]) snapshot() bool {
	c := &q.scan
	tail := q.tail.Load()
	id, claimed := splitTail(tail)
	if id == 0 || tail == c.snap && len(c.holes) == 0 {
		return false
	}
	c.settled = false
	c.old, c.holes, c.nextOld = c.holes, c.old[:0], 0
	if tail == c.snap {
		return true
	}
	last := q.dir.get(id)
	s := last
	for s != c.last && s.prev != 0 {
		before := q.dir.get(s.prev)
		before.next, before.end = s, s.prevEnd
		s = before
	}
	if c.cur == nil {
		c.cur = s
	}
	c.snap, c.last, c.limit = tail, last, min(claimed, segmentLen)
	return true
}

// settle tells Empty if the snapshot is consumed. To be called when ready has come to 0.
func (q *Queue[T]) settle() {
	c := &q.scan
	if c.pos == c.end && c.cur == c.last && c.seen == c.limit && c.nextOld == len(c.old) && len(c.holes) == 0 {
		c.settled = true
		q.drained.Store(c.snap)
	}
}

// retire puts away a segment that is consumed and not the last.
func (q *Queue[T]) retire(s *segment[T]) {
	if id, _ := splitTail(q.drained.Load()); id == s.id.Load() {
		// The tail may come to have this value again, see Empty. It must not find it here then.
		q.drained.Store(0)
		q.revoked.Add(1)
	}
	q.dir.retire(s)
}
