// Package mpsc holds two queues for many producers and a single consumer.
//
// [Queue] is for anyone: unbounded, lock-free, first in first out, for elements of any type, usable as its zero value.
// A producer claims a slot with one atomic addition and publishes its element with one atomic store; the consumer takes
// what is published in whole runs. Nobody ever waits for a producer that is held up in the middle of a push.
//
//	var q mpsc.Queue[string]
//	q.Push("hello")                       // any goroutine
//	q.PushAll([]string{"to", "everyone"}) // a batch stays together
//	n := q.DrainAll(func(s string) { fmt.Println(s) })
//
// [Inbox] is for the packages sched and proc: the shared word of a process's mailbox, which is queue head and
// scheduling state in one. The one compare-and-swap that enqueues a message also tells the sender whether it must
// schedule the receiver, which saves writes and leaves no room for lost wake-ups. A [Mailbox] is an Inbox with the
// private queue of whoever owns it at the time; messages and signals travel in a [Chunk] from a [Pool], by way of the
// [Cache] of a core. All of it presupposes a scheduler that keeps the rules stated there.
package mpsc
