package proc

// Hibernate gives back the memory that the runtime keeps for this process beyond what it needs while it waits: of links, monitors,
// calls and messages put aside that are over. It is for processes that expect to wait for long; it takes less than a microsecond, and
// what is given back is made again when it is needed. What the machine holds is its own to drop. (Erlang: hibernate/3.)
func (c *Ctx) Hibernate() {
	p := c.p
	r := p.cold
	if r == nil {
		return
	}
	if s := r.stash; s != nil {
		s.spare, s.spares = nil, 0
		if s.n == 0 && p.mb.User&flagRetry == 0 { // else it is in use
			r.stash = nil
		}
	}
	if t := r.ties; t != nil && t.links.trim()+t.watchers.trim()+t.monitors.trim() == 0 {
		r.ties = nil
	}
	if t := r.talk; t != nil {
		n := t.open.trim() + t.late.trim() + t.aliases.trim()
		if s := t.calls; s != nil {
			if n += s.n; s.n > 0 {
				s.trim()
			} else {
				c.stopOwn(&s.alarm.timer)
				t.calls = nil
			}
		}
		if n == 0 && p.mb.User&flagAwait == 0 && t.await.id == 0 {
			c.stopOwn(&t.await.alarm.timer)
			r.talk = nil
		}
	}
}

// Hibernate gives back memory before a long wait; see Ctx.Hibernate.
func (s *Self) Hibernate() { s.must().Hibernate() }
