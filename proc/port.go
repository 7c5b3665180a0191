package proc

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
)

// A port stands for a goroutine that waits for one answer: to a call, or of a monitor. Its PID lies above those of processes, so
// signals to it come the same way, and are told apart only where a process is not found.
const (
	portBase = 1<<indexBits - maxPorts
	maxPorts = 1 << 22
)

// port is where the answer goes. state is generation<<1 | 1 while somebody waits; whoever moves it to generation<<1 decides what
// happened: the one who answers, and then an answer is in the channel or will be, or the one who waits, giving up. The rest is
// constant or his who waits.
type port struct {
	state atomics.Uint64
	pid   PID
	index uint32
	ch    chan answer // of one
}

type answer struct {
	from  PID
	value any
	err   error
}

// ports is a growing list of all ports of a runtime. It is replaced by a longer copy under mu; anyone may load it. Free
// ports are kept by the stripes of outside; what one of them has too much of goes to free, since a goroutine need not give back to the
// stripe that it takes from.
type ports struct {
	mu   sync.Mutex
	list atomics.Pointer[[]*port]
	free []*port // under mu
}

const portBatch = 16 // free ports that change hands at a time

var errTooManyPorts = errors.New("proc: too many goroutines wait for answers at a time: four million")

func (rt *Runtime) openPort() (*port, error) {
	o := rt.outside.lock()
	if len(o.ports) == 0 {
		o.ports = rt.ports.some(o.ports)
	}
	n := len(o.ports)
	if n == 0 {
		o.unlock()
		return nil, errTooManyPorts
	}
	t := o.ports[n-1]
	o.ports = o.ports[:n-1]
	o.unlock()
	gen := (t.state.Load()>>1 + 1) & mpsc.MaxGen
	if gen == 0 {
		gen = 1
	}
	t.pid = PID(gen<<mpsc.GenShift | (portBase + uint64(t.index)) ^ rt.table.base)
	t.state.Store(gen<<1 | 1)
	return t, nil
}

// some returns free ports, a new one if there are none, none when there are too many.
func (ps *ports) some(into []*port) []*port {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if n := len(ps.free); n > 0 {
		keep := max(0, n-portBatch)
		into = append(into, ps.free[keep:]...)
		ps.free = ps.free[:keep]
		return into
	}
	var old []*port
	if l := ps.list.Load(); l != nil {
		old = *l
	}
	if len(old) >= maxPorts {
		return into
	}
	t := &port{index: uint32(len(old)), ch: make(chan answer, 1)}
	list := append(old, t) // readers of the old list do not see what lies beyond its end
	ps.list.Store(&list)
	return append(into, t)
}

// closePort gives a port back that has had its answer, or that has given up.
func (rt *Runtime) closePort(t *port) {
	o := rt.outside.lock()
	if o.ports = append(o.ports, t); len(o.ports) > 2*portBatch {
		ps := &rt.ports
		ps.mu.Lock()
		ps.free = append(ps.free, o.ports[portBatch:]...)
		ps.mu.Unlock()
		o.ports = o.ports[:portBatch]
	}
	o.unlock()
}

// atPort delivers an answer that is for a port, and reports whether it was one.
func (rt *Runtime) atPort(to PID, m Message) bool {
	i := uint64(to)&addressMask ^ rt.table.base
	list := rt.ports.list.Load()
	if i < portBase || list == nil || i-portBase >= uint64(len(*list)) {
		return false
	}
	a := answer{from: m.From.plain()}
	if m.From&markMask == markReply {
		a.value = m.Body
	} else if s, ok := m.Body.(*signal); ok && (s.kind == sigDown || s.kind == sigCallDown) {
		a.err = s.reason
	} else {
		return false // a goroutine is no process: whoever links or monitors it, or asks it, is told so
	}
	t := (*list)[i-portBase]
	gen := uint64(to) >> mpsc.GenShift
	if bugPortGen {
		gen = t.state.Load() >> 1
	}
	if t.state.CompareAndSwap(gen<<1|1, gen<<1) {
		put(t.ch, a)
	}
	return true
}

// wait returns the answer, or why there is none.
func (rt *Runtime) wait(ctx context.Context, t *port) (a answer, err error) {
	if rt.closing.over.Load() {
		return rt.giveUp(t, ErrShutdown)
	}
	done := ctx.Done()
	if done == nil {
		a = get(t.ch)
	} else {
		select {
		case a = <-t.ch:
		case <-done:
			return rt.giveUp(t, over(ctx))
		}
	}
	return a.said()
}

// said tells an answer from the end of all.
func (a answer) said() (answer, error) {
	if a.err == errPortClosed {
		return answer{}, ErrShutdown
	}
	return a, nil
}

