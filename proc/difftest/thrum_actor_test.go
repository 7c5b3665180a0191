package difftest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// system is what *proc.Ctx and *proc.Self have in common: the instructions that are the same in every style.
type system interface {
	Send(to proc.PID, body any) error
	SendName(name string, body any) error
	SendAlias(a proc.Alias, body any) error
	SendAfter(d time.Duration, to proc.PID, body any) (proc.Timer, error)
	SendAfterName(d time.Duration, name string, body any) (proc.Timer, error)
	StartTimer(d time.Duration, to proc.PID, body any) (proc.Timer, error)
	Cancel(t proc.Timer) bool
	Alias(kind proc.AliasKind) proc.Alias
	Unalias(a proc.Alias) bool
	Spawn(f proc.Factory, opts ...proc.SpawnOption) (proc.PID, error)
	SpawnLink(f proc.Factory, opts ...proc.SpawnOption) (proc.PID, error)
	SpawnMonitor(f proc.Factory, opts ...proc.SpawnOption) (proc.PID, proc.MonitorRef, error)
	Link(to proc.PID) error
	Unlink(to proc.PID) error
	Monitor(to proc.PID) (proc.MonitorRef, error)
	MonitorName(name string) (proc.MonitorRef, error)
	Demonitor(ref proc.MonitorRef) bool
	DemonitorFlush(ref proc.MonitorRef) bool
	Exit(to proc.PID, reason error) error
	TrapExit(on bool) bool
	Register(name string, pid proc.PID) error
	Unregister(name string) error
	Whereis(name string) (proc.PID, bool)
	ReplyTo(k proc.Caller, v any) error
}

// actor is a process of a program, in whatever style. Only the process itself touches it.
type actor struct {
	w        *world
	me       int
	traps    bool
	then     string // "" to go on, or the reason to end for at once
	refs     map[int]proc.MonitorRef
	callers  map[int]proc.Caller
	requests map[int]proc.RequestID
	failed   map[int]bool // requests that were refused because the callee was dead
	style    style
	done     int // instructions
}

// style is what differs between the ways to write a process.
type style interface {
	system
	Alive(pid proc.PID) bool
	Request(to proc.PID, req any, timeout time.Duration) (proc.RequestID, error)
	Abandon(id proc.RequestID) bool
	Blocking(f func())
	// flushed removes a Down message that the style has taken out of the mailbox already.
	flushed(ref proc.MonitorRef)
}

func newActor(w *world, me int, traps bool, then string) *actor {
	return &actor{
		w: w, me: me, traps: traps, then: then, refs: map[int]proc.MonitorRef{}, callers: map[int]proc.Caller{},
		requests: map[int]proc.RequestID{}, failed: map[int]bool{},
	}
}

// begin is the first thing that a process does. The reason is nil when it goes on.
func (a *actor) begin(pid proc.PID, s system) (reason error) {
	a.w.born(a.me, pid)
	if a.traps {
		s.TrapExit(true)
	}
	if a.then != "" {
		return a.end(a.then)
	}
	return nil
}

func (a *actor) end(reason string) error {
	if reason == "crash" {
		panic("crash")
	}
	return reasonValues[reason]
}

func (a *actor) ack(token, mode string) { a.style.Send(a.w.controller, ackMsg{a.me, token, mode}) }

func (a *actor) event(token string) { a.style.Send(a.w.controller, eventMsg{a.me, token}) }

