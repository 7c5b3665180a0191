package difftest

import "slices"

// The instructions of the generator, each made for a process that is believed to be free.

func (g *gen) send(me *gproc) {
	to := g.target(me)
	tag := g.tag()
	if to.away != nil && to.away.tag != "" && g.r.IntN(2) == 0 {
		tag = to.away.tag
	}
	g.do(me, tuple{"send", to.n, tag, g.msg()})
	if to.away != nil && to.away.tag == tag {
		to.away = nil
	} else {
		to.mail = append(to.mail, tag)
	}
}

func (g *gen) recv(me *gproc) {
	g.do(me, tuple{"recv", g.pattern(me)})
}

// pattern is most often one that is thought to match something.
func (g *gen) pattern(me *gproc) term {
	for i := range g.calls {
		c := &g.calls[i]
		if c.server == me.n && !c.got && g.r.IntN(4) == 0 {
			c.got = true
			return tuple{"req", c.n}
		}
		if c.request && c.client == me.n && g.r.IntN(4) == 0 {
			return tuple{"rep", c.n}
		}
	}
	if len(me.mail) == 0 || g.r.IntN(8) == 0 {
		switch g.r.IntN(5) {
		case 0:
			return tuple{"tag", g.tag()}
		case 1:
			return tuple{"exit", g.procs[g.r.IntN(len(g.procs))].n}
		case 2:
			if r := g.ref(me); r > 0 {
				return tuple{"down", r}
			}
		case 3:
			return []string{"exit", "down"}[g.r.IntN(2)]
		}
		return "any"
	}
	i := g.r.IntN(len(me.mail))
	if g.r.IntN(3) == 0 {
		me.mail = me.mail[1:]
		return "any"
	}
	what := me.mail[i]
	me.mail = slices.Delete(me.mail, i, i+1)
	switch what {
	case "exit", "down":
		return what
	case "rep":
		return "any"
	}
	return tuple{"tag", what}
}

func (g *gen) peek(me *gproc) { g.do(me, tuple{"peek"}) }

func (g *gen) spawn(me *gproc) {
	if len(g.procs) >= 9 {
		return
	}
	opts := list{}
	link := g.r.IntN(2) == 0
	trap := g.r.IntN(4) == 0
	dies := g.r.IntN(5) == 0
	c := g.born(trap)
	if link {
		opts = append(opts, "link")
		c.linked[me.n], me.linked[c.n] = true, true
	}
	if g.r.IntN(3) == 0 {
		r := g.id()
		opts = append(opts, tuple{"monitor", r})
		g.refs = append(g.refs, gref{r, me.n, c.n})
	}
	if trap {
		opts = append(opts, "trap")
	}
	reason := ""
	if dies {
		reason = ends[g.r.IntN(len(ends))]
		opts = append(opts, tuple{"die", reason})
	} else if g.r.IntN(8) == 0 {
		opts = append(opts, tuple{"name", names[g.r.IntN(len(names))]})
	}
	g.do(me, tuple{"spawn", c.n, opts, c.style})
	if dies {
		g.died(c, reason)
	}
}

func (g *gen) trap(me *gproc) {
	on := g.r.IntN(3) > 0
	me.traps = on
	g.do(me, tuple{"trap", map[bool]string{true: "true", false: "false"}[on]})
}

func (g *gen) link(me *gproc) {
	p := g.target(me)
	g.do(me, tuple{"link", p.n})
	if p != me && !p.dead {
		p.linked[me.n], me.linked[p.n] = true, true
	}
}

func (g *gen) unlink(me *gproc) {
	p := g.target(me)
	if ns := g.linkedOf(me); len(ns) > 0 && g.r.IntN(4) > 0 {
		p = g.procs[ns[g.r.IntN(len(ns))]-1]
	}
	g.do(me, tuple{"unlink", p.n})
	delete(me.linked, p.n)
	if !p.dead {
		delete(p.linked, me.n)
	}
}

func (g *gen) monitor(me *gproc) {
	r := g.id()
	if g.r.IntN(6) == 0 {
		g.do(me, tuple{"monitor_name", r, names[g.r.IntN(len(names))]})
		g.refs = append(g.refs, gref{r, me.n, 0})
		return
	}
	p := g.target(me)
	g.do(me, tuple{"monitor", r, p.n})
	g.refs = append(g.refs, gref{r, me.n, p.n})
}

