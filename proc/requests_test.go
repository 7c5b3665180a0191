package proc

import (
	"testing"
	"time"
)

// The table of requests does what a map does, while it grows, is emptied and trimmed, and its queues are in the order of their deadlines.
func TestRequestsAgreeWithAMap(t *testing.T) {
	timeouts := []time.Duration{time.Second, 5 * time.Second, time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour}
	for seed := range uint64(20) {
		r := seeded(seed)
		s := &requests{}
		model := map[RequestID]PID{}
		var ids []RequestID
		n, now, grows := uint32(1<<32-50), time.Duration(0), true
		for i := range 4000 {
			if i%500 == 0 {
				grows = !grows || i == 0
			}
			switch k := r.below(8); {
			case k < 2 || k < 6 && grows:
				for n++; n == 0 || !s.free(n); {
					n++
				}
				timeout := timeouts[r.below(len(timeouts))]
				now += time.Duration(r.below(3)) * time.Millisecond
				id := RequestID(token(n, now+timeout))
				q := s.put(id, PID(i))
				if queue := s.queueFor(timeout); queue != 0 {
					s.join(q, queue, timeout, now-time.Duration(r.below(2))*time.Millisecond)
				} else {
					s.ownTimer(q).Timer.life++
				}
				model[id] = PID(i)
				ids = append(ids, id)
			case len(ids) == 0:
			case k == 7 && i%7 == 0:
				s.trim()
			default:
				at := r.below(len(ids))
				if r.below(2) == 0 {
					at = 0
				}
				id := ids[at]
				ids = append(ids[:at], ids[at+1:]...)
				q := s.find(id)
				if q == nil || q.to != model[id] {
					t.Fatalf("request %x is %+v; want one to %v", uint64(id), q, model[id])
				}
				if timed := q.timed; s.remove(q).life != 0 != timed {
					t.Fatalf("request %x, with a timer of its own: %v; its timer is another's, or lost", uint64(id), timed)
				}
				delete(model, id)
				if s.find(id) != nil {
					t.Fatalf("request %x is found after its end", uint64(id))
				}
			}
			agrees(t, s, model)
		}
	}
}

// agrees fails the test unless s has the model's requests, each of them once in a queue or with a timer, and its queues are in order.
func agrees(t *testing.T, s *requests, model map[RequestID]PID) {
	t.Helper()
	seen := 0
	for q := range s.all() {
		if to, ok := model[q.id]; !ok || to != q.to || s.find(q.id) != q || q.timed == (q.queue != 0) {
			t.Fatalf("%+v is open; want %v, %v", *q, to, ok)
		}
		seen++
	}
	if seen != len(model) || s.len() != len(model) || 2*s.n > len(s.slots) {
		t.Fatalf("%d requests are met, len is %d of %d slots; want %d", seen, s.len(), len(s.slots), len(model))
	}
	var first *request
	for i := range s.queues {
		last := uint32(0)
		for n := s.queues[i].head; n != 0; {
			q := s.at(n)
			if seen--; q.queue != uint8(i+1) || q.prev != last || uint32(q.id) != n || last != 0 && s.at(last).end > q.end {
				t.Fatalf("queue %d: %+v behind %d", i, *q, last)
			}
			if first == nil || q.end < first.end {
				first = q
			}
			last, n = n, q.next
		}
		if s.queues[i].tail != last {
			t.Fatalf("queue %d ends with %d; want %d", i, s.queues[i].tail, last)
		}
	}
	for q := range s.all() {
		if q.timed {
			seen--
		}
	}
	if got := s.first(); got != first || seen != 0 {
		t.Fatalf("the next deadline is %+v; want %+v; %d requests are in no queue", got, first, seen)
	}
}

// A request that stays open for long does not make the table grow: others pass it by.
func TestRequestThatStaysOpenTakesOneSlot(t *testing.T) {
	s := &requests{}
	n := uint32(0)
	put := func() *request {
		for n++; n == 0 || !s.free(n); {
			n++
		}
		return s.put(RequestID(n), 1)
	}
	old := put().id
	for range 100_000 {
		s.remove(put())
	}
	if len(s.slots) != minRequests || s.find(old) == nil {
		t.Errorf("%d slots; the old request is %+v", len(s.slots), s.find(old))
	}
}

// Memory that very many requests have taken is given back when none is open.
func TestManyRequestsLeaveNoMemory(t *testing.T) {
	s := &requests{}
	for n := uint32(1); n <= 10_000; n++ {
		for !s.free(n) {
			t.Fatalf("the slot of %d is taken though numbers follow each other", n)
		}
		s.put(RequestID(n), 1)
	}
	for n := uint32(1); n <= 10_000; n++ {
		s.remove(s.find(RequestID(n)))
	}
	if s.slots != nil || s.len() != 0 {
		t.Errorf("%d slots for %d requests", len(s.slots), s.len())
	}
}

