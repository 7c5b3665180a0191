package genserver

import (
	"errors"
	"fmt"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// Ctx is a server's view of itself, handed to its callbacks. As a proc.Ctx it is valid until they return; do not keep it.
type Ctx struct {
	*proc.Ctx
	impl    any // the Server
	machine proc.Machine
	control sys.Control
	flags   flags
	timeout time.Duration // of Timeout, while timed
	idle    time.Duration // of HibernateAfter
	next    []any         // what Continue was called with
	last    *ending
}

// flags is zero in the frequent case.
type flags uint16

const (
	timed      flags = 1 << iota // Timeout was called after the last message
	idling                       // the receive timeout that runs is that of HibernateAfter
	hibernates                   // Hibernate was called in this callback
	hibernated                   // and the memory has been given back since the last message
	patient                      // idle is set
	continues                    // next is not empty
	deferred                     // messages wait until next is empty
	awaiting                     // a reply, and nothing else
	ends                         // one of its callbacks has ended it, or its parent, or sys
	crashed                      // a callback did not return
)

// ending is what a server keeps for its end.
type ending struct {
	message proc.Message // the last one
	from    proc.Caller  // of ReplyAndStop
	reply   any
}

// Timeout asks for a message with a Timeout as body, to HandleInfo, if no message comes for d after this callback. Any message cancels
// it, but for the requests of package sys, after which it starts anew (OTP: gen_server, {noreply, State, Timeout}).
//
// Errors: d is negative.
func (c *Ctx) Timeout(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("genserver: Timeout: d is %v; it must not be negative", d)
	}
	c.timeout = d
	c.flags = c.flags&^idling | timed // the time begins when the callback has returned
	return nil
}

// Hibernate gives back memory after this callback: see proc.Ctx.Hibernate (OTP: gen_server, {noreply, State, hibernate}).
func (c *Ctx) Hibernate() { c.flags |= hibernates }

// HibernateAfter has the server hibernate whenever no message has come for d, from now on; 0 ends that. A Timeout goes before it (OTP: gen_server,
// option hibernate_after).
//
// Errors: d is negative.
func (c *Ctx) HibernateAfter(d time.Duration) error {
	if err := checkIdle(d); err != nil {
		return err
	}
	c.idle = d
	c.flags &^= patient
	if d > 0 {
		c.flags |= patient
	}
	return nil
}

func checkIdle(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("genserver: HibernateAfter: d is %v; it must not be negative (0 for never)", d)
	}
	return nil
}

// Continue has HandleContinue called with what after this callback, before any message, however long that is in the mailbox. In Init it
// does not hold up whoever starts the server. Called more than once, HandleContinue is called for each, in order. A server that goes on for
// ever by Continue gives way to other processes at the end of each turn; messages to itself wait as long as it does (OTP: gen_server, {continue, Term}).
func (c *Ctx) Continue(what any) {
	c.next = append(c.next, what)
	c.flags |= continues
}

// Await is proc.Ctx.Await for a server: what then returns is as from a callback, and it may use Continue and the like.
// See also the function Await.
func (c *Ctx) Await(to proc.PID, req any, timeout time.Duration, then func(c *Ctx, v any, err error) error) error {
	if then == nil {
		return errors.New("genserver: Await: then is nil; give the function that takes the reply")
	}
	err := c.Ctx.Await(to, req, timeout, func(pc *proc.Ctx, v any, why error) (err error) {
		c.Ctx = pc
		c.flags &^= awaiting
		m := proc.Message{From: to, Body: v}
		returned := false
		defer func() {
			if !returned {
				c.crashedIn(m)
			}
		}()
		if err = then(c, v, why); err != nil {
			err = c.stop(m, checked("the function given to Await", err))
		} else {
			err = c.after()
		}
		returned = true
		return err
	})
	if err == nil {
		c.flags |= awaiting
	}
	return err
}

// ReplyTo replies to a call; see proc.Ctx.ReplyTo.
func (c *Ctx) ReplyTo(k proc.Caller, v any) error {
	err := c.Ctx.ReplyTo(k, v)
	if err == nil && c.control.Watched() {
		c.control.Tell(c.Ctx, sys.Event{Kind: sys.Out, To: k.PID(), Value: v})
	}
	return err
}

// Reply replies to the call being handled; see proc.Ctx.Reply. From.Reply knows the type of the reply.
func (c *Ctx) Reply(v any) error {
	k, _ := c.Caller()
	return c.ReplyTo(k, v)
}

// Become is refused: it would end the server without its Terminate. sys.ChangeCode replaces an implementation.
func (c *Ctx) Become(proc.Machine) error {
	return errors.New("genserver: Become: a server stays one; use sys.ChangeCode to replace its implementation")
}

// Postpone is refused: a server has no states whose change would bring the message back. Package genstatem has them.
func (c *Ctx) Postpone(proc.Message) error {
	return errors.New("genserver: Postpone: a server has no states; keep the message in a field, or use package genstatem")
}
