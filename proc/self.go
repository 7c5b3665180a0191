package proc

import (
	"iter"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/thrum-go/thrum/internal/gid"
	"github.com/thrum-go/thrum/mpsc"
)

// Self is a process in direct style: one that is written as a straight line and waits for its messages where it wants
// them. To others it is a process like any other. It runs on a coroutine: while it waits, only the process waits, not its worker.
//
// Self's methods may be called by the process's own code only, not by other goroutines, nor by the functions that are given to
// ReceiveMatch. Those that return an error refuse others with ErrWrongGoroutine, the others panic with it.
//
// When the process is ended from outside, also by Kill, the wait that it is in does not return: deferred functions run, and
// no recover stops it.
type Self struct {
	f    func(*Self) error
	next func() (struct{}, bool)
	stop func()
	over func(struct{}) bool // suspends the coroutine
	gid  uintptr             // of the coroutine
	pid  PID
	rt   *Runtime
	c    *Ctx // of the worker that runs the process now

	match    func(Message) bool // what is waited for, nil for any message
	wants    wants
	got      Message // what has come
	timeout  bool    // in place of a message
	thrown   *thrown // by match
	value    any     // the reply that has come
	err      error
	answer   func(*Ctx, any, error) error // s.answered, once
	call     Caller                       // of the message received last, when it is a call
	owes     bool                         // nobody has replied to it, and it is not written down
	paid     bool                         // somebody has
	result   error
	done     bool
	closing  bool
	labelled bool  // the coroutine has a label; it may have inherited one of another type
	crash    error // in a deferred function, while closing
}

type wants uint8

const (
	wantsMessage wants = iota
	wantsReply
	wantsYield
	wantsTime
)

type thrown struct{ v any }

// Direct returns a factory of processes in direct style. f returns the exit reason; nil means Normal.
func Direct(f func(self *Self) error) Factory {
	if f == nil {
		return nil
	}
	return func() Machine { return &Self{f: f} }
}

// Go starts a process in direct style; see Direct and Spawn. Any goroutine may call it; inside a process use Self.Go or Ctx.Go.
//
// Errors: those of Spawn.
func (rt *Runtime) Go(f func(self *Self) error, opts ...SpawnOption) (PID, error) {
	return rt.Spawn(Direct(f), opts...)
}

// Go starts a process in direct style; see Direct and Spawn.
func (c *Ctx) Go(f func(self *Self) error, opts ...SpawnOption) (PID, error) {
	return c.Spawn(Direct(f), opts...)
}

// Init runs the process up to where it waits first. The runtime calls it.
func (s *Self) Init(c *Ctx) error {
	s.pid, s.rt = c.self, c.rt
	s.answer = s.answered
	s.next, s.stop = iter.Pull(s.run)
	return s.resume(c)
}

// Handle gives the process a message. The runtime calls it.
func (s *Self) Handle(c *Ctx, m Message) error {
	if s.wants != wantsMessage {
		c.passOver(m)
		return nil
	}
	if !s.matches(m) {
		c.passOver(m)
		if s.thrown != nil {
			return s.resume(c)
		}
		return nil
	}
	c.repay()
	s.got = m
	return s.resume(c)
}

// noted is Handle for what the process has put into its own queue.
func (s *Self) noted(c *Ctx, m Message) error {
	if m.Body != any(idleNote) {
		if s.wants == wantsYield {
			return s.resume(c)
		}
		return nil
	}
	if r := c.p.cold; r.armed && uint32(m.Word) == r.waits && (s.wants == wantsMessage || s.wants == wantsTime) {
		r.armed = false
		s.timeout = true
		return s.resume(c)
	}
	return nil
}

// answered is what the reply to a call does.
func (s *Self) answered(c *Ctx, v any, err error) error {
	s.value, s.err = v, err
	return s.resume(c)
}

