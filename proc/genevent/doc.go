// Package genevent runs event managers: processes that hand each event to a list of handlers, which come and go while the manager runs.
// (OTP: module gen_event.)
//
//	type logger struct{ w io.Writer }
//
//	func (l *logger) HandleEvent(c *proc.Ctx, e Alarm) error {
//		_, err := fmt.Fprintln(l.w, e)
//		return err
//	}
//
//	alarms, err := genevent.Start[Alarm](k)
//	err = genevent.Add(k, alarms, "log", &logger{os.Stderr})
//	genevent.Notify(c, alarms, Alarm{"disk full"})
//
// A handler is a value with a HandleEvent, added under an id. Every handler runs in the manager's process, one after the other and the newest
// first, so what one of them holds needs no lock; a handler that blocks holds up all of them. A handler that returns an error or panics
// is removed, and the manager and the others go on. Whoever wants to know adds it with AddSupervised, and gets an Exited message when it
// is gone, for whatever reason.
//
// Several handlers may have one id: it then means the newest of them. An empty id stands for the Go type of the handler.
//
// Functions that wait take a proc.Client: rt.Client(ctx) for a goroutine, self.Client(timeout) for a process in direct style. State machines
// send the same as a request, with Ctx.Request: AddRequest and its relatives.
//
// Handlers share their manager's process: Ctx.Become, Ctx.Await and Ctx.Postpone are not for them. An exit signal that the manager sends
// with Ctx.Exit, and its links and monitors, are the manager's.
//
// What holds, and how it differs from OTP, is in docs/semantics-genevent.md.
package genevent
