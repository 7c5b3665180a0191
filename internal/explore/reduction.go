package explore

// reduction skips executions that are equivalent to others: they differ only in the order of steps that commute. It is dynamic
// partial-order reduction with source sets and sleep sets (Abdulla, Aronis, Jonsson, Sagonas: Source Sets, JACM 2017).
//
// At each state one thread is explored at first. Whenever an execution carries out a step that races with
// an earlier one (they do not commute, and nothing in between orders them), some thread that leads to the opposite order
// is added to those to be explored at the state before the earlier step. A thread whose step has been explored at a
// state sleeps in the branches of its siblings until a step is carried out that does not commute with its own: till then,
// running it would only repeat what has been seen. An execution in which every thread that can run sleeps is cut short.
//
// Adding more threads than needed is always sound, and done wherever blocking makes the exact answer complicated.
type reduction struct {
	e      *explorer
	steps  []stepRecord
	clocks [MaxThreads]clock // what happened before the next step of each thread, by program order alone
	asleep set               // at the state reached
}

// stepRecord is a step that has been carried out.
type stepRecord struct {
	op       op
	id       int
	seq      uint16 // its number among the steps of its thread, from 1
	decision int    // index into the path of the decision that chose it
	clock    clock  // the steps that happened before it, and itself
}

// clock counts, for each thread, its steps that happened before some point.
type clock [MaxThreads]uint16

func (c *clock) join(d *clock, threads int) {
	for i := range threads {
		c[i] = max(c[i], d[i])
	}
}

func newReduction(e *explorer) *reduction { return &reduction{e: e} }

func (r *reduction) reset() {
	r.steps = r.steps[:0]
	r.asleep = 0
}

// created gives a new thread its clock: after the last step of its parent, if it has one.
func (r *reduction) created(t, parent *thread) {
	r.clocks[t.id] = clock{}
	if parent != nil {
		r.clocks[t.id] = r.clocks[parent.id]
	}
}

// commute reports whether two operations of different threads have the same effect in either order, and neither can
// enable or disable the other.
func commute(a, b *op) bool {
	if a.kind == kindStart || b.kind == kindStart {
		return true
	}
	if a.universal() || b.universal() {
		return false
	}
	return a.addr != b.addr || a.kind == Load && b.kind == Load
}

// universal reports whether the operation has to be taken for one that does not commute with any: because nobody knows
// what it touches, or because it concerns store buffers, which every atomic write may drain.
func (o *op) universal() bool {
	switch o.kind {
	case Step, kindWait, kindReadWord, kindWriteWord, kindBarrier:
		return true
	}
	return o.addr == 0
}

// pick decides like explorer.pick. Each step has a decision here, if there was a choice or not.
func (r *reduction) pick(enabled set, cur *thread) *thread {
	e := r.e
	// The races of all steps but the last one of the path given were found when that path was new.
	races := e.depth >= len(e.path)-1
	if races && e.blocked != 0 {
		r.blockedRaces()
	}
	if e.depth == len(e.path) {
		awake := enabled &^ r.asleep
		if awake == 0 {
			e.pruned = true
			return nil
		}
		who := awake.lowest()
		if cur != nil && awake.has(cur) {
			who = cur.id
		}
		e.path = append(e.path, decision{who: who, cand: enabled, todo: bit(who), asleep: r.asleep})
	}
	d := &e.path[e.depth]
	if d.cand != enabled {
		e.strayed()
		return nil
	}
	t := e.threads[d.who]
	r.step(t, e.depth, races)
	r.asleep |= d.done
	for rest := r.asleep; rest != 0; rest &= rest - 1 {
		if q := e.threads[rest.lowest()]; q == t || !commute(&q.op, &t.op) {
			r.asleep &^= q.bit
		}
	}
	e.depth++
	return t
}

// step notes that t carries out its operation, and looks for races with earlier ones if asked to.
func (r *reduction) step(t *thread, decision int, races bool) {
	c := r.clocks[t.id]
	for i := len(r.steps) - 1; i >= 0; i-- {
		s := &r.steps[i]
		if s.id == t.id || s.seq <= c[s.id] || commute(&s.op, &t.op) {
			continue
		}
		if races {
			r.race(i, t)
		}
		c.join(&s.clock, r.e.n)
	}
	c[t.id]++
	r.clocks[t.id] = c
	r.steps = append(r.steps, stepRecord{op: t.op, id: t.id, seq: c[t.id], decision: decision, clock: c})
}

// race makes sure that the step i, with which the next step of t races, is also explored after it.
func (r *reduction) race(i int, t *thread) {
	d := &r.e.path[r.steps[i].decision]
	if t.op.kind.blocking() || r.steps[i].op.kind.blocking() {
		d.todo |= d.cand // the later step may have been impossible before the earlier one
		return
	}
	// The steps after i that do not depend on it could go first, then t. The threads that can begin this sequence
	// are those whose first step in it depends on none before.
	earlier := &r.steps[i]
	var seen, initials set
	for k := i + 1; k <= len(r.steps); k++ {
		id, c := t.id, &r.clocks[t.id]
		if k < len(r.steps) {
			id, c = r.steps[k].id, &r.steps[k].clock
			if c[earlier.id] >= earlier.seq {
				continue
			}
		}
		if seen&bit(id) != 0 {
			continue
		}
		seen |= bit(id)
		if r.first(i, k, id, c) {
			initials |= bit(id)
		}
	}
	if initials&d.todo != 0 {
		return
	}
	switch {
	case initials.has(t) && d.cand.has(t):
		d.todo |= t.bit
	case initials&d.cand != 0:
		d.todo |= bit((initials & d.cand).lowest())
	default:
		d.todo |= d.cand
	}
}

// first reports whether no step between i and k that does not depend on i happened before the step k of thread id, whose
// clock is c.
func (r *reduction) first(i, k, id int, c *clock) bool {
	earlier := &r.steps[i]
	for m := i + 1; m < k; m++ {
		s := &r.steps[m]
		if s.clock[earlier.id] < earlier.seq && s.id != id && c[s.id] >= s.seq {
			return false
		}
		if s.clock[earlier.id] < earlier.seq && k == len(r.steps) && s.id != id && !commute(&s.op, &r.e.threads[id].op) {
			return false
		}
	}
	return true
}

// blockedRaces looks for the races of operations that may block when they are announced, and after each step. It would be
// too late when they are carried out: the step that enabled them then stands between them and the one that took
// what they wait for.
func (r *reduction) blockedRaces() {
	for rest := r.e.blocked; rest != 0; rest &= rest - 1 {
		t := r.e.threads[rest.lowest()]
		c := r.clocks[t.id]
		for i := len(r.steps) - 1; i >= 0; i-- {
			s := &r.steps[i]
			if s.id != t.id && s.seq > c[s.id] && !commute(&s.op, &t.op) {
				r.race(i, t)
				c.join(&s.clock, r.e.n)
			}
		}
	}
}

// backtrack chooses another thread for a decision and reports whether there is one.
func (d *decision) backtrack() bool {
	d.done |= bit(d.who)
	rest := d.todo &^ d.done &^ d.asleep
	if rest == 0 {
		return false
	}
	d.who = rest.lowest()
	return true
}
