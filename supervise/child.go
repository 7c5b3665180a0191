package supervise

import (
	"time"

	"github.com/thrum-go/thrum/proc"
)

// state is what a child is doing, as its supervisor sees it.
type state uint8

const (
	idle       state = iota // it does not run
	starting                // its Init is not done
	running                 // it runs, or has ended and its turn to be seen to has not come
	stopping                // it was asked to end, or killed
	restarting              // it has ended, and a message to try again is under way
)

// child is one of a supervisor's children.
type child struct {
	spec       *spec
	newMachine proc.Factory
	arg        any
	pid        proc.PID // of the last process, also while restarting
	died       error    // why it has ended, until that is seen to
	index      int32    // in children, in a SimpleOneForOne
	state      state
	again      bool            // it is being started in place of one that has ended
	killed     bool            // while stopping
	mon        proc.MonitorRef // while stopping
	job        *job            // who wants to know when it has started or stopped, in a SimpleOneForOne
	*rare
}

// rare is what few children need.
type rare struct {
	timer  proc.Timer    // of its stop or its next try
	failed error         // why it is being stopped, when that is the end of its start
	tries  int           // delays in a row
	since  time.Duration // when it began to run; with a Backoff
	life   int           // counts its tries, so that a late message is known
	began  int           // restarts, with those that have failed
	told   proc.PID      // in a SimpleOneForOne, while it is being restarted: by which others know it
	last   error         // why it has ended, or has failed to start, the last time that it was to be restarted
	place  *place        // of one that FindOrStart has started
}

// job is somebody who waits for a child of a SimpleOneForOne.
type job struct {
	caller proc.Caller
	batch  *batch // if it is one of many
	at     int    // in the batch
	stop   bool   // it waits for the child's end
	next   *job
}

// due is the message of a child's timer, while it is stopping.
type due struct {
	child *child
	pid   proc.PID
}

// again is the message to try a restart again.
type again struct {
	child *child
	life  int
}

// newChild makes a child of the spec.
func newChild(sp *spec, arg any) *child {
	ch := &child{arg: arg}
	ch.use(sp)
	return ch
}

// use gives the child a spec for its next start.
func (ch *child) use(sp *spec) {
	ch.spec = sp
	switch {
	case sp.Factory != nil:
		ch.newMachine = sp.Factory
	case sp.New != nil:
		ch.newMachine = func() proc.Machine { return sp.New(ch.arg) }
	}
}

func (ch *child) extra() *rare {
	if ch.rare == nil {
		ch.rare = &rare{}
	}
	return ch.rare
}

// stopTimer stops the child's timer.
func (ch *child) stopTimer(c *proc.Ctx) {
	if ch.rare != nil {
		c.Cancel(ch.timer)
		ch.timer = proc.Timer{}
	}
}

// named returns the place of a child that FindOrStart has started, or nil.
func (ch *child) named() *place {
	if ch.rare == nil {
		return nil
	}
	return ch.place
}

// forget makes the child one that does not run.
func (s *supervisor) forget(ch *child) {
	if ch.pid != 0 {
		s.byPID.Delete(ch.pid)
	}
	ch.pid, ch.died, ch.state = 0, nil, idle
	ch.again = false
}
