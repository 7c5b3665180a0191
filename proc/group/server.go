package group

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// server is the scope's process. It does what has been left to it in life.todo: monitors members and sends events, in the order of
// the changes. It is the only one that takes from todo.
type server[K comparable] struct {
	s   *Scope[K]
	l   *life[K]
	now todo[K] // taken, in work
	at  struct{ change, to, fresh int }

	again bool // a wake of its own is in the mailbox, for the rest of the work
}

// Init takes the scope's name.
func (m *server[K]) Init(c *proc.Ctx) error {
	if pid, ok := c.Whereis(m.s.name); !ok || pid != c.Self() {
		if err := c.Register(m.s.name, c.Self()); err != nil {
			return fmt.Errorf("group: scope %q: %w", m.s.name, err)
		}
	}
	if err := c.SetMailboxBound(0, proc.Reject); err != nil { // a wake that is lost would be the last one
		return fmt.Errorf("group: scope %q: %w", m.s.name, err)
	}
	m.l = m.s.begin(c.Self())
	m.l.mu.Lock()
	m.l.alias = c.Alias(proc.AliasExplicit)
	m.l.woken = true
	m.l.mu.Unlock()
	return m.work(c)
}

// Handle passes over messages that are not the scope's.
func (m *server[K]) Handle(c *proc.Ctx, msg proc.Message) error {
	switch b := msg.Body.(type) {
	case wake:
		m.again = false
	case proc.Down:
		if m.bury(b); m.again {
			return nil
		}
	default:
		return nil
	}
	return m.work(c)
}

// bury removes a member that has ended.
func (m *server[K]) bury(d proc.Down) {
	m.l.mu.Lock()
	defer m.l.mu.Unlock()
	if who := m.l.members[d.PID]; who != nil && who.ref == d.Monitor {
		m.l.bury(who)
	}
	m.l.woken = true
}

// work does what there is to do, as far as the turn allows.
func (m *server[K]) work(c *proc.Ctx) error {
	for m.enlist(c) && m.tell(c) {
		if !m.take() {
			return nil
		}
	}
	m.again = true
	return c.Send(c.Self(), wake{})
}

// take fetches work; without any, the next change wakes the process again.
func (m *server[K]) take() bool {
	clear(m.now.changes)
	clear(m.now.fresh)
	m.now = todo[K]{m.now.changes[:0], 0, m.now.fresh[:0], m.now.stale[:0]}
	if max(cap(m.now.changes), cap(m.now.fresh), cap(m.now.stale)) > keepMost {
		m.now = todo[K]{}
	}
	m.at.change, m.at.to, m.at.fresh = 0, 0, 0
	l := m.l
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = l.todo.events
	if l.todo.empty() {
		l.woken = false
		return false
	}
	l.todo, m.now = m.now, l.todo
	return true
}

const (
	keepMost  = 4096 // entries of memory for work that are used again
	fewAtOnce = 64   // members monitored while others wait for mu
	eventCost = 8    // reductions: those of a Send
)

// enlist monitors new members and demonitors those that have left everything.
func (m *server[K]) enlist(c *proc.Ctx) (done bool) {
	for _, ref := range m.now.stale {
		c.Demonitor(ref)
	}
	m.now.stale = m.now.stale[:0]
	for m.at.fresh < len(m.now.fresh) {
		if c.ShouldYield() {
			return false
		}
		m.enlistFew(c, m.now.fresh[m.at.fresh:min(len(m.now.fresh), m.at.fresh+fewAtOnce)])
	}
	return true
}

func (m *server[K]) enlistFew(c *proc.Ctx, few []*member[K]) {
	m.at.fresh += len(few)
	c.Consume(len(few))
	m.l.mu.Lock()
	defer m.l.mu.Unlock()
	for _, who := range few {
		if !who.gone {
			who.ref, _ = c.Monitor(who.pid) // which fails for PIDs of other runtimes only, and these cannot join
		}
	}
}

// tell sends events: for each change first to those who monitor the scope.
func (m *server[K]) tell(c *proc.Ctx) (done bool) {
	for ; m.at.change < len(m.now.changes); m.at.change++ {
		ch := &m.now.changes[m.at.change]
		for n := ch.scope.n + ch.one.n; m.at.to < n; m.at.to++ {
			if c.ShouldYield() {
				return false
			}
			var mon *monitor[K]
			if i := m.at.to; i < ch.scope.n {
				mon = ch.scope.at(i)
			} else {
				mon = ch.one.at(i - ch.scope.n)
			}
			e := Event[K]{Monitor: mon.ref, Group: ch.name, Joined: ch.joined, PIDs: ch.pids}
			_ = c.SendAlias(mon.ref.alias, e) // who has ended needs no event
			c.Consume(eventCost)
		}
		m.at.to = 0
		*ch = change[K]{}
	}
	return true
}
