package group_test

import (
	"math"
	"runtime"
	"sync"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

func TestPublishReachesEveryMemberAsOftenAsItHasJoined(t *testing.T) {
	rt, s := scope[string](t)
	got := make(chan proc.Message, 1000)
	var p []proc.PID
	for range 100 {
		pid, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
			got <- proc.Message{From: m.From, Body: [2]any{c.Self(), m.Body}}
			return nil
		}))
		ok(t, err)
		p = append(p, pid)
	}
	ok(t, s.Join("g", p...))
	ok(t, s.Join("g", p[0]))
	ok(t, s.Join("other", p[1]))
	sender := direct(t, rt, func(self *proc.Self) error {
		self.Receive()
		if n := s.Publish(self, "g", "hello"); n != 101 {
			t.Errorf("Publish reached %d", n)
		}
		if n := s.Publish(self, "nobody", "hello"); n != 0 {
			t.Errorf("Publish to an empty group reached %d", n)
		}
		return nil
	})
	check := func(from proc.PID, what string) {
		t.Helper()
		count := map[proc.PID]int{}
		for range 101 {
			m := await(t, "a message", got)
			b := m.Body.([2]any)
			if m.From != from || b[1] != what {
				t.Errorf("%v from %v, want %v from %v", b[1], m.From, what, from)
			}
			count[b[0].(proc.PID)]++
		}
		if len(count) != 100 || count[p[0]] != 2 {
			t.Errorf("%d members got it, the one that has joined twice %d times", len(count), count[p[0]])
		}
	}
	ok(t, rt.Send(sender, "go"))
	check(sender, "hello")
	if n := s.Publish(rt, "g", "from outside"); n != 101 {
		t.Errorf("Publish reached %d", n)
	}
	check(0, "from outside")
	if n := s.Publish(nil, "g", "from nobody"); n != 101 {
		t.Errorf("Publish reached %d", n)
	}
	check(0, "from nobody")
}

// Members that cannot take the message are left out of the count.
func TestPublishCountsThoseItHasReached(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 3)
	busy, goOn := make(chan bool), make(chan bool)
	full, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
		c.Blocking(func() {
			busy <- true
			<-goOn
		})
		return proc.Normal
	}), proc.WithMailboxBound(1, proc.Reject))
	ok(t, err)
	ok(t, rt.Send(full, 1))
	await(t, "the busy one", busy)
	ok(t, rt.Send(full, 2))
	ok(t, s.Join("g", p[0], p[1], p[2], full))
	if n := s.Publish(rt, "g", "x"); n != 3 {
		t.Errorf("Publish reached %d, want all but the one that is full", n)
	}
	selfs := make(chan *proc.Self, 1)
	direct(t, rt, func(self *proc.Self) error {
		selfs <- self
		self.Receive()
		return nil
	})
	if n := s.Publish(await(t, "a process", selfs), "g", "x"); n != 0 {
		t.Errorf("a goroutine published for a process, to %d", n)
	}
	for _, pid := range p {
		kill(t, rt, pid)
	}
	if n := s.Publish(rt, "g", "x"); n != 0 {
		t.Errorf("Publish reached %d, but all have ended", n)
	}
	close(goOn)
}

// What a process publishes and what it sends to a member itself arrives in the order in which it did so.
func TestPublishKeepsTheSendersOrder(t *testing.T) {
	rt, s := scope[string](t)
	const receivers, senders, rounds = 20, 4, 100
	var all sync.WaitGroup
	var p []proc.PID
	for range receivers {
		all.Add(1)
		p = append(p, direct(t, rt, func(self *proc.Self) error {
			defer all.Done()
			next := map[proc.PID]int{}
			for range senders * rounds * 2 {
				m := self.Receive()
				if m.Body != next[m.From] {
					t.Errorf("%v came from %v, want %d", m.Body, m.From, next[m.From])
				}
				next[m.From]++
			}
			return nil
		}))
	}
	ok(t, s.Join("g", p...))
	for range senders {
		direct(t, rt, func(self *proc.Self) error {
			for i := range rounds {
				if n := s.Publish(self, "g", 2*i); n != receivers {
					t.Errorf("Publish reached %d", n)
				}
				for _, pid := range p {
					if err := self.Send(pid, 2*i+1); err != nil {
						t.Error(err)
					}
				}
				if i%10 == 0 {
					self.Yield()
				}
			}
			return nil
		})
	}
	all.Wait()
}

func TestReadsAllocateNothing(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 1000)
	ok(t, s.Join("g", p...))
	var sum int
	check := func(what string, f func()) {
		t.Helper()
		const times = 3000
		least := uint64(math.MaxUint64)
		for range 20 { // others, who have just been spawned, allocate as well; but not every time as often as f is called
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range times {
				f()
			}
			runtime.ReadMemStats(&after)
			if least = min(least, after.Mallocs-before.Mallocs); least < times/2 {
				return
			}
		}
		t.Errorf("%s allocates: %d times in %d", what, least, times)
	}
	check("Members", func() { sum += s.Members("g").Len() + s.Members("nobody").Len() })
	check("At", func() { sum += int(s.Members("g").At(500)) })
	check("All", func() {
		for pid := range s.Members("g").All() {
			sum += int(pid)
		}
	})
	from := null{}
	check("Publish", func() { sum += s.Publish(from, "g", nil) })
}

// null sends nowhere.
type null struct{}

func (null) Send(proc.PID, any) error { return nil }
