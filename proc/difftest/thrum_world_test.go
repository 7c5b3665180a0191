package difftest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

// world is what a program's processes have made, by the numbers that the program gives it.
type world struct {
	controller proc.PID
	gate       atomic.Int32 // how many have still to begin the scripts of a race
	spins      int          // how long to wait for them
	mixed      uint64       // 0, or a seed by which processes differ in what must make no difference

	mu      sync.Mutex
	pids    map[int]proc.PID
	numbers map[proc.PID]int
	aliases map[int]proc.Alias
	timers  map[int]proc.Timer
	over    map[int]bool // calls and requests that nobody waits for
	arrived map[any]bool // messages of timers, by what identifies them
}

func newWorld() *world {
	return &world{
		pids: map[int]proc.PID{}, numbers: map[proc.PID]int{}, aliases: map[int]proc.Alias{}, timers: map[int]proc.Timer{},
		over: map[int]bool{}, arrived: map[any]bool{},
	}
}

// What the controller and the processes say to each other.
type (
	doMsg   struct{ instr term }
	pingMsg struct{ round int }
	pongMsg struct{ me, round int }
	askMsg  struct{ what any } // has this message of a timer come?
	toldMsg struct{ me int }
	ackMsg  struct {
		me          int
		token, mode string
	}
	eventMsg struct {
		me    int
		token string
	}
	markMsg struct{}
	contMsg struct{} // to oneself: go on with the script
)

// What the processes of a program say to each other.
type (
	userMsg struct {
		tag   string
		id    int
		timer bool
	}
	reqMsg struct{ call int }
	// noReply takes the place of the Reply that a Request to a process known to be dead does not lead to: Request says so at
	// once, where Erlang sends a message.
	noReply struct{ call, callee int }
)

// timerID identifies a proc.Timeout, beside the numbers that identify userMsg. It is its body, too.
type timerID int

// lot draws a number below n for a process, always the same for the same question.
func (w *world) lot(process, question, n int) int {
	return rand.New(rand.NewPCG(w.mixed, uint64(process)<<32|uint64(question))).IntN(n)
}

// options are what a process differs in from others in a mixed world: its priority, and a bound of its mailbox that it never
// reaches, with which everything for it goes through the gate.
func (w *world) options(n int) (os []proc.SpawnOption) {
	if w.mixed == 0 {
		return nil
	}
	if w.lot(n, -1, 2) == 0 {
		os = append(os, proc.WithMailboxBound(1_000_000, proc.Reject))
	}
	return append(os, proc.WithPriority([]proc.Priority{proc.PriorityLow, proc.PriorityNormal, proc.PriorityHigh}[w.lot(n, -2, 3)]))
}

// detaches says whether a process in a mixed world gives its worker away before it executes its next instruction.
func (a *actor) detaches() bool {
	a.done++
	return a.w.mixed != 0 && a.w.lot(a.me, a.done, 4) == 0
}

func isControl(m proc.Message) bool {
	switch m.Body.(type) {
	case doMsg, pingMsg, askMsg, contMsg:
		return true
	}
	return false
}

func isMark(m proc.Message) bool {
	_, is := m.Body.(markMsg)
	return is
}

func (w *world) locked(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *world) born(n int, pid proc.PID) {
	w.locked(func() { w.pids[n], w.numbers[pid] = pid, n })
}

func (w *world) pid(n int) (pid proc.PID, ok bool) {
	w.locked(func() { pid, ok = w.pids[n] })
	return pid, ok
}

func (w *world) who(pid proc.PID) string {
	if n := w.number(pid); n > 0 {
		return fmt.Sprintf("p%d", n)
	}
	return "p?"
}

func (w *world) timer(n int) (t proc.Timer, ok bool) {
	w.locked(func() { t, ok = w.timers[n] })
	return t, ok
}

func (w *world) number(pid proc.PID) (n int) {
	w.locked(func() { n = w.numbers[pid] })
	return n
}

// came notes the message of a timer, for whoever waits until it has come.
func (w *world) came(m proc.Message) {
	if what := w.timed(m); what != nil {
		w.locked(func() { w.arrived[what] = true })
	}
}

func (w *world) hasCome(what any) (yes bool) {
	w.locked(func() { yes = w.arrived[what] })
	return yes
}

// timed identifies the message of a timer, nil for others.
func (w *world) timed(m proc.Message) any {
	switch b := m.Body.(type) {
	case userMsg:
		if b.timer {
			return b.id
		}
	case proc.Timeout:
		return b.Body
	}
	return nil
}

