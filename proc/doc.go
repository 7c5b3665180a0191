// Package proc runs processes in Erlang's sense: millions of small state machines, each with its own mailbox and its own
// failures, on one worker per processor.
//
// A process is a [Machine]: Handle is called with one [Message] at a time, on one goroutine at a time, so its fields need no
// lock. It is not a goroutine. It lies in 128 bytes of a table, besides what the machine itself holds, and while its mailbox is
// empty the scheduler does not know of it. [Runtime.Spawn] gives a [PID], which is all that anybody else has of a process:
// messages sent to it arrive in the order in which one sender has sent them, and when the process is gone they become dead
// letters. An error that Handle returns, or a panic, ends this process with that as its exit reason, and no other.
//
// # Who does what
//
// A [Runtime] owns a sched.Scheduler, a process table, a pool of message blocks, and some stripes of free blocks and slots for
// goroutines that are not workers.
//
// The table is a growing directory of slabs of 4,096 slots; a slot is a process: its mailbox, its PID, its machine, and a cold
// part for what few of them need. A PID names the slot and which of its lives is meant.
//
// The scheduler has one core a worker. A core holds, as its embedder's part, a cache of free message blocks, free slots and
// counters. The worker that holds the core has one [Ctx], which is lent to the process that runs and knows the worker, the
// core's part and the process.
//
// A send looks up the receiver's slot, and one word in its mailbox decides the rest: whether the sender's core owns the receiver
// (append to its private queue), or can take it (do so, and queue it to run), or somebody else has it (push into its inbox).
// A turn takes messages from the mailbox and calls Handle until there are none or the turn is used up.
//
// Everything that is not a message, such as the end that [Runtime.Shutdown] asks for, is a signal and travels through the same
// mailbox, so it keeps its order with the messages of its sender; but it takes effect when it arrives.
//
// # Erlang's model
//
//   - Links ([Ctx.Link], [Ctx.SpawnLink]) and monitors ([Ctx.Monitor], [Ctx.SpawnMonitor]) tell a process of the end of another; exit
//     signals ([Ctx.Exit]) end one, unless it traps them ([Ctx.TrapExit]). Exit reasons are errors.
//   - Calls: [Ctx.Request] and [Ctx.Await] in state machines, [Self.Call] in direct style, [Runtime.Call] from goroutines; the other side
//     replies with [Ctx.Reply], at once or, with [Ctx.Caller], later and from anywhere.
//   - Names: [Runtime.Register], [Runtime.Whereis], [Ctx.SendName]. Groups are in package group.
//   - Timers: [Ctx.SendAfter] and its relatives. Receive timeouts: [Ctx.ReceiveTimeout].
//   - States: [Ctx.Become] and [Ctx.Postpone].
//
// # Direct style
//
// A process may also be written as a straight line: [Runtime.Go] takes a function that waits for messages where it wants them, with
// [Self.Receive], or for some of them, with [Self.ReceiveMatch]. It costs a coroutine, some 2.7 KB, and is otherwise the same: same
// mailbox, links, monitors, names.
//
// # What code in a handler should know
//
// Handle must not keep the Ctx. It should not block; for what must, there are [Ctx.Offload], which delivers its result as a
// message, and [Ctx.Blocking]. A handler that blocks all the same holds up the processes behind it until a spare worker takes
// over, after about 10 ms. Long computations look at [Ctx.ShouldYield], send themselves the rest, and return.
//
// A mailbox has no bound unless [WithMailboxBound] gives it one. A process that is far ahead of its receiver is held back for a
// millisecond or two at a time; a goroutine that sends from outside is not.
//
// The guarantees, each with the test that holds it, are in docs/semantics.md; how it all works is in docs/design.md.
package proc
