package proc

import "time"

// PID returns the PID of the process.
func (s *Self) PID() PID { return s.pid }

// Runtime returns the runtime the process lives in.
func (s *Self) Runtime() *Runtime { return s.rt }

// Call sends req to the process to as a call and waits for the reply. Other messages stay in the mailbox; how many there are makes no
// difference. A reply that comes after the timeout is dropped. See Ctx.Request.
//
// Errors: a *CallError with ErrTimeout, ErrNoProc, ErrMailboxFull, ErrCallingSelf, or the exit reason of the process that was
// called; ErrWrongRuntime; a timeout that is not positive nor Forever.
func (s *Self) Call(to PID, req any, timeout time.Duration) (any, error) {
	c := s.waits()
	if _, err := c.request(to, req, timeout, true); err != nil {
		return nil, err
	}
	return s.reply(c)
}

// CallName is Call to the process that has the name now.
//
// Errors: ErrNoName, and those of Call.
func (s *Self) CallName(name string, req any, timeout time.Duration) (any, error) {
	to, err := s.must().rt.named(name)
	if err != nil {
		return nil, err
	}
	return s.Call(to, req, timeout)
}

// reply waits for the reply to a request that has been made.
func (s *Self) reply(c *Ctx) (v any, err error) {
	c.p.cold.talk.await.then = s.answer
	s.wants = wantsReply
	s.suspend()
	v, err = s.value, s.err
	s.value, s.err = nil, nil
	return v, err
}

// Request sends req to the process to as a call and returns at once; a Reply message comes. See Ctx.Request.
//
// Errors: those of Ctx.Request.
func (s *Self) Request(to PID, req any, timeout time.Duration) (RequestID, error) {
	c, err := s.ctx()
	if err != nil {
		return 0, err
	}
	return c.Request(to, req, timeout)
}

// Abandon gives a request up; see Ctx.Abandon.
func (s *Self) Abandon(id RequestID) bool { return s.must().Abandon(id) }

// InfoOf returns the Info of another process; see Ctx.RequestInfo.
//
// Errors: as Call.
func (s *Self) InfoOf(pid PID, timeout time.Duration) (Info, error) {
	c := s.waits()
	if _, err := c.ask(pid, infoSignal, timeout, true); err != nil {
		return Info{}, err
	}
	v, err := s.reply(c)
	i, _ := v.(Info)
	return i, err
}

// Alive reports whether the process pid lives. The question takes its turn behind what this process has sent it: after Exit with
// Kill the answer is false. A process inside a handler answers afterwards (Erlang: is_process_alive/1).
func (s *Self) Alive(pid PID) bool {
	c := s.waits()
	if pid == s.pid {
		return true
	}
	if _, err := c.ask(pid, aliveSignal, Forever, true); err != nil {
		return false
	}
	_, err := s.reply(c)
	return err == nil
}

// Sleep waits for d. Messages stay in the mailbox.
func (s *Self) Sleep(d time.Duration) {
	c := s.waits()
	if d <= 0 {
		return
	}
	r := c.p.rare()
	r.waits++
	r.armed = true
	r.idle = c.startOwn(d, idleWord|uint64(r.waits))
	s.wants = wantsTime
	s.suspend()
}

// Yield lets others run: the turn is over, and the process goes on with its next one.
func (s *Self) Yield() { s.yield(s.waits()) }

// Reply replies to the call that was received last; see Ctx.Reply.
//
// Errors: ErrNoCaller, ErrWrongGoroutine.
func (s *Self) Reply(v any) error {
	c, err := s.ctx()
	if err != nil {
		return err
	}
	s.enterCall(c)
	err = c.Reply(v)
	s.leaveCall(c)
	return err
}

// enterCall makes the call received last the one that is being handled.
func (s *Self) enterCall(c *Ctx) {
	c.call, c.owes, c.paid = s.call, s.owes, s.paid
	if t := c.p.talk(); !s.owes && t != nil {
		_, c.owes = t.open.del(s.call)
	}
}

// leaveCall is the end of enterCall.
func (s *Self) leaveCall(c *Ctx) {
	s.owes, s.paid = c.owes, c.paid
	c.call, c.owes = Caller{}, false
}

// Caller returns who waits for the reply to the message received last; see Ctx.Caller.
func (s *Self) Caller() (Caller, bool) {
	s.must()
	return s.call, s.call.pid != 0
}

// ReplyTo replies to a call; see Ctx.ReplyTo.
func (s *Self) ReplyTo(k Caller, v any) error {
	c, err := s.ctx()
	if err != nil {
		return err
	}
	s.enterCall(c)
	err = c.ReplyTo(k, v)
	s.leaveCall(c)
	return err
}

// Deadline returns until when the caller of the call received last waits; see Ctx.Deadline.
func (s *Self) Deadline() (time.Time, bool) {
	s.must()
	return s.rt.DeadlineOf(s.call)
}

// Expired reports whether the caller of the call received last no longer waits; see Ctx.Expired.
func (s *Self) Expired() bool {
	c := s.must()
	s.enterCall(c)
	over := c.Expired()
	s.leaveCall(c)
	return over
}

// Send sends a message; see Ctx.Send.
func (s *Self) Send(to PID, body any) error { return s.SendWord(to, body, 0) }

// SendWord sends a message with a scalar; see Ctx.SendWord.
func (s *Self) SendWord(to PID, body any, word uint64) error {
	c, err := s.ctx()
	if err != nil {
		return err
	}
	return c.SendWord(to, body, word)
}