// matches says whether a pattern of recv or wait fits a message in the mailbox of a.
func (a *actor) matches(pattern term, m proc.Message) bool {
	if pattern == "any" {
		return !isMark(m) && !isControl(m)
	}
	kind, arg := "", term(nil)
	switch p := pattern.(type) {
	case string:
		kind = p
	case tuple:
		kind, arg = p[0].(string), p[1]
	}
	switch b := m.Body.(type) {
	case userMsg:
		return kind == "tag" && arg == b.tag
	case proc.Exit:
		return kind == "exit" && (arg == nil || a.w.who(b.From) == fmt.Sprintf("p%d", arg))
	case proc.Down:
		return kind == "down" && (arg == nil || a.refs[arg.(int)] == b.Monitor)
	case proc.Reply:
		return kind == "rep" && a.requests[arg.(int)] == b.Request
	case noReply:
		return kind == "rep" && arg == b.call
	case reqMsg:
		return kind == "req" && arg == b.call
	}
	return false
}

// unordered says whether a message may have come in any order with others of the same step; see canonicalGroup.
func unordered(m proc.Message) bool {
	switch b := m.Body.(type) {
	case proc.Exit, proc.Down, proc.Timeout, noReply:
		return true
	case proc.Reply:
		return b.Err != nil
	case userMsg:
		return b.timer
	}
	return false
}

// shown writes a message of a's as the traces do.
func (a *actor) shown(m proc.Message) string {
	w := a.w
	switch b := m.Body.(type) {
	case markMsg:
		return "|"
	case userMsg:
		if b.timer {
			return fmt.Sprintf("t(%s,%s,%d)", w.who(m.From), b.tag, b.id)
		}
		return fmt.Sprintf("m(%s,%s,%d)", w.who(m.From), b.tag, b.id)
	case proc.Exit:
		return fmt.Sprintf("exit(%s,%s)", w.who(b.From), reasonName(b.Reason)) + senderIs(m, b.From)
	case proc.Down:
		n, object := 0, w.who(b.PID)
		for r, ref := range a.refs {
			if ref == b.Monitor {
				n = r
			}
		}
		if b.Name != "" {
			object = b.Name
		}
		return fmt.Sprintf("down(r%d,%s,%s)", n, object, reasonName(b.Reason)) + senderIs(m, b.PID)
	case proc.Timeout:
		n := int(b.Body.(timerID))
		if t, _ := w.timer(n); t != b.Timer {
			return "timeout(?)"
		}
		return fmt.Sprintf("timeout(%d)", n)
	case proc.Reply:
		k := 0
		for n, id := range a.requests {
			if id == b.Request {
				k = n
			}
		}
		var e *proc.CallError
		switch {
		case b.Err == nil:
			return fmt.Sprintf("rep(%d,%v)", k, b.Value)
		case errors.As(b.Err, &e):
			return fmt.Sprintf("rep(%d,down,%s,%s)", k, w.who(e.To), reasonName(e.Err)) + senderIs(m, e.To)
		}
		return fmt.Sprintf("rep(%d,?%v)", k, b.Err)
	case noReply:
		return fmt.Sprintf("rep(%d,down,p%d,noproc)", b.call, b.callee)
	case reqMsg:
		return fmt.Sprintf("req(%s,%d)", w.who(m.From), b.call)
	}
	return strings.ReplaceAll(fmt.Sprintf("?%T", m.Body), " ", "")
}

// senderIs is what a message says of a sender that contradicts its body.
func senderIs(m proc.Message, body proc.PID) string {
	if m.From != body {
		return "?sender"
	}
	return ""
}

func set(tokens []string) string { return "[" + strings.Join(tokens, " ") + "]" }

var reasonValues = map[string]error{
	"normal": proc.Normal, "kill": proc.Kill, "killed": proc.Killed, "shutdown": proc.Shutdown, "noproc": proc.NoProc,
	"a": proc.ExitValue{Value: "a"}, "b": proc.ExitValue{Value: "b"}, "c": proc.ExitValue{Value: "c"},
}

// reasonName is the atom for an exit reason. Reasons must be the very values that were given.
func reasonName(err error) string {
	for name, r := range reasonValues {
		if r == err {
			return name
		}
	}
	if p, ok := err.(*proc.Panic); ok && p.Value == "crash" {
		return "crash"
	}
	if err == proc.ErrNoProc {
		return "noproc" // of a call
	}
	return fmt.Sprintf("?%T", err)
}
