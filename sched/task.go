package sched

// Task is what the scheduler runs, in turns. The scheduler keeps no list of tasks: one that is in no queue is known only
// to whoever will make it ready again. A task must be in at most one queue at a time.
type Task interface {
	// Run is one turn. It is called by one worker at a time, says by its result what happens to the task next, and
	// may call the methods of w, which nobody else may. A turn that goes on for long calls w.Look.
	Run(w *Worker) Next

	// Publish is called by the worker that has the task queued, before others can see it: in a shared queue any
	// worker may take it and run it.
	Publish(w *Worker)

	// Detach is called when the core has been taken from the worker inside Run: whatever refers to the task as
	// queued or running on that core must end, since another worker goes on with the core. Run itself is still going on.
	Detach()

	// Priority is the level at which the task waits. The scheduler asks whenever it queues the task itself.
	Priority() Priority
}

// Next says what becomes of a task after its turn.
type Next uint8

const (
	// Done: the task waits for something. Whoever has it next calls Schedule or Submit.
	Done Next = iota
	// Spent: the task used up its turn and waits behind those that have just woken.
	Spent
	// Yield: the task has more to do but let others go first.
	Yield
)

// Priority is a level of urgency, as Erlang has them: Max before High before the other two, strictly, on each worker; Low
// gets one turn for eight of Normal while both wait (erts/emulator/beam/erl_process.c, RESCHEDULE_LOW).
type Priority uint8

// The levels. The zero value is Normal.
const (
	Normal Priority = iota
	Low
	High
	Max
)

// Valid reports whether p is one of the four levels.
func (p Priority) Valid() bool { return p <= Max }

// String returns the level's name in lower case.
func (p Priority) String() string {
	switch p {
	case Normal:
		return "normal"
	case Low:
		return "low"
	case High:
		return "high"
	case Max:
		return "max"
	}
	return "invalid"
}

// Func is a task that runs once, as a function. It must not be queued again while it waits or runs. While it runs its core
// can be taken, so it may block; it uses w.Ready, never the methods that need the core.
type Func func(w *Worker)

// Run calls f and reports Done.
func (f Func) Run(w *Worker) Next {
	w.Leave()
	f(w)
	w.Resume()
	return Done
}

// Publish does nothing: a function belongs to no worker.
func (f Func) Publish(*Worker) {}

// Detach does nothing.
func (f Func) Detach() {}

// Priority returns Normal.
func (f Func) Priority() Priority { return Normal }
