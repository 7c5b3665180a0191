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
// markReply; or the Reply, without the number, when there is an error.
func (p *process) replyMessage(from PID, r Reply) Message {
	if _, ok := p.machine.(ReplyHandler); !ok {
		return Message{From: from, Body: r}
	}
	if r.Err != nil {
		return Message{From: from | markReply, Body: r}
	}
	return Message{From: from | markReply, Body: r.Value, Word: uint64(r.Request)}
}

// answer is what the reply of this process does to a request that p, which this core owns and which has no gate, has made to it, when p is a
// ReplyHandler. It reports whether that is so.
func (c *Ctx) answer(p *process, token uint64, v any) bool {
	t := p.talk()
	if t == nil || bugCallTwice {
		return false
	}
	r := t.calls.find(RequestID(token))
	if r == nil || r.to != c.self || r.timed {
		return false
	}
	if _, ok := p.machine.(ReplyHandler); !ok {
		return false
	}
	t.calls.remove(r)
	room := p.mb.Put(c.cache)
	room.From, room.Body, room.Word = c.self|markReply, v, token
	return true
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

// gatedReply is the body of such a message while it lies in a gate, where markReply means a reply that has not taken effect.
type gatedReply struct{ Reply }

// gatedForm returns what a signal has left as it lies in a gate.
func gatedForm(m Message) Message {
	if m.From&markMask != markReply {
		return m
	}
	return Message{From: m.From.plain(), Body: gatedReply{replyIn(m)}}
}

// outOfGate returns what has come out of a gate, as it lies in a mailbox.
func outOfGate(m Message) Message {
	if b, ok := m.Body.(gatedReply); ok {
		return Message{From: m.From | markReply, Body: b.Reply}
	}
	return m
}

// handleReply handles a message under markReply. The machine may have been replaced since it came.
func (c *Ctx) handleReply(p *process, m Message) error {
	if h, ok := p.machine.(ReplyHandler); ok {
		return h.HandleReply(c, m.From.plain(), replyIn(m))
	}
	return p.machine.Handle(c, boxed(m))
}
