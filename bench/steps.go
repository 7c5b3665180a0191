package bench

import "github.com/thrum-go/thrum/proc"

// steps counts the messages by which a process goes on with what does not fit a
// turn: the first comes from outside, the others from itself.
type steps struct{ due uint64 }

// come checks a message that says to go on. When it is false, the message must be
// left alone.
func (s *steps) come(t *trial, where string, m proc.Message) bool {
	if m.Word != s.due {
		t.order(where+", its own messages", m.Word, s.due)
		return false
	}
	s.due++
	return true
}

// next has the process go on in its next turn; the message is like the one that it
// is handling.
func (s *steps) next(c *proc.Ctx, t *trial, where string, m proc.Message) error {
	if err := c.SendWord(c.Self(), m.Body, s.due); err != nil {
		return t.sent(where+" to itself", err)
	}
	return nil
}
