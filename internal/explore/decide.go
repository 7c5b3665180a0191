package explore

import "fmt"

// decision is one place where an execution could have gone on in several ways.
type decision struct {
	who   int // the thread that was chosen, or the value
	cand  set // the threads there were to choose from; 0 if this is about a value
	todo  set // the threads still to be tried; under Reduce, those to be tried at all
	count int // number of values

	asleep, done set // under Reduce: threads that need not be tried here, and that have been
}

// pick decides who carries out the next step: the running thread cur (nil if it has ended) has announced its
// operation. It returns nil when the execution is over, by its end or by a failure.
func (e *explorer) pick(cur *thread) *thread {
	enabled := e.ready
	if e.blocked != 0 {
		enabled |= e.unblocked()
	}
	if e.failure != "" {
		return nil
	}
	if enabled == 0 {
		if e.live > 0 {
			e.fail("deadlock: %s", e.whoWaits())
		}
		return nil
	}
	if e.steps++; e.steps > e.cfg.MaxSteps {
		e.fail("more than %d steps: a loop that spins without Yield or Wait, or one that nobody ends", e.cfg.MaxSteps)
		return nil
	}
	cand := e.fair.candidates(e, cur, enabled)
	goesOn := cur != nil && cand.has(cur) && cur.op.kind != kindYield
	var t *thread
	switch {
	case e.script != nil:
		t = e.scripted(enabled)
	case e.reduce != nil:
		t = e.reduce.pick(cand, cur)
	case cand.single():
		t = e.threads[cand.lowest()]
	case goesOn && e.preempted >= e.bound:
		t = cur
	default:
		t = e.decide(cand, cur, goesOn)
	}
	if t == nil {
		return nil
	}
	if goesOn && t != cur {
		e.preempted++
	}
	e.fair.scheduled(t)
	e.carryOut(t)
	if e.failure != "" {
		return nil
	}
	return t
}

// decide takes the decision the path holds at this depth, or a new one: the running thread goes on if it can.
func (e *explorer) decide(cand set, cur *thread, goesOn bool) *thread {
	if e.depth == len(e.path) {
		who := cand.lowest()
		if e.random != nil {
			who = e.randomly(cand, cur, goesOn)
		} else if goesOn {
			who = cur.id
		}
		e.path = append(e.path, decision{who: who, cand: cand, todo: cand &^ bit(who)})
	}
	d := &e.path[e.depth]
	if d.cand != cand {
		e.strayed()
		return nil
	}
	e.depth++
	return e.threads[d.who]
}

// randomly chooses a thread. How eagerly it preempts changes from execution to execution: some bugs need many
// switches, some a thread that runs alone for long.
func (e *explorer) randomly(cand set, cur *thread, goesOn bool) int {
	if goesOn && e.random.Uint64()&63 < e.greed {
		return cur.id
	}
	k := e.random.IntN(cand.count())
	for ; k > 0; k-- {
		cand &= cand - 1
	}
	return cand.lowest()
}

// choose takes a decision between the values below n.
func (e *explorer) choose(n int) int {
	if n < 2 {
		return 0
	}
	var k int
	if e.script != nil {
		k = e.scriptedValue(n)
	} else {
		if e.depth == len(e.path) {
			if e.random != nil {
				k = e.random.IntN(n)
			}
			e.path = append(e.path, decision{who: k, count: n})
		}
		d := &e.path[e.depth]
		if d.count != n {
			e.strayed()
			return 0
		}
		e.depth++
		k = d.who
	}
	if e.tracing {
		e.record.value(k)
	}
	return k
}

func (e *explorer) strayed() {
	e.fail("explore: the same decisions led to a different course: body or a thread depends on something else than "+
		"the schedule, such as time, random numbers, the order of a map, or state left by an earlier execution "+
		"(decision %d)", e.depth)
}

// backtrack goes to the next path and reports whether there is one.
func (e *explorer) backtrack() bool {
	if e.random != nil {
		return true
	}
	for n := len(e.path); n > 0; n-- {
		d := &e.path[n-1]
		switch {
		case d.cand == 0 && d.who+1 < d.count:
			d.who++
			e.path = e.path[:n]
			return true
		case d.cand != 0 && e.reduce != nil:
			if d.backtrack() {
				e.path = e.path[:n]
				return true
			}
		case d.todo != 0:
			d.who = d.todo.lowest()
			d.todo &^= bit(d.who)
			e.path = e.path[:n]
			return true
		}
	}
	return false
}

// unblocked returns the threads whose operation may block but would not now.
func (e *explorer) unblocked() (s set) {
	was := currentThread()
	for rest := e.blocked; rest != 0; rest &= rest - 1 {
		t := e.threads[rest.lowest()]
		if t.op.kind == kindAcquire {
			if t.op.sem.available() {
				s |= t.bit
			}
			continue
		}
		setRunning(nil) // its loads are no steps
		inCondition = true
		ok := false
		e.protect("condition of Wait in thread "+t.name, func() { unseen(func() { ok = t.op.cond() }) })
		inCondition = false
		setRunning(was)
		if ok {
			s |= t.bit
		}
	}
	return s
}

// whoWaits lists the blocked threads.
func (e *explorer) whoWaits() (s string) {
	for rest := e.blocked; rest != 0; rest &= rest - 1 {
		t := e.threads[rest.lowest()]
		if s != "" {
			s += ", "
		}
		s += fmt.Sprintf("thread %s waits in %s", t.name, t.op.kind)
		if t.op.addr != 0 && e.tracing {
			s += " of " + e.wordName(t.op.addr)
		}
		if t.op.where != "" {
			s += " at " + t.op.where
		}
	}
	return s
}
