package explore

import (
	"fmt"
	"strconv"
	"strings"
)

// A schedule is written as a letter for each step, for the thread that carried it out (a is the first one created),
// with a count if it is more than one step in a row, and =k for each value chosen among several (by Choose, or of
// the writes in a store buffer that become visible): a3b=1a2.

// recorder writes a schedule.
type recorder struct {
	b    strings.Builder
	last int // the thread that carried out the last steps
	run  int // their number; 0 if none are to be written
}

func (r *recorder) step(id int) {
	if r.run > 0 && r.last == id {
		r.run++
		return
	}
	r.flush()
	r.last, r.run = id, 1
}

func (r *recorder) value(k int) {
	r.flush()
	fmt.Fprintf(&r.b, "=%d", k)
}

func (r *recorder) flush() {
	if r.run > 0 {
		r.b.WriteByte(byte('a' + r.last))
	}
	if r.run > 1 {
		fmt.Fprintf(&r.b, "%d", r.run)
	}
	r.run = 0
}

func (r *recorder) String() string {
	r.flush()
	return r.b.String()
}

// script is a schedule to be followed.
type script struct {
	items []item
}

// item is some steps of one thread, or a chosen value.
type item struct {
	id    int // thread; -1 for a value
	count int // steps to go, or the value
}

func parseSchedule(s string) (*script, error) {
	sc := &script{}
	for i := 0; i < len(s); {
		c := s[i]
		i++
		digits := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		n, err := strconv.Atoi(s[digits:i])
		switch {
		case c >= 'a' && c < 'a'+MaxThreads && digits == i:
			sc.items = append(sc.items, item{int(c - 'a'), 1})
		case c >= 'a' && c < 'a'+MaxThreads && err == nil && n > 0:
			sc.items = append(sc.items, item{int(c - 'a'), n})
		case c == '=' && err == nil:
			sc.items = append(sc.items, item{-1, n})
		default:
			return nil, fmt.Errorf("explore: schedule %q, at %d: must be steps such as a or b12, and values such as =1", s, digits-1)
		}
	}
	return sc, nil
}

func (s *script) done() bool { return len(s.items) == 0 }

// rest returns what has not been followed yet.
func (s *script) rest() string {
	var r recorder
	for _, it := range s.items {
		if it.id < 0 {
			r.value(it.count)
			continue
		}
		for range it.count {
			r.step(it.id)
		}
	}
	return r.String()
}

// scripted returns the thread whose step is next in the schedule. After its end, the running thread goes on.
func (e *explorer) scripted(enabled set) *thread {
	s := e.script
	if s.done() {
		if cur := currentThread(); cur != nil && enabled.has(cur) {
			return cur
		}
		return e.threads[enabled.lowest()]
	}
	it := &s.items[0]
	if it.id < 0 {
		e.fail("explore: the schedule does not fit: at %q it has a value where a thread must be chosen", s.rest())
		return nil
	}
	if enabled&bit(it.id) == 0 {
		e.fail("explore: the schedule does not fit: at %q thread %c cannot run", s.rest(), 'a'+it.id)
		return nil
	}
	t := e.threads[it.id]
	if it.count--; it.count == 0 {
		s.items = s.items[1:]
	}
	return t
}

// scriptedValue returns the value that is next in the schedule.
func (e *explorer) scriptedValue(n int) int {
	s := e.script
	if s.done() {
		return 0
	}
	it := s.items[0]
	if it.id >= 0 || it.count >= n {
		e.fail("explore: the schedule does not fit: at %q a value below %d must be chosen", s.rest(), n)
		return 0
	}
	s.items = s.items[1:]
	return it.count
}
