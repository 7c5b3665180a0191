// Package genstatem runs state machines in the sense of OTP's gen_statem: processes whose answer to an event depends on the state they are
// in, with events that can be postponed until the state has changed, events that a machine sends to itself before all others,
// timeouts that belong to a state, and calls on entering one.
//
// A machine is a type of its user. Either it handles all events in one method, a Handler:
//
//	type door struct{}
//
//	func (d *door) Init(c *genstatem.Ctx[string]) (string, error) { return "closed", nil }
//
//	func (d *door) HandleEvent(c *genstatem.Ctx[string], state string, e genstatem.Event) error {
//		switch {
//		case state == "closed" && e.Body == "open":
//			c.SetTimeout(genstatem.StateTimeout, 10*time.Second, nil)
//			return c.Next("open")
//		case state == "open" && e.Kind == genstatem.StateTimeout:
//			return c.Next("closed")
//		}
//		return nil
//	}
//
// or it has a function for each state, in a table of StateFuncs. The implementation is the machine's data, and only the process touches it.
//
//	pid, err := genstatem.Start(rt.Client(ctx), func() genstatem.Handler[string] { return &door{} })
//
// # One transition
//
// What a callback asks for by the methods of its Ctx happens when it has returned nil, in this order (OTP: gen_statem, "Transition
// Actions"):
//
//  1. Replies have been sent already. Of several settings of one timeout the last one counts.
//  2. If the state changes, or with Repeat, the next state is entered: an EnterEvent, for implementations with StateEnter.
//  3. The event is put aside, with Postpone.
//  4. If the state has changed, postponed events go to the front of the queue, the oldest first, and the state timeout is cancelled.
//  5. Inserted events (NextEvent) go before these.
//  6. The event timeout is cancelled, whatever the event was: it may have been inserted or postponed. Then timeouts are set.
//     Those of zero are events at the end of the queue.
//  7. The first event of the queue comes next; without one, the process waits for a message.
//
// A state has changed when it is not equal to the one before. A machine that goes on for ever by events of its own gives way to
// other processes at the end of each turn; messages to itself wait as long as it does, as in OTP.
//
// # What goes wrong
//
// An action that is not allowed where it was asked for ends the machine with a *BadAction that names it. A panic in a callback is the exit
// reason. Both come after Terminate, with a report in the log: the state, as FormatStatus shows it, and the event. Package sys looks into machines,
// suspends them, and changes their implementation.
//
// The guarantees, each with the test that holds it, are in docs/semantics-genstatem.md.
package genstatem
