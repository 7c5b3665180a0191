package proc

import (
	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
)

// local is what a core keeps for processes. Only the worker that holds the core touches it, but for public.
type local struct {
	_       pad
	cache   *mpsc.Cache[Message]
	ctx     *Ctx // of the worker that holds the core; set when it gets it
	slots   []uint32
	watched int64 // the clock when the core last looked around
	woke    bool  // a goroutine has been answered since the worker last had nothing to do

	messages, spawned, exited, dead, rejected, dropped uint64

	public struct { // copies of the counters, for readers
		messages, spawned, exited, dead, rejected, dropped atomics.Uint64
	}
	_ pad
}

// pad keeps what one worker writes all the time out of the cache lines of others.
type pad [128]byte

// publish copies the counters to where anyone may read them.
func (l *local) publish() {
	p := &l.public
	p.messages.Store(l.messages)
	p.spawned.Store(l.spawned)
	p.exited.Store(l.exited)
	p.dead.Store(l.dead)
	p.rejected.Store(l.rejected)
	p.dropped.Store(l.dropped)
}

func (l *local) freeSlot(rt *Runtime, pid PID) {
	if worn(pid) {
		return
	}
	l.slots = append(l.slots, uint32(uint64(pid)&addressMask^rt.table.base))
	l.slots = rt.table.giveBack(l.slots)
}
