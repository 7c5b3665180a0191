package proc

import "time"

// cold is the part of a process that few processes need at any moment. Like the rest of the process it belongs to the owner
// of its mailbox.
type cold struct {
	reason  error         // why it ends, while flagExit is set
	parent  PID           // who spawned it, when it was linked, monitored or named at birth
	starter Caller        // who is to be told that Init is done, until that is so
	behind  PID           // the receiver it waits for, while flagHeld is set
	heldAt  uint32        // the monitor's tick then
	waits   uint32        // counts receive timeouts, so that an old one is known
	long    bool          // its mailbox has been reported as long
	armed   bool          // idle runs
	bound   bool          // it was linked to its parent at birth
	asked   bool          // Shutdown has asked it to end
	holds   bool          // its Init is not the end of its start
	past    bool          // its queue has been read beyond the signal that it ends by
	wait    time.Duration // the receive timeout, while flagIdle is set
	refs    uint64        // counts references: monitors, requests, aliases
	idle    ownTimer
	ties    *ties
	talk    *talk
	stash   *stash
	after   []Message // signals that have come after the exit signal it ends by, to be answered when it has
}

// ties are a process's links and monitors.
type ties struct {
	links    small[PID, linkState]
	watchers small[watching, struct{}]    // who monitors this process
	monitors small[MonitorRef, monitored] // whom this process monitors
}

// talk is what a process needs for calls and aliases.
type talk struct {
	open    small[Caller, struct{}] // calls that it has taken and not answered yet
	late    small[Caller, struct{}] // callers that gave up before it came to their call
	lateMax int                     // when late is larger, it is time to look which of them still matter
	aliases small[uint64, AliasKind]
	calls   *requests // its own; nil for none, and none so far
	await   awaiting
}

// newTied returns the cold part of a process that is born with a link, in one piece: there are very many of them.
func newTied() *cold {
	t := &struct {
		cold
		ties ties
		room [1]entry[PID, linkState]
	}{}
	t.ties.links.list = t.room[:0]
	t.cold.ties = &t.ties
	return &t.cold
}

func (p *process) rare() *cold {
	if p.cold == nil {
		p.cold = &cold{}
	}
	return p.cold
}

func (p *process) tied() *ties {
	r := p.rare()
	if r.ties == nil {
		r.ties = &ties{}
	}
	return r.ties
}

// talk returns what the process has of it, nil for nothing.
func (p *process) talk() *talk {
	if p.cold == nil {
		return nil
	}
	return p.cold.talk
}

func (p *process) talking() *talk {
	r := p.rare()
	if r.talk == nil {
		r.talk = &talk{}
	}
	return r.talk
}

// requests are its own calls.
func (t *talk) requests() *requests {
	if t.calls == nil {
		t.calls = &requests{}
	}
	return t.calls
}

// ref returns a number that no other monitor or alias of the process has.
func (r *cold) ref() uint64 {
	r.refs++
	return r.refs
}
