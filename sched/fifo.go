package sched

// fifo is a growable ring of tasks. One goroutine at a time uses it.
type fifo struct {
	buf  []Task // length is a power of two, or zero
	head uint
	n    uint
}

func (f *fifo) push(t Task) {
	if f.n == uint(len(f.buf)) {
		f.grow()
	}
	f.buf[(f.head+f.n)&uint(len(f.buf)-1)] = t
	f.n++
}

// pushFront adds a task that will be taken next.
func (f *fifo) pushFront(t Task) {
	if f.n == uint(len(f.buf)) {
		f.grow()
	}
	f.head--
	f.buf[f.head&uint(len(f.buf)-1)] = t
	f.n++
}

// pop takes the oldest task; the caller has seen that there is one.
func (f *fifo) pop() Task {
	i := f.head & uint(len(f.buf)-1)
	t := f.buf[i]
	f.buf[i] = nil
	f.head++
	f.n--
	if f.n == 0 && len(f.buf) > 1<<16 {
		f.buf = nil // a burst is over; do not keep its memory
	}
	return t
}

func (f *fifo) grow() {
	buf := make([]Task, max(64, 2*len(f.buf)))
	for i := range f.n {
		buf[i] = f.buf[(f.head+i)&uint(len(f.buf)-1)]
	}
	f.buf, f.head = buf, 0
}

// popNewest takes the newest task; the caller has seen that there is one.
func (f *fifo) popNewest() Task {
	f.n--
	i := (f.head + f.n) & uint(len(f.buf)-1)
	t := f.buf[i]
	f.buf[i] = nil
	return t
}
