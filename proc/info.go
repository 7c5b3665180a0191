package proc

import (
	"fmt"
	"sync"
	"time"

	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// Status is what a process is doing.
type Status uint8

const (
	// Waiting: its mailbox is empty.
	Waiting Status = iota
	// Runnable: it has messages and waits for a worker.
	Runnable
	// Running: it is handling a message.
	Running
	// Stuck: its handler has lost its worker and has not returned: it blocks, or computes for long.
	Stuck
)

// String returns the status in lower case.
func (s Status) String() string {
	switch s {
	case Waiting:
		return "waiting"
	case Runnable:
		return "runnable"
	case Running:
		return "running"
	case Stuck:
		return "stuck"
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// Info describes a process at one moment between two of its messages. Only PID, Type and Status are known of a stuck process, and of a
// runnable one that has waited for a worker for long: no worker can look at it.
type Info struct {
	PID         PID
	Type        string // the Go type of its machine; of a process in direct style its function
	Name        string // registered, or ""
	State       string // what the machine's StateName says, or ""
	Status      Status
	Parent      PID // who spawned it, if it was linked, monitored or named at birth; else zero
	TrapExit    bool
	Priority    Priority
	Messages    int           // in its mailbox, without the one it handles
	Oldest      time.Duration // about how long the oldest of them has waited, to some milliseconds; 0 when that is not known
	Reductions  uint64        // used since it began
	Memory      int           // bytes that the runtime has for it: slot, mailbox, links, monitors, calls; without the machine's own
	Bound       int           // of its mailbox, 0 when it has none
	Turned      uint64        // messages that a bounded mailbox has rejected or dropped
	Links       []PID         // in no particular order, as the following
	Monitors    []PID         // that it monitors; zero for a name that nobody had
	MonitoredBy []PID         // ports of goroutines among them
	Calls       int           // calls that it has taken and not replied to
	Requests    int           // requests that it waits for
	Awaits      PID           // to whom the one is for the reply to which it has put all else off (Await, Self.Call); 0 when it has not
	Await       RequestID     // that one
	OwnNext     bool          // the message that it handles next is one that it has sent to itself; not known of a bounded mailbox
}

// StateNamer is a Machine that has states with names, shown in Info. StateName is called between two messages; it must not
// block, and not change anything.
type StateNamer interface{ StateName() string }

// Info describes the process pid, as its own worker sees it; of a process inside a handler it waits until the handler returns, or has
// been recognised as stuck after Config.StuckAfter. Any goroutine may call it but a handler, which uses Ctx.Info.
//
// Errors: ErrNoProc, ErrWrongRuntime, ErrShutdown.
func (rt *Runtime) Info(pid PID) (Info, error) {
	p := rt.table.find(pid)
	if p == nil {
		return Info{}, rt.unknown(pid)
	}
	for try := 0; ; try++ {
		s := p.mb.State()
		switch {
		case s.Gen() != pid.gen() || s.Kind() == mpsc.Closed:
			return Info{}, ErrNoProc
		case rt.closing.ended():
			return Info{}, ErrShutdown
		case s.Kind() == mpsc.Idle:
			// It waits, so it can answer at once. The signal makes no difference to it; when other messages came first it
			// comes after them.
			answer := make(chan Info, 1)
			if !rt.signal(pid, Message{From: markSignal, Body: &signal{kind: sigInfo, answer: answer}}) {
				return Info{}, ErrNoProc
			}
			if i, ok := rt.answered(p, pid, answer); ok {
				return i, nil
			}
		case s.Kind() == mpsc.Public && try > publicTries:
			status := Runnable
			if rt.away.has(pid) {
				status = Stuck
			}
			if p.mb.State() == s {
				return Info{PID: pid, Type: p.typeName(), Status: status}, nil
			}
		case s.Kind() == mpsc.Owned:
			answer := make(chan Info, 1)
			rt.sched.OnCore(s.Owner(), func(w *sched.Worker) {
				c := w.Local.(*Ctx)
				if owned, _ := p.mb.Owns(c.cache, pid.gen()); owned {
					answer <- c.info(p)
				}
				close(answer)
			})
			select {
			case i, ok := <-answer:
				if ok {
					return i, nil
				}
			case <-rt.closing.done:
				return Info{}, ErrShutdown
			}
			continue
		}
		time.Sleep(50 * time.Microsecond << min(try, 5))
	}
}

// answered waits for the answer to a signal. It gives up when the process has ended or got stuck before it came to it.
func (rt *Runtime) answered(p *process, pid PID, answer chan Info) (Info, bool) {
	for try := 0; ; try++ {
		select {
		case i := <-answer:
			return i, true
		case <-rt.closing.done:
			return Info{}, false
		case <-time.After(50 * time.Microsecond << min(try, 5)):
		}
		s := p.mb.State()
		if s.Gen() != pid.gen() || s.Kind() == mpsc.Closed || s.Kind() == mpsc.Public && try > publicTries || s.Kind() == mpsc.Owned && try > 2 {
			return Info{}, false // ask again in the way that fits
		}
	}
}

const publicTries = 12 // some 15 ms

// away holds the processes whose handlers have lost their core and have not returned. From outside they look like those that wait in a shared
// queue.
type away struct {
	mu   sync.Mutex
	pids map[PID]struct{}
}

func (a *away) add(pid PID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pids == nil {
		a.pids = map[PID]struct{}{}
	}
	a.pids[pid] = struct{}{}
}

func (a *away) remove(pid PID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.pids, pid)
}

func (a *away) has(pid PID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.pids[pid]
	return ok
}

// Info is Runtime.Info for a process that asks about itself.
func (c *Ctx) Info() Info {
	if !c.w.Enter() {
		c.w.Leave()
		return Info{PID: c.self, Type: c.p.typeName(), Status: Stuck}
	}
	i := c.info(c.p)
	c.w.Leave()
	i.Status = Running
	return i
}

// info reads a process that this core owns.
func (c *Ctx) info(p *process) Info {
	gen := p.pid.gen()
	if _, empty := p.mb.Owns(c.cache, gen); !empty {
		p.mb.Fetch(c.cache, gen)
	}
	return c.describe(p)
}

// describe is info of what has been fetched so far. It is what a question is answered with that has come in a fetch: another fetch
// inside that one would let newer messages overtake older ones.
func (c *Ctx) describe(p *process) Info {
	i := Info{
		PID: p.pid, Type: p.ownType(), Priority: p.Priority(), Messages: p.mb.Len(), TrapExit: p.mb.User&flagTrap != 0,
		Reductions: p.reductions, Status: Runnable, Name: c.rt.nameOf(p.pid), State: p.stateName(),
	}
	if c.p == p && !c.w.Between() {
		i.Status = Running
		i.Reductions += uint64(c.from - c.reds)
	}
	c.tiesOf(p, &i)
	p.mb.Each(func(m *Message) bool {
		i.OwnNext = m.From == p.pid
		return false
	})
	if g := p.gate.Load(); g != nil {
		n, bound := g.state()
		i.Messages += n
		i.Bound, i.Turned = bound, g.turned.Load()
	}
	if i.Messages == 0 && i.Status == Runnable {
		i.Status = Waiting
	}
	return i
}

// Owns reports whether pid is a PID of this runtime, of a process that lives or not. Any goroutine may call it.
func (rt *Runtime) Owns(pid PID) bool { return pid != 0 && rt.own(pid) == nil }

// own reports, as an error, when pid belongs to another runtime.
func (rt *Runtime) own(pid PID) error {
	if pid != 0 && uint64(pid)&(addressMask&^maxIndex) != rt.table.base {
		return fmt.Errorf("%w: %v", ErrWrongRuntime, pid)
	}
	return nil
}

// unknown says why nobody is found at pid.
func (rt *Runtime) unknown(pid PID) error {
	if err := rt.own(pid); err != nil {
		return err
	}
	return ErrNoProc
}

// lives reports whether pid is a process that has not ended.
func (rt *Runtime) lives(pid PID) bool {
	p := rt.table.find(pid)
	if p == nil {
		return false
	}
	s := p.mb.State()
	return s.Gen() == pid.gen() && s.Kind() != mpsc.Closed
}