// ref picks one of the monitors of a process, 0 when it has none.
func (g *gen) ref(me *gproc) int {
	var rs []int
	for _, r := range g.refs {
		if r.owner == me.n {
			rs = append(rs, r.n)
		}
	}
	if len(rs) == 0 {
		return 0
	}
	return rs[g.r.IntN(len(rs))]
}

func (g *gen) demonitor(me *gproc) {
	if r := g.ref(me); r > 0 {
		g.do(me, tuple{"demonitor", r, []string{"plain", "info", "flush"}[g.r.IntN(3)]})
	}
}

func (g *gen) exit(me *gproc) {
	p, reason := g.target(me), reasons[g.r.IntN(len(reasons))]
	g.do(me, tuple{"exit", p.n, reason})
	g.signalled(me, p, reason)
	if me.style == "direct" && !me.dead && p != me && g.r.IntN(3) == 0 {
		g.do(me, tuple{"alive", p.n})
	}
}

func (g *gen) signalled(me, p *gproc, reason string) {
	switch {
	case reason == "kill":
		g.died(p, "killed")
	case p.traps:
		p.mail = append(p.mail, "exit")
	case reason != "normal" || p == me:
		g.died(p, reason)
	}
}

func (g *gen) end(me *gproc) {
	reason := ends[g.r.IntN(len(ends))]
	g.do(me, tuple{"return", reason})
	g.died(me, reason)
}

func (g *gen) name(me *gproc) {
	n := names[g.r.IntN(len(names))]
	if g.named[n] == nil || g.named[n].dead {
		p := g.target(me)
		g.named[n] = p
		g.do(me, tuple{"register", n, p.n})
		return
	}
	switch g.r.IntN(10) {
	case 0:
		g.do(me, tuple{"unregister", n})
		g.named[n] = nil
	case 1:
		g.do(me, tuple{"whereis", n})
	case 2, 3, 4, 5:
		tag := g.tag()
		g.do(me, tuple{"send_name", n, tag, g.msg()})
		g.named[n].mail = append(g.named[n].mail, tag)
	case 6:
		g.do(me, tuple{"whereis", n})
	case 7:
		r := g.id()
		g.do(me, tuple{"monitor_name", r, n})
		g.refs = append(g.refs, gref{r, me.n, g.named[n].n})
	default:
		g.do(me, tuple{"register", n, g.target(me).n})
	}
}

func (g *gen) alias(me *gproc) {
	switch n := g.r.IntN(8); {
	case n < 2 || g.aliases == 0:
		g.aliases++
		g.do(me, tuple{"alias", g.aliases, []string{"explicit", "reply"}[g.r.IntN(2)]})
	case n < 3:
		g.do(me, tuple{"unalias", 1 + g.r.IntN(g.aliases)})
	default:
		g.do(me, tuple{"send_alias", 1 + g.r.IntN(g.aliases), g.tag(), g.msg()})
	}
}

func (g *gen) timer(me *gproc) {
	if len(g.timers) > 0 && g.r.IntN(2) == 0 {
		t := g.timers[g.r.IntN(len(g.timers))]
		g.do(me, tuple{[]string{"cancel", "read"}[g.r.IntN(2)], t})
		return
	}
	t := g.id()
	g.timers = append(g.timers, t)
	switch n := g.r.IntN(5); {
	case n == 0 && me.style != "direct":
		g.do(me, tuple{"name_long", t, names[g.r.IntN(len(names))], g.tag(), g.msg()})
	case n < 3:
		g.do(me, tuple{"after_long", t, g.target(me).n, g.tag(), g.msg()})
	default:
		g.do(me, tuple{"timer_long", t, g.target(me).n})
	}
}

func (g *gen) shortTimer(me *gproc) {
	t, ms, p := g.id(), g.r.IntN(2), g.target(me)
	g.timers = append(g.timers, t) // to be cancelled and read too late
	switch g.r.IntN(5) {
	case 0:
		reason := ends[g.r.IntN(len(ends))]
		g.do(me, tuple{"after_die", ms, p.n, g.tag(), g.msg(), reason})
		g.died(me, reason)
	case 1:
		g.do(me, tuple{"timer_short", t, ms, p.n})
	case 2:
		for _, n := range names {
			if q := g.named[n]; q != nil && !q.dead && me.style != "direct" {
				g.do(me, tuple{"name_short", t, ms, n, g.tag(), g.msg()})
				return
			}
		}
	default:
		tag := g.tag()
		g.do(me, tuple{"after_short", t, ms, p.n, tag, g.msg()})
		if !p.dead && p.away == nil && g.r.IntN(2) == 0 {
			g.do(p, tuple{"recv", tuple{"tag", tag}})
		} else {
			p.mail = append(p.mail, tag)
		}
	}
}

