package supervise

import (
	"errors"
	"slices"
	"time"

	"github.com/thrum-go/thrum/internal/idmap"
	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// supervisor is the machine of a supervisor.
//
// It waits for nothing inside a handler. Whatever takes time, starts and stops of children, is an operation (op) that goes on with the messages
// that tell of it, one operation at a time; requests and the ends of other children that come meanwhile are kept in order (queue), as they
// would be in the mailbox of OTP's supervisor. The end of the parent is not kept: it replaces the operation. A SimpleOneForOne has no
// operations but its end: its children do not depend on each other, so what becomes of each is written in its child record.
type supervisor struct {
	control  sys.Control
	setup    func() (Flags, []Spec, error)
	flags    Flags
	template *spec                       // of a SimpleOneForOne
	children []*child                    // in the order of start; in a SimpleOneForOne in none
	byID     map[string]*child           // not in a SimpleOneForOne
	byPID    idmap.Map[proc.PID, *child] // those that have a process, or had one and are restarting
	restarts window
	op       op
	queue    queue
	batches  []*batch
	places   map[string]*place // of children that FindOrStart has started
	vacant   []*place          // those whose child is to be started, since somebody waits
	sweep    *sweep            // of a SimpleOneForOne, while it ends
	reason   error             // why it ends, once it does
	held     bool              // whoever has started it waits until its first children have been started
	more     bool              // a message to itself is under way
	name     string
	clock    func() time.Duration
}

// New returns a factory of supervisors, for Start, Spec.Factory or Runtime.Spawn. Each has children of its own.
//
// Errors: what is wrong with flags, naming the field; a *SpecError; another number of specs than one with SimpleOneForOne.
func New(flags Flags, specs ...Spec) (proc.Factory, error) {
	if err := flags.check(); err != nil {
		return nil, err
	}
	specs = slices.Clone(specs)
	if err := checkSpecs(&flags, specs); err != nil {
		return nil, err
	}
	return Init(func() (Flags, []Spec, error) { return flags, specs, nil }), nil
}

// Init returns a factory of supervisors that ask f for their flags and specifications when they are started or restarted (OTP: the callback
// Module:init/1). f is called in the supervisor's process. The error proc.Normal means that there is nothing to supervise (OTP: ignore);
// another one, like flags or specs that New would refuse, fails the start with that reason.
func Init(f func() (Flags, []Spec, error)) proc.Factory {
	return func() proc.Machine { return &supervisor{setup: f, clock: monotonic} }
}

var epoch = time.Now()

func monotonic() time.Duration { return time.Since(epoch) }

func (s *supervisor) now() time.Duration { return s.clock() }

func (s *supervisor) dynamic() bool { return s.template != nil }

// Init starts the children. It returns before their own Inits are done; whoever has started the supervisor waits on.
func (s *supervisor) Init(c *proc.Ctx) error {
	c.TrapExit(true)
	s.name = c.Info().Name
	if s.setup == nil {
		return errors.New("supervise: Init: the function is nil; give one that returns flags and specifications")
	}
	flags, specs, err := s.setup()
	if err == nil {
		err = flags.check()
	}
	if err == nil {
		err = checkSpecs(&flags, specs)
	}
	if err != nil {
		return err
	}
	s.flags = flags
	if flags.Strategy == SimpleOneForOne {
		s.template = specs[0].prepare()
		return nil
	}
	s.byID = make(map[string]*child, len(specs))
	for i := range specs {
		s.add(newChild(specs[i].prepare(), nil))
	}
	s.op = op{kind: opFirst, list: slices.Clone(s.children)} // one that is dropped must not move the others
	if err := s.step(c); err != nil {
		return err
	}
	if s.op.kind != opNone {
		s.held = true
		c.HoldStart()
	}
	return nil
}

// wordMore is a message of the supervisor to itself: to go on with what is too long for one turn.
const wordMore = 0x7375706572766d6f

// Handle does what a message asks for, and then what was kept.
func (s *supervisor) Handle(c *proc.Ctx, m proc.Message) error {
	if s.control.Takes(m) {
		_, request := m.Body.(*sys.Request)
		if request || s.reason == nil { // one that ends is suspended no more
			if taken, err := s.control.Handle(c, m, s); taken {
				return err
			}
		}
	}
	err := s.handle(c, m)
	if err == nil && s.vacant != nil {
		err = s.refill(c)
	}
	for err == nil && s.op.kind == opNone && s.queue.len() > 0 {
		k := s.queue.pop()
		err = s.serve(c, k)
	}
	if s.control.Watched() {
		s.control.Tell(c, sys.Event{Kind: sys.State, Value: s.SysStatus()})
	}
	return err
}

func (s *supervisor) handle(c *proc.Ctx, m proc.Message) error {
	switch b := m.Body.(type) {
	case proc.Exit:
		return s.exited(c, m, b)
	case proc.Reply:
		return s.replied(c, m.From, b)
	case proc.Down:
		return s.down(c, b)
	case *due:
		if m.From == c.Self() {
			return s.expired(c, b)
		}
	case *sweepDue:
		if m.From == c.Self() && s.sweep != nil {
			return s.sweepExpired(c, b)
		}
	case nil:
		if m.Word == wordMore && m.From == c.Self() {
			s.more = false
			return s.goOn(c)
		}
	}
	k, call := c.Caller()
	if r, ok := m.Body.(snapshotRequest); ok && call { // it changes nothing, and is to show what the supervisor is doing
		reply(c, k, s.snapshot(c, r))
		return nil
	}
	kept := kept{m, k, call}
	if s.op.kind != opNone || s.queue.len() > 0 {
		s.queue.push(kept)
		return nil
	}
	return s.serve(c, kept)
}

// exited takes an exit signal: from the parent or the runtime it is an order to end, from a child it is its end.
func (s *supervisor) exited(c *proc.Ctx, m proc.Message, e proc.Exit) error {
	ch := s.of(e.From)
	switch {
	case e.Reason == nil: // no signal, but somebody's message
		s.reportUnknown(c, m)
		return nil
	case e.From == 0 || e.From == c.Parent():
		return s.end(c, e.Reason)
	case ch == nil:
		return nil // not a child, or one that was given up
	case ch.state == starting, ch.state == stopping:
		ch.died = e.Reason // a Reply, or a Down, follows; if it lives it has sent an exit signal, and its turn comes when it runs
		return nil
	case ch.state != running || ch.died != nil:
		return nil
	}
	ch.died = e.Reason
	switch {
	case s.reason != nil:
		return nil // its turn to be stopped comes
	case s.op.kind != opNone || s.queue.len() > 0:
		s.queue.push(kept{m: m})
		return nil
	}
	return s.ended(c, ch)
}

// serve takes a message for which nothing need be waited for.
func (s *supervisor) serve(c *proc.Ctx, k kept) error {
	switch b := k.m.Body.(type) {
	case proc.Exit:
		if ch := s.of(b.From); ch != nil && ch.state == running && ch.died != nil {
			return s.ended(c, ch)
		}
		return nil
	case *again:
		if k.m.From == c.Self() {
			return s.tryAgain(c, b)
		}
	}
	if k.call {
		return s.answer(c, k.caller, k.m.Body)
	}
	s.reportUnknown(c, k.m)
	return nil
}

// end has the supervisor stop its children and end for reason, whatever it is doing.
func (s *supervisor) end(c *proc.Ctx, reason error) error {
	if s.reason != nil {
		return nil
	}
	s.reason = reason
	if s.control.Suspended() {
		if err := c.Become(s); err != nil { // what was put aside meanwhile is not to be lost
			return err
		}
	}
	s.op = op{kind: opEnd, list: s.children, at: len(s.children), stops: true}
	if s.dynamic() {
		return s.endDynamic(c)
	}
	return s.step(c)
}

// of returns the child that a process is or was, or nil.
func (s *supervisor) of(pid proc.PID) *child {
	ch, _ := s.byPID.Get(pid)
	return ch
}

// ask has the supervisor go on in a later turn.
func (s *supervisor) ask(c *proc.Ctx) {
	if !s.more {
		s.more = true
		_ = c.SendWord(c.Self(), nil, wordMore) // to ourselves
	}
}

// add puts a child in its place.
func (s *supervisor) add(ch *child) {
	ch.index = int32(len(s.children))
	s.children = append(s.children, ch)
	if !s.dynamic() {
		s.byID[ch.spec.ID] = ch
	}
}

// drop takes a child away for good.
func (s *supervisor) drop(ch *child) {
	s.forget(ch)
	if s.dynamic() {
		if pl := ch.named(); pl != nil {
			s.leave(pl)
		}
		last := len(s.children) - 1
		moved := s.children[last]
		s.children[ch.index], moved.index = moved, ch.index
		s.children[last] = nil
		s.children = s.children[:last]
		return
	}
	delete(s.byID, ch.spec.ID)
	if i := slices.Index(s.children, ch); i >= 0 {
		s.children = slices.Delete(s.children, i, i+1)
	}
}

// reply answers a kept call. It is no matter when nobody waits any more.
func reply(c *proc.Ctx, k proc.Caller, v any) {
	if k != (proc.Caller{}) {
		_ = c.ReplyTo(k, v)
	}
}

// Nested returns the Spec of a child that is a supervisor itself: permanent, with as much time to stop as it needs.
//
// Errors: those of New.
func Nested(id string, flags Flags, specs ...Spec) (Spec, error) {
	f, err := New(flags, specs...)
	if err != nil {
		return Spec{}, err
	}
	return Spec{ID: id, Type: Supervisor, Factory: f}, nil
}