// close ends a process that waits. It does not return if its coroutine lives: that ends by Goexit, which goes on here.
func (s *Self) close(c *Ctx) {
	if s.done || s.next == nil {
		return
	}
	s.c = c
	s.closing = true
	c.p.mb.User |= flagQuits
	s.stop()
	c.p.mb.User &^= flagQuits
}

// resume goes on with the coroutine until it waits or ends.
func (s *Self) resume(c *Ctx) error {
	s.c = c
	_, waits := s.next()
	if waits {
		return nil
	}
	if s.result == nil {
		return Normal
	}
	return s.result
}

// run is what the coroutine does.
func (s *Self) run(over func(struct{}) bool) {
	s.over = over
	s.gid = gid.Current()
	s.relabel()
	defer func() {
		s.settleCall()
		s.done = true
		if v := recover(); v != nil {
			crash := &Panic{Value: v, Stack: debug.Stack()}
			if s.closing {
				s.crash = crash
			} else {
				s.result = crash
			}
		}
	}()
	s.result = s.f(s)
}

// suspend waits until the process is resumed.
func (s *Self) suspend() {
	s.settleCall()
	if !s.over(struct{}{}) {
		runtime.Goexit()
	}
	if s.labelled != s.c.labels {
		s.relabel()
	}
}

// matches reports whether m is waited for. What match panics with is kept for the coroutine.
func (s *Self) matches(m Message) (yes bool) {
	if s.match == nil {
		return true
	}
	ok := false
	defer func() {
		if !ok {
			s.thrown = &thrown{recover()}
		}
	}()
	if m.From&markCall != 0 {
		m.From, m.Word = m.From.plain(), 0
	}
	yes = s.match(m)
	ok = true
	return yes
}

// ctx returns the Ctx to work with; it fails for foreign goroutines.
func (s *Self) ctx() (*Ctx, error) {
	if gid.Current() != s.gid {
		return nil, ErrWrongGoroutine
	}
	return s.c, nil
}

// must is ctx for methods that return no error.
func (s *Self) must() *Ctx {
	c, err := s.ctx()
	if err != nil {
		panic(err)
	}
	return c
}

// waits is must for methods that wait.
func (s *Self) waits() *Ctx {
	c := s.must()
	if s.closing { // in a deferred function: there is nothing to wait for any more
		runtime.Goexit()
	}
	return c
}

// Receive waits for the next message and returns it. The message may be a call: then Reply replies to it.
func (s *Self) Receive() Message {
	m, _ := s.receive(-1, nil)
	return m
}

// ReceiveMatch waits for the first message that match accepts. Others stay in the mailbox, in order. Each message is looked at once:
// a new one costs the same however many wait. match must not use the process; when it panics, ReceiveMatch does, and
// the message stays (Erlang reference manual, "Expressions", "Receive").
//
// The reply to a call is not among the messages: Call finds it at once.
func (s *Self) ReceiveMatch(match func(Message) bool) Message {
	m, _ := s.receive(-1, match)
	return m
}

// ReceiveTimeout is Receive for the time d at the most; ok is false when no message has come. With d zero, or negative, it
// looks at what has arrived and does not wait.
func (s *Self) ReceiveTimeout(d time.Duration) (m Message, ok bool) {
	return s.receive(max(d, 0), nil)
}

// ReceiveMatchTimeout is ReceiveMatch for the time d at the most. Messages that are passed over do not prolong it.
func (s *Self) ReceiveMatchTimeout(d time.Duration, match func(Message) bool) (m Message, ok bool) {
	return s.receive(max(d, 0), match)
}

