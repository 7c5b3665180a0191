package proc

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A storm is many senders, processes and goroutines, that send numbered messages to many receivers. Each pair has a stream of
// its own, so what is lost, doubled or out of order is seen at once, and seen exactly.
type storm struct {
	t       testing.TB
	rt      *Runtime
	pids    []PID
	streams [][]stream // by sender, then receiver; rows after the processes belong to goroutines
	failed  atomic.Pointer[string]

	// What a process does in a handler, at random: each is one chance in so many, 0 for never.
	sleep, block, yield, burn, spend int
	naps                             time.Duration // the longest sleep
	each                             int           // messages each sender sends
}

// stream is what one sender sends to one receiver.
type stream struct {
	sent uint64 // of the last message accepted; the sender's
	got  uint64 // of the last message handled; the receiver's
	n    uint64 // messages handled; the receiver's
	gaps bool   // the receiver's mailbox may drop messages
	from PID
}

// node is a process of a storm: sender and receiver.
type node struct {
	*storm
	id   int
	left int
	rnd  *random
}

func (s *storm) fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.failed.CompareAndSwap(nil, &text)
}

// took checks one message at its receiver.
func (s *storm) took(m Message) {
	x := m.Body.(*stream)
	if m.Word != x.got+1 && (!x.gaps || m.Word <= x.got) {
		s.fail("message %d came after %d", m.Word, x.got)
	}
	if m.From != x.from {
		s.fail("message from %v says it is from %v", x.from, m.From)
	}
	x.got = m.Word
	x.n++
}

// put sends the next message of a stream.
func (x *stream) put(send func(to PID, body any, word uint64) error, to PID) error {
	err := send(to, x, x.sent+1)
	if err == nil {
		x.sent++
	}
	return err
}

type proceed struct{}

func (n *node) Handle(c *Ctx, m Message) error {
	if _, ok := m.Body.(proceed); !ok {
		n.took(m)
	}
	n.act(c)
	if _, ok := m.Body.(proceed); !ok {
		return nil
	}
	for range 1 + n.rnd.below(40) {
		if n.left == 0 {
			return nil
		}
		n.left--
		to := n.rnd.below(len(n.pids))
		if n.rnd.below(3) != 0 {
			to = (n.id + 1) % len(n.pids) // so that some queues are long
		}
		if err := n.streams[n.id][to].put(c.SendWord, n.pids[to]); err != nil && !errors.Is(err, ErrMailboxFull) {
			n.fail("send: %v", err)
		}
		n.act(c)
	}
	return c.Send(c.Self(), proceed{})
}

func (n *node) act(c *Ctx) {
	chance := func(oneIn int) bool { return oneIn > 0 && n.rnd.below(oneIn) == 0 }
	switch {
	case chance(n.sleep):
		time.Sleep(time.Duration(n.rnd.below(int(n.naps))))
	case chance(n.block):
		c.Blocking(runtime.Gosched)
	case chance(n.yield):
		runtime.Gosched()
	case chance(n.spend):
		c.Consume(4000)
	case chance(n.burn):
		for end := time.Now().Add(20 * time.Microsecond); time.Now().Before(end); {
		}
	}
}

// run lets the given number of processes and goroutines send to the processes and checks what arrived. opts says how process i
// is spawned.
func (s *storm) run(t testing.TB, cfg Config, processes, goroutines int, opts func(i int) []SpawnOption) {
	t.Helper()
	s.t, s.rt = t, begin(t, cfg)
	s.streams = make([][]stream, processes+goroutines)
	for i := range s.streams {
		s.streams[i] = make([]stream, processes)
	}
	s.pids = make([]PID, processes)
	nodes := make([]*node, processes)
	for i := range s.pids {
		var o []SpawnOption
		if opts != nil {
			o = opts(i)
		}
		var with spawnOptions
		for _, opt := range o {
			with, _ = opt.apply(with)
		}
		for k := range s.streams {
			s.streams[k][i].gaps = with.policy != Reject
		}
		n := &node{storm: s, id: i, left: s.each, rnd: seeded(uint64(i))}
		if with.bound > 0 {
			n.left = 0 // what it sends to itself to go on could be dropped
		}
		nodes[i] = n
		s.pids[i] = spawn(t, s.rt, func() Machine { return n }, o...)
		for k := range processes {
			s.streams[i][k].from = s.pids[i]
		}
	}
	var senders sync.WaitGroup
	for g := range goroutines {
		senders.Go(func() {
			rnd := seeded(uint64(1000 + g))
			for range s.each {
				to := rnd.below(processes)
				if err := s.streams[processes+g][to].put(s.rt.SendWord, s.pids[to]); err != nil && !errors.Is(err, ErrMailboxFull) {
					s.fail("goroutine's send: %v", err)
				}
				if s.yield > 0 && rnd.below(s.yield) == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	for i, pid := range s.pids {
		if nodes[i].left > 0 {
			send(t, s.rt, pid, proceed{})
		}
	}
	senders.Wait()
	end(t, s.rt)
	s.check(t)
}

// check compares both ends of every stream. The runtime has ended.
func (s *storm) check(t testing.TB) {
	t.Helper()
	if f := s.failed.Load(); f != nil {
		t.Error(*f)
	}
	var missing, turned uint64
	for i := range s.streams {
		for k := range s.streams[i] {
			x := &s.streams[i][k]
			if x.got > x.sent || !x.gaps && (x.got != x.sent || x.n != x.sent) {
				t.Errorf("from %d to %d: sent %d, last arrived %d, arrived %d", i, k, x.sent, x.got, x.n)
			}
			if missing += x.sent - x.n; t.Failed() {
				return
			}
		}
	}
	var st Stats
	s.rt.ReadStats(&st)
	turned = st.Dropped
	if missing != turned {
		t.Errorf("%d messages did not arrive, %d are counted as dropped", missing, turned)
	}
	if st.DeadLetters != 0 || st.Processes != 0 {
		t.Errorf("%d dead letters, %d processes left", st.DeadLetters, st.Processes)
	}
}
