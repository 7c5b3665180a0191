package difftest

import "math/rand/v2"

// generateRace makes a program whose processes run scripts at the same time: links and monitors that are made one after
// another, then a race, then a look at what it has left. It is small, so that every outcome that Erlang allows can be searched.
func generateRace(seed uint64) program {
	g := &racer{r: rand.New(rand.NewPCG(seed, 0x7261_6365)), p: program{id: int(seed), race: true}}
	n := 2 + g.r.IntN(3)
	theme := g.r.IntN(5) // 0 links, 1 monitors, 2 requests, else a mixture
	if theme < 2 {
		n = 2 + g.r.IntN(4)/3
	}
	for i := range n {
		style := styles[g.r.IntN(len(styles))]
		opts := list{tuple{"style", style}}
		g.styles = append(g.styles, style)
		if g.r.IntN(2) == 0 {
			opts = append(opts, "trap")
		}
		g.p.roots = append(g.p.roots, tuple{i + 1, opts})
		g.procs = append(g.procs, i+1)
	}
	switch theme {
	case 0:
		g.kinds = [9]int{12, 0, 1, 1, 0, 0, 1, 0, 0}
	case 1:
		g.kinds = [9]int{1, 8, 2, 2, 1, 0, 0, 1, 0}
	case 2:
		g.kinds = [9]int{1, 0, 2, 1, 0, 0, 1, 0, 8}
	default:
		for i := range g.kinds {
			g.kinds[i] = []int{0, 1, 1, 3}[g.r.IntN(4)]
		}
		g.kinds[0]++
	}
	for range g.r.IntN(4) {
		p := g.proc()
		g.p.steps = append(g.p.steps, tuple{p, g.instr(p, true)})
	}
	if g.r.IntN(4) == 0 {
		g.giveUp()
	}
	for range 1 + g.r.IntN(2) {
		g.race(n)
	}
	g.aftermath()
	return g.p
}

type racer struct {
	r      *rand.Rand
	p      program
	procs  []int
	refs   map[int][]int // by process
	ids    int
	alias  int
	styles []string
	calls  []gcall
	kinds  [9]int // weights of what instr makes
}

func (g *racer) proc() int { return g.procs[g.r.IntN(len(g.procs))] }

func (g *racer) other(me int) int {
	for range 3 {
		if p := g.proc(); p != me {
			return p
		}
	}
	return me
}

// race has n processes do something at the same time, the more of them the less.
func (g *racer) race(n int) {
	var scripts list
	for i, p := range g.r.Perm(n) {
		if i >= 2 && g.r.IntN(3) == 0 {
			continue
		}
		script := list{}
		for range 1 + g.r.IntN(6-n) {
			switch g.r.IntN(6) {
			case 0:
				script = append(script, tuple{"yield"})
			case 1:
				script = append(script, tuple{"spin", 1 << g.r.IntN(12)})
			}
			i := g.instr(p+1, false)
			script = append(script, i)
			// A message to oneself shows what comes later: nothing may, of what has just been given up.
			if o := op(i); (o == "unlink" || o == "demonitor" || o == "trap" || o == "unalias") && g.r.IntN(3) > 0 {
				script = append(script, tuple{"send", p + 1, tags[2], len(script) + 100*(len(g.p.steps)+1)})
			}
		}
		if g.r.IntN(4) == 0 {
			script = append(script, tuple{"return", ends[g.r.IntN(len(ends))]})
		}
		scripts = append(scripts, tuple{p + 1, script})
	}
	g.p.steps = append(g.p.steps, tuple{0, tuple{"par", scripts}})
}

// giveUp races a process that gives up a link and a monitor with the end of the one they are to.
func (g *racer) giveUp() {
	p, q := 1, 2
	if g.r.IntN(2) == 0 {
		p, q = q, p
	}
	g.ids += 2
	ref, id := g.ids-1, g.ids
	for _, i := range []term{tuple{"trap", "true"}, tuple{"link", q}, tuple{"monitor", ref, q}} {
		g.p.steps = append(g.p.steps, tuple{p, i})
	}
	delay := func() list {
		return []list{nil, {tuple{"yield"}}, {tuple{"spin", 1 << g.r.IntN(12)}}}[g.r.IntN(3)]
	}
	ups := []term{tuple{"unlink", q}, tuple{"demonitor", ref, []string{"info", "flush"}[g.r.IntN(2)]}}
	gives := append(delay(), ups[g.r.IntN(2)], tuple{"send", p, tags[2], id}, tuple{"take", "any"})
	if g.r.IntN(2) == 0 {
		gives = append(gives, tuple{"take", "any"})
	}
	g.p.steps = append(g.p.steps, tuple{0, tuple{"par", list{
		tuple{p, gives}, tuple{q, append(delay(), tuple{"return", ends[g.r.IntN(len(ends))]})},
	}}})
}

