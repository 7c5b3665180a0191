//go:build explore

package sched

import "testing"

// idlePrograms is what is explored of parking and waking.
var idlePrograms = []program{
	{"one worker", crewOf(crewConfig{workers: 1, tasks: 1}), reduced(), preempted(4)},
	{"one worker that sleeps", crewOf(crewConfig{workers: 1, asleep: 1, tasks: 1}), all(), reduced()},
	{"one worker, two tasks", crewOf(crewConfig{workers: 1, asleep: 1, tasks: 2}), reduced(), preempted(4)},
	{"one worker, three tasks", crewOf(crewConfig{workers: 1, asleep: 1, tasks: 3}), preempted(3), random(12)},
	{"two workers, one sleeps", crewOf(crewConfig{workers: 2, asleep: 1, tasks: 1}), reduced(), preempted(3)},
	{"two workers, two tasks", crewOf(crewConfig{workers: 2, asleep: 2, tasks: 2}), preempted(3), random(1)},
	{"two workers, two queues", crewOf(crewConfig{workers: 2, asleep: 1, tasks: 2, queues2: true}), preempted(3), random(2)},
	{"three workers, a burst", crewOf(crewConfig{workers: 3, asleep: 3, tasks: 3}), preempted(2), random(3)},
	{"two workers, two endless tasks", crewOf(crewConfig{workers: 2, asleep: 2, tasks: 2, endless: true}), reduced(), preempted(4)},
	{"two workers, one sleeps, two endless tasks", crewOf(crewConfig{workers: 2, asleep: 1, tasks: 2, endless: true}), preempted(3), random(4)},
	{"three workers, three endless tasks", crewOf(crewConfig{workers: 3, asleep: 3, tasks: 3, endless: true}), preempted(3), random(4)},
	{"one worker and a timer", crewOf(crewConfig{workers: 1, asleep: 1, tasks: 1, fires: 1}), reduced(), preempted(4)},
	{"two workers and a timer", crewOf(crewConfig{workers: 2, asleep: 2, tasks: 2, fires: 1, endless: true}), preempted(3), random(5)},
	{"two workers and two timers", crewOf(crewConfig{workers: 2, asleep: 2, tasks: 2, fires: 2, endless: true}), preempted(2), random(6)},
	{"an operation", crewOf(crewConfig{workers: 1, operations: 1}), all(), reduced()},
	{"an operation and a task", crewOf(crewConfig{workers: 1, asleep: 1, operations: 1, tasks: 1}), reduced(), preempted(4)},
	{"an operation and two workers", crewOf(crewConfig{workers: 2, asleep: 1, operations: 1, tasks: 1}), preempted(2), random(7)},
	{"two operations and a timer", crewOf(crewConfig{workers: 2, asleep: 2, operations: 2, fires: 1}), preempted(2), random(8)},
	{"a worker retires", crewOf(crewConfig{workers: 2, asleep: 2, tasks: 1, retires: true}), reduced(), preempted(3)},
	{"a worker retires and comes back", crewOf(crewConfig{workers: 1, asleep: 1, tasks: 1, retires: true, back: true}), preempted(4), random(9)},
	{"one of two workers retires and comes back", crewOf(crewConfig{workers: 2, asleep: 2, tasks: 1, retires: true, back: true}), preempted(2), random(10)},
	{"an operation for a worker that retires", crewOf(crewConfig{workers: 1, asleep: 1, operations: 1, retires: true}), reduced(), preempted(4)},
	{"an operation for a worker that retires and comes back", crewOf(crewConfig{workers: 1, operations: 1, retires: true, back: true}), preempted(3), random(11)},
}

// TestNoWorkIsLeftWhileAWorkerSleeps explores parking and waking: whatever publishers, timers, operations and changes of
// the number of workers do, work finds every worker there is for it, nobody is woken in vain beyond the bound, and in the end the
// books of who searches and who sleeps are right.
func TestNoWorkIsLeftWhileAWorkerSleeps(t *testing.T) {
	exploreAll(t, idlePrograms)
}
