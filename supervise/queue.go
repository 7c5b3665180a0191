package supervise

import "github.com/thrum-go/thrum/proc"

// kept is a message that has come while children were being started or stopped.
type kept struct {
	m      proc.Message
	caller proc.Caller
	call   bool
}

// queue holds them in order.
type queue struct {
	list []kept
	next int
}

func (q *queue) len() int { return len(q.list) - q.next }

func (q *queue) push(k kept) {
	if q.next > 0 && len(q.list) == cap(q.list) { // use the room in front before growing, if that is worth it
		if q.next >= len(q.list)/2 {
			n := copy(q.list, q.list[q.next:])
			clear(q.list[n:])
			q.list, q.next = q.list[:n], 0
		}
	}
	q.list = append(q.list, k)
}

func (q *queue) pop() kept {
	k := q.list[q.next]
	q.list[q.next] = kept{}
	if q.next++; q.next == len(q.list) {
		q.list, q.next = q.list[:0], 0
		if cap(q.list) > 1024 {
			q.list = nil
		}
	}
	return k
}