// exec executes an instruction that takes no message, and returns what it logs, or the reason to end for.
func (a *actor) exec(instr term) (token string, end error) {
	s, i := a.style, instr.(tuple)
	to := func(at int, f func(pid proc.PID) string) string {
		if pid, ok := a.w.pid(i[at].(int)); ok {
			return f(pid)
		}
		return "skip"
	}
	switch op(i) {
	case "seq":
		var tokens []string
		for _, sub := range i[1].(list) {
			t, end := a.exec(sub)
			if end != nil {
				return "", end
			}
			tokens = append(tokens, t)
		}
		return strings.Join(tokens, ","), nil
	case "yield":
		return "ok", nil // what the style does besides
	case "spin":
		for range num(i, 1) {
			a.w.gate.Load()
		}
		return "ok", nil
	case "spawn":
		return a.spawn(num(i, 1), i[2], atom(i, 3)), nil
	case "link":
		return to(1, func(pid proc.PID) string { return result(s.Link(pid), "true") }), nil
	case "unlink":
		return to(1, func(pid proc.PID) string { return result(s.Unlink(pid), "true") }), nil
	case "monitor":
		return to(2, func(pid proc.PID) string {
			ref, err := s.Monitor(pid)
			a.refs[num(i, 1)] = ref
			return result(err, "ok")
		}), nil
	case "monitor_name":
		ref, err := s.MonitorName(atom(i, 2))
		a.refs[num(i, 1)] = ref
		return result(err, "ok"), nil
	case "demonitor":
		return a.demonitor(num(i, 1), atom(i, 2)), nil
	case "exit":
		return to(1, func(pid proc.PID) string { return result(s.Exit(pid, reasonValues[atom(i, 2)]), "true") }), nil
	case "return":
		return "", a.end(atom(i, 1))
	case "trap":
		return fmt.Sprint(s.TrapExit(atom(i, 1) == "true")), nil
	case "send":
		return to(1, func(pid proc.PID) string {
			if err := s.Send(pid, userMsg{tag: atom(i, 2), id: num(i, 3)}); err != nil && err != proc.ErrNoProc {
				return result(err, "")
			}
			return "ok"
		}), nil
	case "send_name":
		return result(s.SendName(atom(i, 1), userMsg{tag: atom(i, 2), id: num(i, 3)}), "ok"), nil
	case "send_alias", "alias", "unalias":
		return a.alias(i), nil
	case "register":
		return to(2, func(pid proc.PID) string {
			err := s.Register(atom(i, 1), pid)
			if err == proc.ErrNoProc {
				return "badarg"
			}
			return result(err, "true")
		}), nil
	case "unregister":
		return result(s.Unregister(atom(i, 1)), "true"), nil
	case "whereis":
		if pid, ok := s.Whereis(atom(i, 1)); ok {
			return a.w.who(pid), nil
		}
		return "none", nil
	case "alive":
		return to(1, func(pid proc.PID) string { return fmt.Sprint(s.Alive(pid)) }), nil
	case "after_long", "after_short", "after_die", "timer_long", "timer_short", "name_long", "name_short", "cancel",
		"read":
		return a.timer(i)
	case "request":
		return to(2, func(pid proc.PID) string { return a.request(num(i, 1), num(i, 2), pid) }), nil
	case "abandon":
		k := num(i, 1)
		if a.failed[k] {
			return "false", nil
		}
		if id, ok := a.requests[k]; ok {
			return fmt.Sprint(s.Abandon(id)), nil
		}
		return "skip", nil
	case "reply":
		if k, ok := a.callers[num(i, 1)]; ok {
			return result(s.ReplyTo(k, atom(i, 2)), "ok"), nil
		}
		return "skip", nil
	}
	return "?" + op(i), nil
}

// result is the atom for what a function of proc returns.
func result(err error, otherwise string) string {
	switch {
	case err == nil:
		return otherwise
	case errors.Is(err, proc.ErrNoProc):
		return "noproc"
	case errors.Is(err, proc.ErrNameTaken), errors.Is(err, proc.ErrHasName), errors.Is(err, proc.ErrNoName):
		return "badarg"
	case errors.Is(err, proc.ErrCallingSelf):
		return "calling_self"
	}
	return "?" + strings.ReplaceAll(err.Error(), " ", "_")
}

func (a *actor) spawn(n int, opts term, how string) string {
	os := a.w.options(n)
	var ref proc.MonitorRef
	_, links := opt(opts, "link")
	r, monitors := opt(opts, "monitor")
	if name, ok := opt(opts, "name"); ok {
		os = append(os, proc.WithName(name.(string)))
	}
	_, trap := opt(opts, "trap")
	if trap && n%2 == 0 {
		os = append(os, proc.WithTrapExit())
		trap = false
	}
	then, _ := opt(opts, "die")
	reason, _ := then.(string)
	var pid proc.PID
	var err error
	switch f := factory(newActor(a.w, n, trap, reason), how); {
	case links && !monitors:
		pid, err = a.style.SpawnLink(f, os...)
	case monitors && !links:
		pid, ref, err = a.style.SpawnMonitor(f, os...)
	case monitors:
		pid, err = a.style.Spawn(f, append(os, proc.WithLink(), proc.WithMonitor(&ref))...)
	default:
		pid, err = a.style.Spawn(f, os...)
	}
	if errors.Is(err, proc.ErrNameTaken) {
		return "taken"
	}
	if err == nil {
		a.w.born(n, pid)
		if monitors {
			a.refs[r.(int)] = ref
		}
	}
	return result(err, "ok")
}

func (a *actor) demonitor(r int, how string) string {
	ref, ok := a.refs[r]
	switch {
	case !ok:
		return "skip"
	case how == "plain":
		a.style.Demonitor(ref)
		return "ok"
	case how == "info":
		return fmt.Sprint(a.style.Demonitor(ref))
	}
	was := a.style.DemonitorFlush(ref)
	a.style.flushed(ref)
	return fmt.Sprint(was)
}

func (a *actor) alias(i tuple) string {
	n := num(i, 1)
	var alias proc.Alias
	var known bool
	a.w.locked(func() { alias, known = a.w.aliases[n] })
	switch {
	case op(i) == "alias":
		kind := proc.AliasExplicit
		if atom(i, 2) == "reply" {
			kind = proc.AliasReply
		}
		alias = a.style.Alias(kind)
		a.w.locked(func() { a.w.aliases[n] = alias })
		return "ok"
	case !known:
		return "skip"
	case op(i) == "unalias":
		return fmt.Sprint(a.style.Unalias(alias))
	}
	return result(a.style.SendAlias(alias, userMsg{tag: atom(i, 2), id: num(i, 3)}), "ok")
}

