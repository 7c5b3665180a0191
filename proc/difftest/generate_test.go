package difftest

import (
	"math/rand/v2"
	"slices"
)

// gen makes a random program. It keeps a rough idea of who lives and who waits, so that most instructions have something to
// do; the idea may be wrong, which only makes an instruction log skip, busy or gone.
type gen struct {
	r       *rand.Rand
	p       program
	procs   []*gproc // by number - 1
	refs    []gref
	named   map[string]*gproc
	aliases int
	timers  []int // long ones
	calls   []gcall
	msgs    int
	ids     int // monitors, timers and calls
	weights []int
}

type gproc struct {
	n      int
	style  string
	dead   bool
	traps  bool
	away   *absence
	linked map[int]bool
	mail   []string // tags, "exit", "down" and "rep" of what may lie in its mailbox
}

type gref struct{ n, owner, target int }

type gcall struct {
	n, client, server int
	got, over         bool
	request           bool
}

// absence is what a process waits for: a tag, the end of a process, or (counted from 1) a call.
type absence struct {
	tag    string
	victim int
	call   int
}

var (
	tags    = []string{"x", "y", "z"}
	names   = []string{"thrum_n1", "thrum_n2", "thrum_n3"}
	reasons = []string{"normal", "normal", "kill", "killed", "shutdown", "noproc", "a", "b", "c"}
	ends    = []string{"normal", "normal", "kill", "killed", "shutdown", "a", "b", "crash", "crash"}
	styles  = []string{"direct", "machine", "postponing"}
)

// kinds are what a program can do next. Each program favours some and lacks others, so that each has its own character.
var kinds = []struct {
	weight int
	always bool
	make   func(g *gen, me *gproc)
}{
	{9, true, (*gen).send},
	{14, true, (*gen).recv},
	{2, true, (*gen).peek},
	{5, true, (*gen).spawn},
	{4, false, (*gen).trap},
	{9, false, (*gen).link},
	{6, false, (*gen).unlink},
	{9, false, (*gen).monitor},
	{8, false, (*gen).demonitor},
	{5, false, (*gen).exit},
	{3, false, (*gen).end},
	{7, false, (*gen).name},
	{5, false, (*gen).alias},
	{4, false, (*gen).timer},
	{1, false, (*gen).shortTimer},
	{6, false, (*gen).call},
	{6, false, (*gen).request},
	{5, false, (*gen).wait},
	{7, false, (*gen).seq},
}

// generate makes the program of a seed.
func generate(seed uint64) program {
	g := &gen{r: rand.New(rand.NewPCG(seed, 0x7468_7275_6d)), p: program{id: int(seed)}, named: map[string]*gproc{}}
	for _, k := range kinds {
		w := k.weight * 2
		if !k.always {
			w = k.weight * []int{0, 1, 2, 2, 6}[g.r.IntN(5)]
		}
		g.weights = append(g.weights, w)
	}
	for range 2 + g.r.IntN(4) {
		opts := list{}
		if g.r.IntN(3) == 0 {
			opts = append(opts, "trap")
		}
		p := g.born(len(opts) > 0)
		g.p.roots = append(g.p.roots, tuple{p.n, append(opts, tuple{"style", p.style})})
	}
	for range 20 + g.r.IntN(45) {
		if g.next() == nil {
			break
		}
	}
	g.epilogue()
	return g.p
}

func (g *gen) next() *gproc {
	if g.r.IntN(3) == 0 {
		g.help()
	}
	me := g.alive(func(p *gproc) bool { return p.away == nil })
	if me == nil {
		return nil
	}
	total := 0
	for _, w := range g.weights {
		total += w
	}
	n := g.r.IntN(total)
	for i, k := range kinds {
		if n -= g.weights[i]; n < 0 {
			k.make(g, me)
			break
		}
	}
	return me
}

func (g *gen) do(p *gproc, instr term) { g.p.steps = append(g.p.steps, tuple{p.n, instr}) }

func (g *gen) born(traps bool) *gproc {
	p := &gproc{n: len(g.procs) + 1, style: styles[g.r.IntN(len(styles))], traps: traps, linked: map[int]bool{}}
	g.procs = append(g.procs, p)
	return p
}