// receive waits for a message for the time d, for ever when that is negative.
func (s *Self) receive(d time.Duration, match func(Message) bool) (m Message, ok bool) {
	c := s.waits()
	s.match, s.thrown = match, nil
	s.settleCall()
	s.call = Caller{}
	lost := false
	if m, ok = s.held(c); !ok && s.thrown == nil {
		m, ok, lost = s.taken(c, d == 0)
	}
	if !ok && s.thrown == nil && (d != 0 || lost) {
		r := c.p.rare()
		if d >= 0 {
			r.waits++
			r.armed = true
			r.idle = c.startOwn(d, idleWord|uint64(r.waits))
		}
		s.wants, s.timeout = wantsMessage, false
		s.suspend()
		c = s.c
		m, ok = s.got, !s.timeout && s.thrown == nil
		s.got = Message{}
		if r.armed {
			r.armed = false
			c.stopOwn(&r.idle)
		}
	}
	s.match = nil
	if t := s.thrown; t != nil {
		s.thrown = nil
		panic(t.v)
	}
	if !ok {
		return Message{}, false
	}
	return s.opened(c, m), true
}

// held looks for a message among those that were passed over before.
func (s *Self) held(c *Ctx) (m Message, ok bool) {
	r := c.p.cold
	if r == nil || r.stash == nil {
		return m, false
	}
	var next *held
	for h := r.stash.head; h != nil; h = next {
		if next = h.next; isNote(h.m) { // was flushed
			c.lent = h.lent
			r.stash.take(h)
			c.repay()
			continue
		}
		if s.matches(h.m) {
			c.lent = h.lent
			m = r.stash.take(h)
			c.repay()
			return m, true
		}
		if s.thrown != nil {
			return m, false
		}
	}
	return m, false
}

// taken looks for a message in the mailbox, without suspending the process, as long as its turn lasts; with all, until there
// is none. lost says that it cannot look, because the process has lost its core.
func (s *Self) taken(c *Ctx, all bool) (m Message, ok, lost bool) {
	for s.thrown == nil {
		p := c.p
		if !all && (c.reds < c.mark || p.mb.User&loopFlags != 0) {
			return m, false, false
		}
		if !c.w.Enter() {
			c.w.Leave()
			return m, false, true
		}
		if !all && c.w.Ticked() {
			c.w.Leave()
			return m, false, false
		}
		if !p.mb.HasNext() && all {
			p.mb.Fetch(c.cache, p.pid.gen())
		}
		has := p.mb.HasNext()
		if has {
			m = p.mb.Next(c.cache)
		} else if g := p.gate.Load(); g != nil && all {
			m, has = c.fromGate(p, g)
		}
		c.w.Leave()
		if p.mb.User&flagExit != 0 { // by what has been fetched
			if has {
				c.passOver(m)
			}
			s.yield(c) // and does not come back
			return Message{}, false, false
		}
		if !has {
			return m, false, false
		}
		c.reds--
		c.msgs++
		switch {
		case m.From&markMask == markSignal: // an old timeout
		case s.matches(m):
			c.repay()
			return m, true, false
		default:
			c.passOver(m)
		}
	}
	return m, false, false
}

// opened is what becomes of a message when the process gets it.
func (s *Self) opened(c *Ctx, m Message) Message {
	if m.From&markMask == markCall {
		s.call = Caller{m.From.plain(), m.Word}
		s.owes, s.paid = !c.p.isLate(s.call), false
		m.From, m.Word = s.call.pid, 0
	}
	return m
}

// settleCall writes a call down that nobody has replied to; see Ctx.settleCall.
func (s *Self) settleCall() {
	if s.owes {
		s.owes = false
		s.c.p.talking().open.put(s.call, struct{}{})
	}
}

// yield lets others run. A process that has lost its core holds up nobody, but it gets one again so, and the signals that have come
// take effect.
func (s *Self) yield(c *Ctx) {
	m := Message{From: markSignal, Body: yieldSignal}
	if c.w.Enter() {
		*c.p.mb.Put(c.cache) = m
		c.reds = 0
		c.w.Leave()
	} else {
		c.w.Leave()
		c.rt.postSignal(c.p, c.self, mpsc.Gated, m)
	}
	s.wants = wantsYield
	s.suspend()
}