// over returns why ctx is done, nil when it is not.
func over(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrTimeout
	}
	return err
}

// giveUp ends the wait at a port with err, unless the answer has come at the last moment.
func (rt *Runtime) giveUp(t *port, err error) (answer, error) {
	if s := t.state.Load(); s&1 != 0 && t.state.CompareAndSwap(s, s&^1) {
		return answer{}, err
	}
	if bugPortLast {
		return answer{}, err
	}
	return get(t.ch).said()
}

var errPortClosed = errors.New("proc: port closed")

// closeAll ends every wait, when there is nobody left who could answer. Pairs with wait, which looks at closing.over after it has opened
// its port: either it sees that, or the port is seen here.
func (ps *ports) closeAll() {
	list := ps.list.Load()
	if list == nil {
		return
	}
	for _, t := range *list {
		if s := t.state.Load(); s&1 != 0 && t.state.CompareAndSwap(s, s&^1) {
			put(t.ch, answer{err: errPortClosed})
		}
	}
}

// Call sends req to the process to as a call and waits for the reply, until ctx is done. A reply that comes later is dropped.
// Any goroutine may call it, but a handler, which uses Ctx.Request, Ctx.Await or Self.Call. The receiver can see the deadline of
// ctx. The sender that it sees is no process: it stands for the goroutine.
//
// Errors: a *CallError with ErrTimeout, the error of ctx when that is not its deadline, ErrNoProc, ErrMailboxFull, ErrShutdown, or the exit
// reason of the process. ErrWrongRuntime.
func (rt *Runtime) Call(ctx context.Context, to PID, req any) (any, error) {
	if err := rt.own(to); err != nil {
		return nil, err
	}
	if rt.closed.Load() {
		return nil, &CallError{to, ErrShutdown}
	}
	if err := over(ctx); err != nil {
		return nil, &CallError{to, err}
	}
	t, err := rt.openPort()
	if err != nil {
		return nil, err
	}
	defer rt.closePort(t)
	word := uint64(1)
	if end, ok := ctx.Deadline(); ok && time.Until(end) < tokenLate {
		word = token(1, rt.since()+max(0, time.Until(end)))
	}
	if err := rt.post(to, Message{From: t.pid | markCall, Body: req, Word: word}); err != nil {
		t.state.Store(t.state.Load() &^ 1)
		return nil, &CallError{to, err}
	}
	a, err := rt.wait(ctx, t)
	if a.from != to {
		rt.signal(to, Message{From: t.pid | markSignal, Body: callDoneSignal, Word: word})
	}
	if err == nil {
		err = a.err
	}
	if err != nil {
		return nil, &CallError{to, err}
	}
	return a.value, nil
}

// CallName is Call to the process that has the name now.
//
// Errors: ErrNoName, and those of Call.
func (rt *Runtime) CallName(ctx context.Context, name string, req any) (any, error) {
	to, err := rt.named(name)
	if err != nil {
		return nil, err
	}
	return rt.Call(ctx, to, req)
}

// Wait waits until the process pid has ended, and returns its exit reason: NoProc when it had ended before, or never
// was. Any goroutine may call it.
//
// Errors, with a nil reason: that of ctx (ErrTimeout for its deadline), ErrShutdown when the runtime ends first, ErrWrongRuntime.
func (rt *Runtime) Wait(ctx context.Context, pid PID) (reason, err error) {
	if err := rt.own(pid); err != nil {
		return nil, err
	}
	t, err := rt.openPort()
	if err != nil {
		return nil, err
	}
	defer rt.closePort(t)
	rt.signal(pid, Message{From: t.pid | markSignal, Body: monitorSignal, Word: 1})
	a, err := rt.wait(ctx, t)
	if err != nil {
		rt.signal(pid, Message{From: t.pid | markSignal, Body: demonitorSignal, Word: 1})
	}
	return a.err, err
}

// Alive reports whether the process pid lives. The question takes its turn behind what the goroutine has sent to the process: after
// Exit with Kill the answer is false (Erlang: is_process_alive/1). A process inside a handler answers afterwards. Any goroutine may
// call it.
//
// Errors: that of ctx (ErrTimeout for its deadline), ErrShutdown when the runtime ends first, ErrWrongRuntime.
func (rt *Runtime) Alive(ctx context.Context, pid PID) (bool, error) {
	if err := rt.own(pid); err != nil {
		return false, err
	}
	t, err := rt.openPort()
	if err != nil {
		return false, err
	}
	defer rt.closePort(t)
	rt.signal(pid, Message{From: t.pid | markSignal, Body: aliveSignal, Word: 1})
	a, err := rt.wait(ctx, t)
	return a.err == nil && err == nil, err
}