// died takes p, and all whom its links take with it, out of the picture.
func (g *gen) died(p *gproc, reason string) {
	if p.dead {
		return
	}
	p.dead = true
	for n := range p.linked {
		q := g.procs[n-1]
		delete(q.linked, p.n)
		if q.traps {
			q.mail = append(q.mail, "exit")
		} else if reason != "normal" {
			g.died(q, reason)
		}
	}
	p.linked = nil
	for _, r := range g.refs {
		if r.target == p.n {
			g.procs[r.owner-1].mail = append(g.procs[r.owner-1].mail, "down")
		}
	}
	for _, c := range g.calls {
		if c.request && c.server == p.n && !c.over {
			g.procs[c.client-1].mail = append(g.procs[c.client-1].mail, "rep")
		}
	}
	for _, q := range g.procs {
		if a := q.away; a != nil && (a.victim == p.n || a.call > 0 && g.calls[a.call-1].server == p.n) {
			q.away = nil
		}
	}
}

// alive picks a process that is believed to live.
func (g *gen) alive(ok func(*gproc) bool) *gproc {
	var ps []*gproc
	for _, p := range g.procs {
		if !p.dead && ok(p) {
			ps = append(ps, p)
		}
	}
	if len(ps) == 0 {
		return nil
	}
	return ps[g.r.IntN(len(ps))]
}

// target picks whom to do something to: mostly another that lives, at times a dead one or me.
func (g *gen) target(me *gproc) *gproc {
	switch g.r.IntN(14) {
	case 0:
		return me
	case 1, 2:
		if p := g.procs[g.r.IntN(len(g.procs))]; p.dead {
			return p
		}
	}
	if p := g.alive(func(p *gproc) bool { return p != me }); p != nil {
		return p
	}
	return me
}

func (g *gen) tag() string { return tags[g.r.IntN(len(tags))] }

func (g *gen) msg() int { g.msgs++; return g.msgs }

func (g *gen) id() int { g.ids++; return g.ids }

// help lets something happen to a process that waits, or to a call that nobody has answered.
func (g *gen) help() {
	p := g.alive(func(p *gproc) bool { return p.away != nil && p.away.call == 0 })
	if me := g.alive(func(q *gproc) bool { return q.away == nil }); p != nil && me != nil && g.r.IntN(2) == 0 {
		if a := p.away; a.victim > 0 {
			victim := g.procs[a.victim-1]
			g.do(me, tuple{"exit", a.victim, "kill"})
			g.died(victim, "killed")
		} else {
			g.do(me, tuple{"send", p.n, a.tag, g.msg()})
			p.away = nil
		}
		return
	}
	var open []*gcall
	for i := range g.calls {
		c := &g.calls[i]
		if s := g.procs[c.server-1]; !s.dead && s.away == nil && c.client != c.server && (!c.over || g.r.IntN(10) == 0) {
			open = append(open, c)
		}
	}
	if len(open) == 0 {
		return
	}
	c := open[g.r.IntN(len(open))]
	server := g.procs[c.server-1]
	if !c.got {
		g.do(server, tuple{"recv", tuple{"req", c.n}})
		c.got = true
		if g.r.IntN(2) == 0 {
			return
		}
	}
	g.do(server, tuple{"reply", c.n, []string{"yes", "no"}[g.r.IntN(2)]})
	c.over = true
	if a := g.procs[c.client-1]; a.away != nil && a.away.call > 0 && g.calls[a.away.call-1].n == c.n {
		a.away = nil
	}
}

// epilogue shows what has been left: every mailbox, then whom the end of each process takes with it.
func (g *gen) epilogue() {
	look := func() {
		for _, p := range g.procs {
			if !p.dead && p.away == nil {
				g.do(p, tuple{"peek"})
			}
		}
	}
	look()
	order := g.r.Perm(len(g.procs))
	for i, n := range order {
		p := g.procs[n]
		if p.dead {
			continue
		}
		reason := ends[g.r.IntN(len(ends))]
		killer := g.alive(func(q *gproc) bool { return q != p && q.away == nil })
		if killer != nil && (p.away != nil || g.r.IntN(2) == 0) {
			g.do(killer, tuple{"exit", p.n, "kill"})
			reason = "killed"
		} else {
			g.do(p, tuple{"return", reason})
		}
		g.died(p, reason)
		if i%2 == 0 || i > len(order)-3 {
			look()
		}
	}
}

// linkedOf is whom p is believed to be linked to, in order: a seed must always make the same program.
func (g *gen) linkedOf(p *gproc) []int {
	var ns []int
	for n := range p.linked {
		ns = append(ns, n)
	}
	slices.Sort(ns)
	return ns
}