// instr makes an instruction; before a race it is one that gives the race something to be about.
func (g *racer) instr(me int, before bool) term {
	kinds := g.kinds
	if before {
		kinds = [9]int{4, 3, 0, 0, 1, 1, 1, 0, 2}
	}
	total := 0
	for _, k := range kinds {
		total += k
	}
	n, kind := g.r.IntN(total), 0
	for n >= kinds[kind] {
		n -= kinds[kind]
		kind++
	}
	to := g.other(me)
	g.ids++
	id := g.ids
	tag := tags[g.r.IntN(2)]
	name := names[g.r.IntN(2)]
	if g.refs == nil {
		g.refs = map[int][]int{}
	}
	pick := func(ts ...term) term { return ts[g.r.IntN(len(ts))] }
	switch kind {
	case 0:
		if !before && g.r.IntN(2) == 0 {
			return tuple{"unlink", to}
		}
		return tuple{"link", to}
	case 1:
		if refs := g.refs[me]; !before && len(refs) > 0 && g.r.IntN(2) == 0 {
			return tuple{"demonitor", refs[g.r.IntN(len(refs))], pick("info", "flush", "plain")}
		}
		g.refs[me] = append(g.refs[me], id)
		if g.r.IntN(5) == 0 {
			return tuple{"monitor_name", id, name}
		}
		return tuple{"monitor", id, to}
	case 2:
		return tuple{"exit", to, reasons[g.r.IntN(len(reasons))]}
	case 3:
		return pick(tuple{"take", "any"}, tuple{"take", "exit"}, tuple{"take", "down"}, tuple{"take", tuple{"tag", tag}},
			tuple{"take", tuple{"exit", to}})
	case 4:
		return pick(tuple{"register", name, me}, tuple{"register", name, to}, tuple{"unregister", name}, tuple{"whereis", name},
			tuple{"send_name", name, tag, id})
	case 5:
		if g.alias == 0 || before && g.r.IntN(2) == 0 {
			g.alias++
			return tuple{"alias", g.alias, pick("explicit", "reply")}
		}
		if g.r.IntN(4) == 0 {
			return tuple{"unalias", 1 + g.r.IntN(g.alias)}
		}
		return tuple{"send_alias", 1 + g.r.IntN(g.alias), tag, id}
	case 6:
		return pick(tuple{"send", to, tag, id}, tuple{"send", to, tag, id}, tuple{"trap", pick("true", "false")})
	}
	if kind == 8 {
		return g.request(me, to, id)
	}
	if len(g.procs) > 5 {
		return tuple{"send", to, tag, id}
	}
	child := len(g.procs) + 1
	g.procs = append(g.procs, child)
	opts := list{}
	if g.r.IntN(2) == 0 {
		opts = append(opts, "link")
	}
	if g.r.IntN(3) == 0 {
		g.refs[me] = append(g.refs[me], id)
		opts = append(opts, tuple{"monitor", id})
	}
	if g.r.IntN(4) == 0 {
		opts = append(opts, "trap")
	}
	if g.r.IntN(2) == 0 {
		opts = append(opts, tuple{"die", ends[g.r.IntN(len(ends))]})
	}
	return tuple{"spawn", child, opts, styles[g.r.IntN(len(styles))]}
}

// request makes an instruction about a request: to make it, to receive it, to reply, to give it up, to take what it came to.
func (g *racer) request(me, to, id int) term {
	var mine, served []gcall
	for _, c := range g.calls {
		if c.client == me {
			mine = append(mine, c)
		}
		if c.server == me {
			served = append(served, c)
		}
	}
	if len(served) > 0 && g.r.IntN(2) == 0 {
		k := served[g.r.IntN(len(served))].n
		if g.r.IntN(2) == 0 {
			return tuple{"take", tuple{"req", k}}
		}
		return tuple{"reply", k, []string{"yes", "no"}[g.r.IntN(2)]}
	}
	if len(mine) > 0 && g.r.IntN(2) == 0 {
		k := mine[g.r.IntN(len(mine))].n
		if g.r.IntN(2) == 0 {
			return tuple{"abandon", k}
		}
		return tuple{"take", tuple{"rep", k}}
	}
	if me > len(g.styles) || g.styles[me-1] == "direct" {
		return tuple{"send", to, tags[0], id}
	}
	g.calls = append(g.calls, gcall{n: id, client: me, server: to})
	return tuple{"request", id, to}
}

// aftermath shows what links, monitors and names are left: the processes end one after another.
func (g *racer) aftermath() {
	look := func() {
		for _, p := range g.procs {
			g.p.steps = append(g.p.steps, tuple{p, tuple{"peek"}})
		}
	}
	for _, n := range names[:2] {
		g.p.steps = append(g.p.steps, tuple{g.proc(), tuple{"whereis", n}})
	}
	for range g.r.IntN(3) { // a link that one side believes to have already shows itself when it is asked for again
		p := g.proc()
		g.p.steps = append(g.p.steps, tuple{p, tuple{"link", g.other(p)}})
	}
	for _, i := range g.r.Perm(len(g.procs)) {
		p := g.procs[i]
		if g.r.IntN(3) == 0 {
			g.p.steps = append(g.p.steps, tuple{g.other(p), tuple{"exit", p, "kill"}})
		} else {
			g.p.steps = append(g.p.steps, tuple{p, tuple{"return", ends[g.r.IntN(len(ends))]}})
		}
		look()
	}
}
