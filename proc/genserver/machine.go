package genserver

import (
	"errors"
	"reflect"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// The words that tell messages of this package from others.
const (
	castWord = 0x67656e5f63617374 // "gen_cast"
	wakeWord = 0x67656e5f77616b65 // "gen_wake"
)

// server is the machine of a server.
type server[Q, R, M any] struct {
	Ctx
	impl Server[Q, R, M]
	info InfoHandler // impl, if it is one
}

func (s *server[Q, R, M]) install(impl Server[Q, R, M]) {
	s.impl, s.Ctx.impl = impl, impl
	s.info, _ = impl.(InfoHandler)
}

// Init calls the implementation's.
func (s *server[Q, R, M]) Init(pc *proc.Ctx) error {
	c := &s.Ctx
	c.Ctx = pc
	if i, ok := c.impl.(Initializer); ok {
		if err := i.Init(c); err != nil {
			return checked("Init", err)
		}
	}
	if c.flags&continues != 0 {
		return c.later() // whoever starts the server does not wait for HandleContinue
	}
	c.rest()
	return nil
}

// Handle takes a message.
func (s *server[Q, R, M]) Handle(pc *proc.Ctx, m proc.Message) (err error) {
	c := &s.Ctx
	c.Ctx = pc
	returned := false
	defer func() {
		if !returned {
			c.crashedIn(m)
		}
	}()
	if c.flags != 0 || c.control.Takes(m) {
		if taken, err := s.before(m); taken {
			returned = true
			return err
		}
	}
	if k, ok := pc.Caller(); ok {
		if q, ok := m.Body.(Q); ok {
			r, e := s.impl.HandleCall(c, q, From[R]{k})
			if e == nil {
				if c.control.Watched() {
					_ = c.ReplyTo(k, r)
				} else {
					_ = pc.Reply(r) // nobody waits any more if that fails
				}
			} else {
				err = c.notReplied(m, k, r, e)
			}
		} else {
			err = s.mistyped(m, k)
		}
	} else if m.Word == castWord {
		if msg, ok := m.Body.(M); ok {
			if err = s.impl.HandleCast(c, msg); err != nil {
				err = c.stop(m, checked("HandleCast", err))
			}
		} else {
			err = s.miscast(m)
		}
	} else {
		err = s.informed(m)
	}
	if err == nil && (c.flags != 0 || c.control.Watched()) {
		err = c.after()
	}
	returned = true
	return err
}

// before is what comes before a message in the rare cases. taken says that it was none for the implementation.
func (s *server[Q, R, M]) before(m proc.Message) (taken bool, err error) {
	c := &s.Ctx
	if c.flags&continues != 0 {
		if !c.isWake(m) && !isReceiveTimeout(m) {
			if err := c.Ctx.Postpone(m); err != nil { // as if it had not been received
				return true, err
			}
			c.flags |= deferred
		}
		return true, c.after()
	}
	if c.isWake(m) {
		c.rest()
		return true, nil
	}
	if c.control.Takes(m) {
		if taken, err = c.control.Handle(c.Ctx, m, s); taken {
			if err == nil && !c.control.Suspended() {
				c.rest()
			}
			return true, err
		}
	}
	if c.flags&idling != 0 && isReceiveTimeout(m) {
		c.flags = c.flags&^idling | hibernates
		c.rest()
		return true, nil
	}
	c.flags &^= timed | idling | hibernated
	return false, nil
}

// isWake reports whether m is what later has sent. One may come when another message has done what it was for.
func (c *Ctx) isWake(m proc.Message) bool {
	return m.Word == wakeWord && m.Body == nil && m.From == c.Self()
}

func isReceiveTimeout(m proc.Message) bool {
	_, ok := m.Body.(proc.ReceiveTimeout)
	return ok && m.From == 0
}

// informed takes a message that is neither a call nor a cast.
func (s *server[Q, R, M]) informed(m proc.Message) error {
	switch b := m.Body.(type) {
	case nil:
		if s.isWake(m) {
			return nil
		}
	case proc.ReceiveTimeout:
		if m.From == 0 {
			m.Body = Timeout{}
		}
	case proc.Exit:
		if (b.From == 0 || b.From == s.Parent()) && b.Reason != nil { // without a reason it is no signal, but somebody's message
			return s.stop(m, b.Reason)
		}
	}
	if s.info == nil {
		s.unexpected("message", m.From, m.Body)
		return nil
	}
	if err := s.info.HandleInfo(&s.Ctx, m); err != nil {
		return s.stop(m, checked("HandleInfo", err))
	}
	return nil
}

// notReplied is what a HandleCall does that returned an error.
func (c *Ctx) notReplied(m proc.Message, k proc.Caller, r any, err error) error {
	switch e := err.(type) {
	case noReply:
		return nil
	case *ReplyError:
		if e.Err == nil {
			return c.stop(m, &BadReturnError{"HandleCall", e, "the error for ErrorReply must not be nil"})
		}
		_ = c.ReplyTo(k, e)
		return nil
	case *replyAndStop:
		if e.reason == nil {
			return c.stop(m, &BadReturnError{"HandleCall", e, "the reason for ReplyAndStop must not be nil; a normal end is proc.Normal"})
		}
		err = c.stop(m, e.reason)
		c.last.from, c.last.reply = k, r
		return err
	}
	if errors.Is(err, NoReply) {
		err = &BadReturnError{"HandleCall", err, "NoReply must be returned as it is, not wrapped in another error"}
	}
	return c.stop(m, err)
}

// mistyped takes a call whose request is no Q.
func (s *server[Q, R, M]) mistyped(m proc.Message, k proc.Caller) error {
	if m.Body == nil && reflect.TypeFor[Q]().Kind() == reflect.Interface {
		var q Q
		r, err := s.impl.HandleCall(&s.Ctx, q, From[R]{k})
		if err != nil {
			return s.notReplied(m, k, r, err)
		}
		_ = s.ReplyTo(k, r)
		return nil
	}
	_ = s.ReplyTo(k, &ReplyError{&RequestTypeError{s.Self(), typeOf(m.Body), reflect.TypeFor[Q]().String()}})
	return nil
}

// miscast takes a cast whose message is no M.
func (s *server[Q, R, M]) miscast(m proc.Message) error {
	if m.Body == nil && reflect.TypeFor[M]().Kind() == reflect.Interface {
		var msg M
		if err := s.impl.HandleCast(&s.Ctx, msg); err != nil {
			return s.stop(m, checked("HandleCast", err))
		}
		return nil
	}
	m.Word = 0
	return s.informed(m)
}

func typeOf(v any) string {
	if v == nil {
		return "nil"
	}
	return reflect.TypeOf(v).String()
}

// continued calls HandleContinue for all that Continue was called with. It is not over when that takes longer than a turn, nor when there
// is a reply to be waited for first.
func (c *Ctx) continued() (over bool, err error) {
	for len(c.next) > 0 {
		what := c.next[0]
		c.next[0] = nil
		c.next = c.next[1:]
		m := proc.Message{From: c.Self(), Body: what}
		h, ok := c.impl.(ContinueHandler)
		if !ok {
			return false, c.stop(m, &MissingCallbackError{"HandleContinue", typeOf(c.impl)})
		}
		c.note(m)
		if err := h.HandleContinue(c, what); err != nil {
			return false, c.stop(m, checked("HandleContinue", err))
		}
		c.last = nil
		if c.flags&awaiting != 0 {
			return false, nil
		}
		c.Consume(1)
		if len(c.next) > 0 && c.ShouldYield() {
			return false, c.later()
		}
	}
	c.next = nil
	c.flags &^= continues
	return true, nil
}

// later has the server go on with HandleContinue in its next turn: a message comes to it, if only its own. In a mailbox with a bound that might
// push out another, so there it is a receive timeout, which takes no room; any message in the mailbox does as well.
func (c *Ctx) later() error {
	if c.Info().Bound > 0 {
		return c.ReceiveTimeout(1)
	}
	return c.SendWord(c.Self(), nil, wakeWord)
}

// after is what comes after a callback in the rare cases.
func (c *Ctx) after() error {
	if c.flags&awaiting != 0 {
		return nil // it comes after the function given to Await
	}
	if c.flags&continues != 0 {
		if over, err := c.continued(); !over {
			return err
		}
	}
	if c.flags&deferred != 0 {
		c.flags &^= deferred
		if err := c.Ctx.Become(c.machine); err != nil { // what was postponed is handled now
			return err
		}
	}
	c.rest()
	if c.control.Watched() {
		c.control.Tell(c.Ctx, sys.Event{Kind: sys.State, Value: c.shown()})
	}
	return nil
}

// rest prepares for a wait.
func (c *Ctx) rest() {
	if c.flags&(hibernates|hibernated) != 0 {
		c.flags = c.flags&^hibernates | hibernated
		c.Ctx.Hibernate()
	}
	switch { // neither time is negative
	case c.flags&timed != 0:
		_ = c.ReceiveTimeout(c.timeout)
	case c.flags&patient != 0 && c.flags&hibernated == 0:
		c.flags |= idling
		_ = c.ReceiveTimeout(c.idle)
	}
}
