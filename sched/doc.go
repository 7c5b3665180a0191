// Package sched is a work-stealing scheduler for tasks that run in turns: one worker per processor, private queues, four
// priorities, timers, and spare workers for tasks that get stuck. It knows nothing of processes or messages; package proc is
// built on it, and so can be whatever else has many small things to run.
//
// # Who does what
//
// A [Scheduler] has cores, a queue for work from outside (inject), the book of who searches and who is parked, and a monitor.
//
// A [Core] is state: a slot for the task woken last, a queue of tasks that have never run, for each priority a queue of woken
// and one of used-up tasks, all private; a public ring of 256 that others steal from; a timing wheel; counters; a clock.
// Nothing in it is locked, because at any moment one goroutine holds the core.
//
// A [Worker] is that goroutine. It takes a task from its core, calls [Task.Run], which is a turn, and does with the task what the
// result says. About every 20 µs of busy time it looks at the clock, fires timers, takes work from inject, shares its backlog when
// others have none, and publishes its counters. Without work it looks everywhere for a while, then parks.
//
// The monitor is one more goroutine. Each millisecond, while any worker is busy, it looks whether one has been inside the same
// task for too long, and if so takes the core from it and gives it to a spare worker, with everything in it. It also follows
// GOMAXPROCS, and sleeps when all workers do.
//
// # The way of a task
//
// Submit puts a task into inject, from any goroutine. Inside Run, Worker.Schedule and Worker.Begin put one into the private queues
// of the core. From there it goes to its turn, or, when another worker has been without work for some time, to the public ring,
// after Task.Publish has been called; whoever finds it in a shared queue runs it next. After its turn it is done, or queued
// again as spent or yielding. The scheduler keeps no list of tasks: one that is done is known only to those who will make it
// ready again.
//
// # The right to a core
//
// Run is called with the core held. Code that may block or compute for long is bracketed by Worker.Leave and Worker.Resume: while it
// lasts, the core can be taken. If it has been, Resume says so, and the task is no longer this worker's to queue. Operations on the
// core within such a stretch are bracketed by Worker.Enter and Worker.Leave. A task that never calls Leave keeps its core
// whatever it does. [Func] does all of this by itself.
//
// README.md has the rules and the proof of waking and parking, docs/design.md the rest.
package sched
