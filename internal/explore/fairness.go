package explore

// fairness keeps threads that Yield from running for ever while others could: the fair scheduler of Musuvathi and Qadeer
// (Fair Stateless Model Checking, PLDI 2008). A thread that yields for the second time gets a lower priority
// than each thread that, since its last Yield, has been able to run all the time, or has lost that ability by a step
// of this thread, and has not been scheduled. The priority lasts until that other thread has run. Executions in which a
// thread spins for longer than that, while the one it waits for could run, show no state that a shorter spin does not.
type fairness struct {
	yielded set // threads that have called Yield
	enabled set // at the last step
	threads [MaxThreads]struct {
		after     set // threads that must run first, while they can
		could     set // able to run ever since the last Yield
		lost      set // lost the ability by a step of this thread
		scheduled set // have run since
	}
}

// candidates returns the enabled threads that no other enabled thread has to precede. cur is at its next operation.
func (f *fairness) candidates(e *explorer, cur *thread, enabled set) set {
	yields := cur != nil && cur.op.kind == kindYield
	if f.yielded == 0 && !yields {
		return enabled
	}
	for rest := f.yielded; rest != 0; rest &= rest - 1 {
		f.threads[rest.lowest()].could &= enabled
	}
	if cur != nil && f.yielded.has(cur) {
		f.threads[cur.id].lost |= f.enabled &^ enabled
	}
	f.enabled = enabled
	if yields {
		p := &f.threads[cur.id]
		if f.yielded.has(cur) {
			p.after |= (p.could | p.lost) &^ p.scheduled &^ cur.bit
		}
		f.yielded |= cur.bit
		p.could, p.lost, p.scheduled = enabled, 0, 0
		if cur.stale {
			cur.stale, cur.insist = false, true
		}
	}
	cand := enabled
	for rest := f.yielded & enabled; rest != 0; rest &= rest - 1 {
		id := rest.lowest()
		if f.threads[id].after&enabled != 0 {
			cand &^= bit(id)
		}
	}
	return cand
}

// scheduled notes that t carries out a step.
func (f *fairness) scheduled(t *thread) {
	for rest := f.yielded; rest != 0; rest &= rest - 1 {
		p := &f.threads[rest.lowest()]
		p.scheduled |= t.bit
		p.after &^= t.bit
	}
}
