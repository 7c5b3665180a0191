package proc

import "fmt"

// AliasKind says how long an alias works.
type AliasKind uint8

const (
	// AliasExplicit works until Unalias.
	AliasExplicit AliasKind = iota
	// AliasReply works for one message.
	AliasReply
)

// Alias is an address of a process that can be taken back: a message to it that arrives when it no longer works is dropped. The zero
// Alias is nobody's.
type Alias struct {
	pid PID
	ref uint64
}

// PID returns the process that the alias is of.
func (a Alias) PID() PID { return a.pid }

// aliasWord tells the numbers of aliases from those of calls.
const aliasWord = 1 << 63

// Alias makes an alias of this process (Erlang: alias/1). An unknown kind is taken for AliasExplicit.
func (c *Ctx) Alias(kind AliasKind) Alias {
	ref := aliasWord | c.p.rare().ref()
	c.p.talking().aliases.put(ref, kind)
	return Alias{c.self, ref}
}

// Unalias ends an alias of this process and reports whether it still worked. Messages that have arrived before stay.
func (c *Ctx) Unalias(a Alias) bool {
	if a.pid != c.self || c.p.cold == nil || c.p.cold.talk == nil {
		return false
	}
	_, ok := c.p.cold.talk.aliases.del(a.ref)
	return ok
}

// SendAlias sends body to an alias; see Send, with whose messages it keeps the order. As in Erlang nobody is told when the
// alias no longer works.
//
// Errors: ErrWrongRuntime, the zero Alias.
func (c *Ctx) SendAlias(a Alias, body any) error {
	if err := c.rt.checkAlias(a); err != nil {
		return err
	}
	c.signal(a.pid, Message{From: c.self | markReply, Body: body, Word: a.ref})
	return nil
}

// SendAlias sends body to an alias from any goroutine; see Ctx.SendAlias.
func (rt *Runtime) SendAlias(a Alias, body any) error {
	if err := rt.checkAlias(a); err != nil {
		return err
	}
	rt.signal(a.pid, Message{From: markReply, Body: body, Word: a.ref})
	return nil
}

func (rt *Runtime) checkAlias(a Alias) error {
	if a == (Alias{}) {
		return fmt.Errorf("proc: SendAlias: alias is the zero Alias; use one that Alias has returned")
	}
	return rt.own(a.pid)
}