func (a *actor) timer(i tuple) (token string, end error) {
	s, n := a.style, num(i, 1)
	started := func(n int, start func() (proc.Timer, error)) string {
		var err error
		a.w.locked(func() { // until it has its number, nobody may ask for it
			var t proc.Timer
			if t, err = start(); err == nil {
				a.w.timers[n] = t
			}
		})
		return result(err, "ok")
	}
	after := func(n int, d time.Duration, to int, tag string, id int) string {
		pid, ok := a.w.pid(to)
		if !ok {
			return "skip"
		}
		return started(n, func() (proc.Timer, error) { return s.SendAfter(d, pid, userMsg{tag, id, true}) })
	}
	bare := func(d time.Duration, to int) string {
		pid, ok := a.w.pid(to)
		if !ok {
			return "skip"
		}
		return started(n, func() (proc.Timer, error) { return s.StartTimer(d, pid, timerID(n)) })
	}
	named := func(d time.Duration, name, tag string, id int) string {
		return started(n, func() (proc.Timer, error) { return s.SendAfterName(d, name, userMsg{tag, id, true}) })
	}
	ms := func(at int) time.Duration { return time.Duration(num(i, at)) * time.Millisecond }
	switch op(i) {
	case "after_long":
		return after(n, time.Hour, num(i, 2), atom(i, 3), num(i, 4)), nil
	case "after_short":
		return after(n, ms(2), num(i, 3), atom(i, 4), num(i, 5)), nil
	case "after_die":
		after(0, ms(1), num(i, 2), atom(i, 3), num(i, 4))
		return "", a.end(atom(i, 5))
	case "timer_long":
		return bare(time.Hour, num(i, 2)), nil
	case "timer_short":
		return bare(ms(2), num(i, 3)), nil
	case "name_long":
		return named(time.Hour, atom(i, 2), atom(i, 3), num(i, 4)), nil
	case "name_short":
		if _, ok := s.Whereis(atom(i, 3)); !ok {
			return "unnamed", nil
		}
		return named(ms(2), atom(i, 3), atom(i, 4), num(i, 5)), nil
	}
	t, known := a.w.timer(n)
	switch {
	case !known:
		return "skip", nil
	case op(i) == "cancel":
		return fmt.Sprint(s.Cancel(t)), nil
	}
	return fmt.Sprint(t.Remaining() > 0), nil
}

func (a *actor) request(k, callee int, pid proc.PID) string {
	id, err := a.style.Request(pid, reqMsg{k}, proc.Forever)
	if errors.Is(err, proc.ErrNoProc) {
		a.failed[k] = true
		a.style.Send(a.self(), noReply{k, callee})
		return "ok"
	}
	if err == nil {
		a.requests[k] = id
	}
	return result(err, "ok")
}

func (a *actor) self() proc.PID {
	pid, _ := a.w.pid(a.me)
	return pid
}

// took notes what a message that has been taken out means for later instructions.
func (a *actor) took(m proc.Message, k proc.Caller, isCall bool) {
	a.w.came(m)
	if b, ok := m.Body.(reqMsg); ok && isCall {
		a.callers[b.call] = k
	}
}

// callee finds whom to call.
func (a *actor) callee(i tuple) (pid proc.PID, timeout time.Duration, ok bool) {
	pid, ok = a.w.pid(num(i, 2))
	switch {
	case !ok:
		a.called(num(i, 1))
		a.ack("skip", "idle")
		return 0, 0, false
	case pid == a.self():
		// That a process may not call itself is checked where the call would be made.
		return pid, proc.Forever, true
	}
	timeout = proc.Forever
	if ms, finite := i[3].(int); finite {
		timeout = time.Duration(ms) * time.Millisecond
	}
	a.ack("calls", "calls")
	return pid, timeout, true
}

// returned reports the outcome of a call.
func (a *actor) returned(i tuple, v any, err error) {
	k := num(i, 1)
	a.called(k)
	var e *proc.CallError
	switch {
	case err == nil:
		a.event(fmt.Sprintf("ret(%d,%v)", k, v))
	case errors.Is(err, proc.ErrCallingSelf):
		a.ack("calling_self", "idle")
	case errors.Is(err, proc.ErrTimeout):
		a.event(fmt.Sprintf("ret(%d,timeout)", k))
	case errors.As(err, &e):
		a.event(fmt.Sprintf("ret(%d,down,%s)", k, reasonName(e.Err)))
	default:
		a.event(fmt.Sprintf("ret(%d,%s)", k, result(err, "")))
	}
}

// begins waits a little for the others that run a script in the same race.
func (a *actor) begins() {
	a.w.gate.Add(-1)
	for range a.w.spins {
		if a.w.gate.Load() <= 0 {
			return
		}
	}
}

func (a *actor) called(k int) { a.w.locked(func() { a.w.over[k] = true }) }
