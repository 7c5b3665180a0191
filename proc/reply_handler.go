package proc

// ReplyHandler is a Machine that gets what its requests have brought by a method of its own: HandleReply is called in place of Handle with a
// Reply as the message's body, at the same place among the other messages. from is the message's sender. What it returns is as from
// Handle.
//
// It is for a machine that has many requests under way: as the body of a message each Reply is a box of its own, here it is none.
type ReplyHandler interface {
	HandleReply(c *Ctx, from PID, r Reply) error
}

// replyMessage is the message that a request ends with. For a ReplyHandler it is the value itself with the number of the request, under
// markReply; or the Reply, without the number, when there is an error. In a gate that mark means a reply that has not taken effect.
func (p *process) replyMessage(from PID, r Reply) Message {
	if _, ok := p.machine.(ReplyHandler); !ok || p.gate.Load() != nil {
		return Message{From: from, Body: r}
	}
	if r.Err != nil {
		return Message{From: from | markReply, Body: r}
	}
	return Message{From: from | markReply, Body: r.Value, Word: uint64(r.Request)}
}

// replyIn is what a message under markReply holds.
func replyIn(m Message) Reply {
	if m.Word == 0 {
		return m.Body.(Reply)
	}
	return Reply{Request: RequestID(m.Word), Value: m.Body}
}

// boxed returns a message that has arrived as it is known outside: a Reply is its body.
func boxed(m Message) Message {
	if m.From&markMask != markReply {
		return m
	}
	return Message{From: m.From.plain(), Body: replyIn(m)}
}

// handleReply handles a message under markReply. The machine may have been replaced since it came.
func (c *Ctx) handleReply(p *process, m Message) error {
	if h, ok := p.machine.(ReplyHandler); ok {
		return h.HandleReply(c, m.From.plain(), replyIn(m))
	}
	return p.machine.Handle(c, boxed(m))
}
