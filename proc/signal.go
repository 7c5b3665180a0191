package proc

// signal is everything that is not a message. Signals travel in the mailbox like messages, so that whatever one
// process sends to another arrives in the order in which it was sent; they are told apart by the type of the body when
// they are taken out.
type signal struct {
	kind   signalKind
	reason error
	answer chan Info
}

type signalKind uint8

const (
	sigExit signalKind = iota // from outside: end for reason
	sigInfo                   // answer
	sigGate                   // messages wait in the gate
)

var gateSignal = &signal{kind: sigGate}

// signalled acts on a signal. The result is nil unless the process ends by it.
func (c *Ctx) signalled(p *process, s *signal) (reason error) {
	switch s.kind {
	case sigExit:
		if s.reason == Kill {
			return Killed
		}
		return s.reason
	case sigInfo:
		i := c.info(p)
		if i.Messages == 0 {
			i.Status = Waiting // but for the question it would be
		}
		s.answer <- i
	case sigGate:
		p.mb.User |= flagGate
	}
	return nil
}