func (g *gen) call(me *gproc) {
	k, p := g.id(), g.target(me)
	if g.r.IntN(5) == 0 {
		g.do(me, tuple{"call", k, p.n, 1})
	} else {
		g.do(me, tuple{"call", k, p.n, "infinity"})
		if p != me && !p.dead {
			me.away = &absence{call: len(g.calls) + 1}
		}
	}
	g.calls = append(g.calls, gcall{n: k, client: me.n, server: p.n})
}

func (g *gen) request(me *gproc) {
	for i := range g.calls {
		if c := g.calls[i]; c.request && c.client == me.n && g.r.IntN(4) == 0 {
			g.do(me, tuple{"abandon", c.n})
			return
		}
	}
	if me.style == "direct" {
		g.call(me)
		return
	}
	k, p := g.id(), g.target(me)
	g.do(me, tuple{"request", k, p.n})
	if p.dead {
		g.do(me, tuple{"recv", tuple{"rep", k}})
	}
	g.calls = append(g.calls, gcall{n: k, client: me.n, server: p.n, request: true})
}

func (g *gen) wait(me *gproc) {
	switch g.r.IntN(4) {
	case 0:
		if r := g.ref(me); r > 0 {
			g.do(me, tuple{"wait", tuple{"down", r}})
			for _, f := range g.refs {
				if f.n == r && f.target > 0 && !g.procs[f.target-1].dead {
					me.away = &absence{victim: f.target}
				}
			}
			return
		}
	case 1:
		if ns := g.linkedOf(me); me.traps && len(ns) > 0 {
			n := ns[g.r.IntN(len(ns))]
			g.do(me, tuple{"wait", tuple{"exit", n}})
			me.away = &absence{victim: n}
			return
		}
	}
	t := g.tag()
	g.do(me, tuple{"wait", tuple{"tag", t}})
	me.away = &absence{tag: t}
}

// seq makes several instructions of one step. What comes back to the process must not race with a later one of them, so
// only the last may be one that can end it.
func (g *gen) seq(me *gproc) {
	p := g.target(me)
	r1, r2 := reasons[g.r.IntN(len(reasons))], reasons[g.r.IntN(len(reasons))]
	mail := func() term {
		if g.aliases > 0 && g.r.IntN(3) == 0 {
			return tuple{"send_alias", 1 + g.r.IntN(g.aliases), g.tag(), g.msg()}
		}
		if g.r.IntN(3) == 0 {
			return tuple{"send_name", names[g.r.IntN(len(names))], g.tag(), g.msg()}
		}
		return tuple{"send", p.n, g.tag(), g.msg()}
	}
	exit := func(reason string) term { return tuple{"exit", p.n, reason} }
	switch g.r.IntN(7) {
	case 0:
		g.do(me, tuple{"seq", list{mail(), mail(), mail(), mail()}})
	case 1:
		g.do(me, tuple{"seq", list{mail(), mail(), exit(r1)}})
		g.signalled(me, p, r1)
	case 2:
		if p == me {
			return // the second signal would not be sent
		}
		g.do(me, tuple{"seq", list{exit(r1), exit(r2)}})
		g.signalled(me, p, r1)
		g.signalled(me, p, r2)
	case 3:
		g.do(me, tuple{"seq", list{tuple{"unlink", p.n}, exit(r1)}})
		delete(me.linked, p.n)
		delete(p.linked, me.n)
		g.signalled(me, p, r1)
	case 4:
		g.do(me, tuple{"seq", list{tuple{"link", p.n}, exit(r1)}})
		g.signalled(me, p, r1)
	case 5:
		r := g.id()
		g.refs = append(g.refs, gref{r, me.n, p.n})
		g.do(me, tuple{"seq", list{tuple{"monitor", r, p.n}, mail(), exit(r1)}})
		g.signalled(me, p, r1)
	case 6:
		reason := ends[g.r.IntN(len(ends))]
		g.do(me, tuple{"seq", list{mail(), mail(), tuple{"return", reason}}})
		g.died(me, reason)
	}
}
