package explore

// Point announces the operation that the calling thread carries out next, on the shared word at addr (0: unknown): the
// explorer decides who runs first. When Point returns, the operation must follow without another one between;
// everything up to the thread's next announcement happens as one step. Outside of an explored thread it does nothing.
func Point(kind Kind, addr uintptr) {
	if t := currentThread(); t != nil {
		if kind > Add {
			kind = Step
		}
		t.announce(op{kind: kind, addr: addr})
		return
	}
	count(kind)
}

// Active reports whether the caller is an explored thread.
func Active() bool { return currentThread() != nil }

// Wait blocks the thread until the condition holds; what the thread does up to its next operation then happens in the
// same step as the test, so that Wait(func() bool { return n > 0 }); n-- takes a unit. The condition is evaluated
// often, outside of any thread, while nobody runs: it must change nothing and may load atomics. If every thread that
// has not ended is blocked, that is a deadlock and a failure: this is how a lost wake-up shows.
//
// Wait models any blocking of the real code, such as the receipt from a channel; for that, see [Semaphore]. Outside of an
// explored thread nobody could make the condition true, so it must hold: otherwise Wait panics.
func Wait(condition func() bool) {
	t := currentThread()
	if t == nil {
		if !condition() {
			panic("explore: Wait outside of an explored thread, and the condition does not hold")
		}
		return
	}
	t.announce(op{kind: kindWait, cond: condition})
	t.afterWait(condition)
}

// Yield says that the thread cannot get on before others have done something: call it in each round of a loop that
// spins. The thread is not scheduled again while a thread is able to run that was able to do so all along but did not
// since this thread's last Yield (fair scheduling, as in CHESS). Switching away is no preemption. A loop that spins
// without Yield makes executions without end, which Config.MaxSteps reports. Outside of an explored thread it does
// nothing.
func Yield() {
	if t := currentThread(); t != nil {
		t.announce(op{kind: kindYield})
	}
}

// Choose returns a number from 0 to n-1; the explorer tries them all. It models what the environment decides: whether a
// timer fires first, where a thief starts its search. It is no step. Outside of an explored thread, and
// for n below 2, it returns 0.
func Choose(n int) int {
	if t := currentThread(); t != nil && n > 1 {
		return t.announce(op{kind: kindChoose, arg: n})
	}
	return 0
}
