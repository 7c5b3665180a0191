// Package sys looks into processes that run a behaviour (a server of package genserver, a state machine of genstatem, a manager of genevent,
// a supervisor) and controls them: their state, their messages as they come, suspension, a change of code while they run.
// (OTP: module sys.)
//
// The functions call the process, so they wait their turn behind its messages, and take a proc.Client: rt.Client(ctx) for a
// goroutine, self.Client(timeout) for a process in direct style.
//
//	state, err := sys.GetState(rt.Client(ctx), pid)
//
// A machine of one's own becomes such a process by implementing Behaviour, holding a Control, and asking that first:
//
//	func (m *machine) Handle(c *proc.Ctx, msg proc.Message) error {
//		if m.control.Takes(msg) {
//			if taken, err := m.control.Handle(c, msg, m); taken {
//				return err
//			}
//		}
//		...
//	}
package sys
