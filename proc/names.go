package proc

import (
	"errors"
	"fmt"
	"iter"

	"github.com/thrum-go/thrum/internal/xs"
)

// registry is who has which name. Reads take no lock; changes are made under mu.
//
// A process that ends must know at once whether it has a name, so each slot of the table has a bit. Register sets it
// before it writes the name, and looks afterwards whether the process still lives; the process, when it ends, closes its
// inbox first and then looks at the bit. One of the two sees the other (every atomic access of Go's is sequentially
// consistent), and who does removes the name. Set and cleared under mu; anyone may load it.
type registry struct {
	mu     mutex
	byName xs.Map[string, PID]
	byPID  map[PID]string // under mu
}

func (n *registry) init() {
	n.byName = xs.NewMap[string, PID]()
	n.byPID = map[PID]string{}
}

func checkName(name string) error {
	if name == "" {
		return errors.New("proc: name is empty; give a text")
	}
	return nil
}

// Register gives the process pid a name, by which others can find it until it ends or Unregister takes the name away. Any goroutine
// may call it (Erlang: register/2).
//
// Errors: ErrNameTaken, ErrHasName, ErrNoProc, ErrWrongRuntime, the empty name.
func (rt *Runtime) Register(name string, pid PID) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := rt.own(pid); err != nil {
		return err
	}
	n := &rt.names
	n.mu.Lock()
	defer n.mu.Unlock()
	if !rt.lives(pid) {
		return ErrNoProc
	}
	if err := n.give(rt, name, pid); err != nil {
		return err
	}
	if !rt.lives(pid) && !bugNameLook {
		n.take(rt, pid)
		return ErrNoProc
	}
	return nil
}

// give writes a name down, under mu.
func (n *registry) give(rt *Runtime, name string, pid PID) error {
	if has, ok := n.byPID[pid]; ok {
		return fmt.Errorf("%w: %v is %q", ErrHasName, pid, has)
	}
	if who, ok := n.byName.Load(name); ok {
		return fmt.Errorf("%w: %q is %v", ErrNameTaken, name, who)
	}
	word, bit := rt.table.namedBit(pid)
	for old := word.Load(); !word.CompareAndSwap(old, old|bit); old = word.Load() {
	}
	n.byPID[pid] = name
	n.byName.Store(name, pid)
	return nil
}

// take removes the name of pid, if it has one, under mu.
func (n *registry) take(rt *Runtime, pid PID) {
	name, ok := n.byPID[pid]
	if !ok {
		return
	}
	n.byName.Delete(name)
	delete(n.byPID, pid)
	word, bit := rt.table.namedBit(pid)
	for old := word.Load(); !word.CompareAndSwap(old, old&^bit); old = word.Load() {
	}
}

// freeName is what the end of a process does to its name.
func (rt *Runtime) freeName(pid PID) {
	if word, bit := rt.table.namedBit(pid); word.Load()&bit != 0 {
		rt.names.mu.Lock()
		rt.names.take(rt, pid)
		rt.names.mu.Unlock()
	}
}

// Unregister takes a name away from its process. Any goroutine may call it.
//
// Errors: ErrNoName.
func (rt *Runtime) Unregister(name string) error {
	n := &rt.names
	n.mu.Lock()
	defer n.mu.Unlock()
	pid, ok := n.byName.Load(name)
	if !ok {
		return fmt.Errorf("%w %q", ErrNoName, name)
	}
	n.take(rt, pid)
	return nil
}

// Whereis returns the process that has the name. Any goroutine may call it; it takes no lock.
func (rt *Runtime) Whereis(name string) (PID, bool) {
	pid, ok := rt.names.byName.Load(name)
	if ok && !rt.lives(pid) && !bugNameDead {
		return 0, false // Register writes the name before it looks whether the process still lives
	}
	return pid, ok
}

// Names iterates over the registered names, in no particular order. One that is given or taken away meanwhile may or may not be
// seen. Any goroutine may call it.
func (rt *Runtime) Names() iter.Seq2[string, PID] {
	return func(yield func(string, PID) bool) {
		rt.names.byName.Range(func(name string, pid PID) bool { return !rt.lives(pid) || yield(name, pid) })
	}
}

// SendName sends body to the process that has the name now, from any goroutine; see Runtime.Send.
//
// Errors: ErrNoName, and those of Send.
func (rt *Runtime) SendName(name string, body any) error {
	to, err := rt.named(name)
	if err != nil {
		return err
	}
	return rt.Send(to, body)
}

// SendName sends body to the process that has the name now; see Send, with whose messages it keeps the order.
//
// Errors: ErrNoName, and those of Send.
func (c *Ctx) SendName(name string, body any) error {
	to, err := c.rt.named(name)
	if err != nil {
		return err
	}
	return c.Send(to, body)
}

// named is Whereis with an error.
func (rt *Runtime) named(name string) (PID, error) {
	to, ok := rt.Whereis(name)
	if !ok {
		return 0, fmt.Errorf("%w %q", ErrNoName, name)
	}
	return to, nil
}

// Register gives a process a name; see Runtime.Register.
func (c *Ctx) Register(name string, pid PID) error { return c.rt.Register(name, pid) }

// Unregister takes a name away; see Runtime.Unregister.
func (c *Ctx) Unregister(name string) error { return c.rt.Unregister(name) }

// Whereis returns the process that has the name; see Runtime.Whereis.
func (c *Ctx) Whereis(name string) (PID, bool) { return c.rt.Whereis(name) }