// Requests with many timeouts, more of them than there are queues and both below and above what a queue takes, time out each once, not
// before its time, and those that are answered do not.
func TestRequestsTimeOutInAnyOrder(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	silent := handler(t, rt, ignore)
	prompt := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
	type asked struct {
		at      time.Duration
		timeout time.Duration // 0: it is answered
	}
	for _, style := range []string{"message", "HandleReply"} {
		r := seeded(7)
		open, over := map[RequestID]asked{}, make(chan error, 1)
		handle := func(c *Ctx, from PID, b Reply) error {
			a, ok := open[b.Request]
			delete(open, b.Request)
			switch {
			case !ok:
				t.Errorf("%s: a second reply, or one to no request: %+v", style, b)
			case a.timeout == 0 && (b.Err != nil || from != prompt):
				t.Errorf("%s: an answered request: %+v from %v", style, b, from)
			case a.timeout != 0 && (!isTimeout(b.Err) || from != 0):
				t.Errorf("%s: a request without answer: %+v from %v", style, b, from)
			case c.rt.since() < a.at+a.timeout:
				t.Errorf("%s: a timeout of %v came after %v", style, a.timeout, c.rt.since()-a.at)
			}
			if len(open) == 0 {
				over <- nil
				if s := c.p.cold.talk.calls; s.len() != 0 || s.first() != nil {
					t.Errorf("%s: %d requests are left", style, s.len())
				}
			}
			return nil
		}
		m := Machine(Func(func(c *Ctx, m Message) error {
			if b, ok := m.Body.(Reply); ok {
				if style != "message" {
					t.Errorf("%s: a reply came as a message", style)
				}
				return handle(c, m.From, b)
			}
			for range scale(3000) {
				to, a := silent, asked{timeout: time.Duration(1+r.below(1200)) * time.Millisecond}
				switch r.below(4) {
				case 0:
					a.timeout = time.Second
				case 1:
					a.timeout = 1100 * time.Millisecond
				}
				timeout := a.timeout
				if r.below(3) == 0 {
					to, a.timeout, timeout = prompt, 0, time.Hour+time.Duration(r.below(10))
				}
				a.at = c.rt.since()
				id, err := c.Request(to, 1, timeout)
				if err != nil {
					return err
				}
				open[id] = a
			}
			return nil
		}))
		if style != "message" {
			m = &replyTo{m.(Func), handle}
		}
		send(t, rt, spawn(t, rt, func() Machine { return m }), nil)
		if err := await(t, "all replies", over); err != nil {
			t.Error(err)
		}
	}
}

// The end of a process that has very many calls open, of one caller and of several, is told to all, and a caller's end is told to whom it has called.
func TestEndWithManyOpenRequests(t *testing.T) {
	for _, n := range []int{3, 100, 3000} {
		rt := begin(t, Config{Workers: 2})
		in, over := make(chan int, 1), make(chan struct{}, 1)
		calls := 0
		callee := handler(t, rt, func(c *Ctx, m Message) error {
			if m.Body == "end" {
				return ExitValue{"enough"}
			}
			if calls++; calls%n == 0 {
				in <- calls
			}
			return nil
		})
		left := n
		newCaller := func() Machine {
			return &replyTo{
				func(c *Ctx, m Message) error {
					if m.Body == "end" {
						return Normal
					}
					for i := range n {
						timeout := Forever
						if i%2 == 0 {
							timeout = time.Hour
						}
						if _, err := c.Request(callee, 1, timeout); err != nil {
							return err
						}
					}
					return nil
				},
				func(c *Ctx, from PID, r Reply) error {
					if reason, ok := Reason(r.Err); from != callee || !ok || reason != (ExitValue{"enough"}) {
						t.Errorf("%d calls: %+v from %v", n, r, from)
					}
					if left--; left == 0 {
						over <- struct{}{}
					}
					return nil
				},
			}
		}
		first, second := spawn(t, rt, newCaller), spawn(t, rt, newCaller)
		send(t, rt, first, nil)
		await(t, "the calls of the first", in)
		if got := info(t, rt, callee).Calls; got != n {
			t.Errorf("%d calls are open at the callee; want %d", got, n)
		}
		send(t, rt, first, "end")
		gone(t, rt, first)
		until(t, "the callee has heard of the end of its caller", func() bool { return info(t, rt, callee).Calls == 0 })
		send(t, rt, second, nil)
		await(t, "the calls of the second", in)
		if got := info(t, rt, second).Requests; got != n {
			t.Errorf("%d requests are open at the caller; want %d", got, n)
		}
		send(t, rt, callee, "end")
		await(t, "the end of all calls", over)
		if got := info(t, rt, second).Requests; got != 0 {
			t.Errorf("%d requests are open after the end", got)
		}
		end(t, rt)
	}
}