// SendName sends a message to a name; see Ctx.SendName.
func (s *Self) SendName(name string, body any) error {
	c, err := s.ctx()
	if err != nil {
		return err
	}
	return c.SendName(name, body)
}

// SendAlias sends a message to an alias; see Ctx.SendAlias.
func (s *Self) SendAlias(a Alias, body any) error {
	c, err := s.ctx()
	if err != nil {
		return err
	}
	return c.SendAlias(a, body)
}

// Alias makes an alias of this process; see Ctx.Alias.
func (s *Self) Alias(kind AliasKind) Alias { return s.must().Alias(kind) }

// Unalias ends an alias of this process; see Ctx.Unalias.
func (s *Self) Unalias(a Alias) bool { return s.must().Unalias(a) }

// Spawn starts a process; see Ctx.Spawn.
func (s *Self) Spawn(f Factory, opts ...SpawnOption) (PID, error) {
	c, err := s.ctx()
	if err != nil {
		return 0, err
	}
	return c.Spawn(f, opts...)
}

// SpawnLink starts a process that is linked to this one; see Ctx.SpawnLink.
func (s *Self) SpawnLink(f Factory, opts ...SpawnOption) (PID, error) {
	c, err := s.ctx()
	if err != nil {
		return 0, err
	}
	return c.SpawnLink(f, opts...)
}

// SpawnMonitor starts a process that this one monitors; see Ctx.SpawnMonitor.
func (s *Self) SpawnMonitor(f Factory, opts ...SpawnOption) (PID, MonitorRef, error) {
	c, err := s.ctx()
	if err != nil {
		return 0, 0, err
	}
	return c.SpawnMonitor(f, opts...)
}

// Go starts a process in direct style; see Ctx.Go.
func (s *Self) Go(f func(self *Self) error, opts ...SpawnOption) (PID, error) {
	return s.Spawn(Direct(f), opts...)
}

// Exit sends an exit signal; see Ctx.Exit.
func (s *Self) Exit(to PID, reason error) error {
	c, err := s.ctx()
	if err != nil {
		return err
	}
	return c.Exit(to, reason)
}

// Link links this process and another; see Ctx.Link.
func (s *Self) Link(to PID) error {
	c, err := s.ctx()
	if err != nil {
		return err
	}
	return c.Link(to)
}

// Unlink removes a link; see Ctx.Unlink.
func (s *Self) Unlink(to PID) error {
	c, err := s.ctx()
	if err != nil {
		return err
	}
	return c.Unlink(to)
}

// Monitor has this process told of the end of another; see Ctx.Monitor.
func (s *Self) Monitor(to PID) (MonitorRef, error) {
	c, err := s.ctx()
	if err != nil {
		return 0, err
	}
	return c.Monitor(to)
}

// MonitorName monitors the process that has the name now; see Ctx.MonitorName.
func (s *Self) MonitorName(name string) (MonitorRef, error) {
	c, err := s.ctx()
	if err != nil {
		return 0, err
	}
	return c.MonitorName(name)
}

// Demonitor ends a monitor; see Ctx.Demonitor.
func (s *Self) Demonitor(ref MonitorRef) bool { return s.must().Demonitor(ref) }

// DemonitorFlush ends a monitor and removes its message; see Ctx.DemonitorFlush.
func (s *Self) DemonitorFlush(ref MonitorRef) bool { return s.must().DemonitorFlush(ref) }

// Flush removes messages that have arrived; see Ctx.Flush.
func (s *Self) Flush(match func(Message) bool) (n int) { return s.must().Flush(match) }

// TrapExit says whether exit signals come as messages; see Ctx.TrapExit.
func (s *Self) TrapExit(on bool) (old bool) { return s.must().TrapExit(on) }

// SetPriority changes the priority of this process; see Ctx.SetPriority.
func (s *Self) SetPriority(p Priority) (old Priority, err error) {
	c, err := s.ctx()
	if err != nil {
		return 0, err
	}
	return c.SetPriority(p)
}

// SetMailboxBound limits the mailbox of this process; see Ctx.SetMailboxBound.
func (s *Self) SetMailboxBound(n int, policy Overflow) error {
	c, err := s.ctx()
	if err != nil {
		return err
	}
	return c.SetMailboxBound(n, policy)
}

// Register gives a process a name; see Runtime.Register.
func (s *Self) Register(name string, pid PID) error { return s.rt.Register(name, pid) }

// Unregister takes a name away; see Runtime.Unregister.
func (s *Self) Unregister(name string) error { return s.rt.Unregister(name) }

// Whereis returns the process that has the name; see Runtime.Whereis.
func (s *Self) Whereis(name string) (PID, bool) { return s.rt.Whereis(name) }

// SendAfter sends a message later; see Ctx.SendAfter.
func (s *Self) SendAfter(d time.Duration, to PID, body any) (Timer, error) {
	c, err := s.ctx()
	if err != nil {
		return Timer{}, err
	}
	return c.SendAfter(d, to, body)
}

// Cancel stops a timer; see Ctx.Cancel.
func (s *Self) Cancel(t Timer) bool { return s.must().Cancel(t) }

// Info describes this process; see Ctx.Info.
func (s *Self) Info() Info { return s.must().Info() }

// Consume charges reductions; see Ctx.Consume.
func (s *Self) Consume(n int) { s.must().Consume(n) }

// Offload runs f on a goroutine; see Ctx.Offload.
func (s *Self) Offload(f func() (any, error)) error {
	c, err := s.ctx()
	if err != nil {
		return err
	}
	return c.Offload(f)
}

// Blocking calls f, which may block; see Ctx.Blocking.
func (s *Self) Blocking(f func()) { s.must().Blocking(f) }
