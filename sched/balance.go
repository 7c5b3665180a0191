package sched

const balanceEvery = 10 // ticks between two looks at the balance

// balance evens out tasks that compute for long: stealing moves work only to workers without any, and a thousand busy tasks that
// were dealt out unevenly would stay so for ever. Now and then the monitor compares how many spent tasks each core has, and tells the
// one with most to hand half of the difference to the one with fewest, as Erlang's check_balance does
// (erts/emulator/beam/erl_process.c). It costs the workers one load at each look at the clock.
func (s *Scheduler) balance() {
	var most, least *Core
	for _, c := range (*s.cores.Load())[:s.Workers()] {
		n := c.public.spent.Load()
		if most == nil || n > most.public.spent.Load() {
			most = c
		}
		if least == nil || n < least.public.spent.Load() {
			least = c
		}
	}
	has, lacks := most.public.spent.Load(), least.public.spent.Load()
	if has-lacks > 2+has/8 {
		most.give.Store(uint64(least.id)<<32 | uint64(has-lacks)/2)
	}
}

// handOut does what balance has asked for. Tasks of one level go, the one that has most.
func (w *Worker) handOut() {
	c := w.core
	order := c.give.Swap(0)
	f, p := &c.spent[Normal], Normal
	if c.spent[Low].n > f.n {
		f, p = &c.spent[Low], Low
	}
	n := min(uint(order&(1<<32-1)), f.n/2)
	if n == 0 {
		return
	}
	tasks := make([]Task, n)
	for i := range tasks {
		tasks[i] = f.pop()
		tasks[i].Publish(w)
	}
	c.sched.OnCore(int(order>>32), func(w *Worker) {
		for _, t := range tasks {
			w.core.pushSpent(t, p)
		}
	})
}
