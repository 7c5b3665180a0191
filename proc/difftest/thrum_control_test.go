package difftest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// control is the process that hands out the instructions of a program, one at a time, and waits for rest after each; the
// same as in testdata/interp.erl. Rest is known without a clock:
//
//   - A process answers a ping behind all signals that have been sent to it before. One in a call cannot answer, and is asked
//     whether it lives; when its callee has replied or ended, its outcome is waited for.
//   - A process that has died has told everybody when its worker has counted it as ended, which it does between two turns.
//
// When a round of pings finds nobody dead, no signal is under way.
type control struct {
	*proc.Self
	w     *world
	log   *journal
	ends  func() int // how many processes have ended, and told everybody so
	base  int        // of ends
	died  int
	live  map[int]member
	away  map[int]absent
	quiet map[int]bool // those whose end is not logged
	dirty bool
	marks bool // whether marks separate the steps in the mailboxes
	round int
	step  int
}

type member struct {
	pid proc.PID
	ref proc.MonitorRef
}

// absent is a process that waits in a receive, or in a call of another.
type absent struct {
	mode         string
	call, callee int
}

func (c *control) run(p program) error {
	c.marks = !p.race
	c.live, c.away, c.quiet = map[int]member{}, map[int]absent{}, map[int]bool{}
	for _, r := range p.roots {
		n, opts := num(r, 0), r.(tuple)[1]
		_, trap := opt(opts, "trap")
		how, _ := opt(opts, "style")
		pid, err := c.Spawn(factory(newActor(c.w, n, trap, ""), how.(string)), c.w.options(n)...)
		if err != nil {
			return err
		}
		c.w.born(n, pid)
		c.adopt(n)
		c.settle()
	}
	for _, s := range p.steps {
		c.step++
		if n, instr := num(s, 0), s.(tuple)[1]; op(instr) == "par" {
			c.par(instr.(tuple)[1].(list))
		} else {
			c.do(n, instr)
		}
	}
	for n, m := range c.live {
		c.quiet[n] = true
		c.Exit(m.pid, proc.Kill)
	}
	for n := range c.live {
		c.await(n, nil)
	}
	c.barrier()
	return nil
}

func (c *control) note(n int, kind, token string) {
	c.log.add(fmt.Sprintf("%d p%d %s %s", c.step, n, kind, token))
}

// adopt watches a process that is in the world.
func (c *control) adopt(n int) {
	pid, _ := c.w.pid(n)
	ref, err := c.Monitor(pid)
	if err != nil {
		panic(err)
	}
	c.live[n] = member{pid, ref}
}

func (c *control) do(n int, instr term) {
	if _, ok := c.live[n]; !ok {
		c.note(n, "=", "gone")
		return
	}
	if _, busy := c.away[n]; busy || c.away[c.timed(instr)].mode == "calls" {
		c.note(n, "=", "busy")
		return
	}
	before := slices.Collect(maps.Keys(c.live))
	c.Send(c.live[n].pid, doMsg{instr})
	replied := 0
	if b, ok := c.acked(n); ok {
		c.note(n, "=", b.token)
		if b.mode != "idle" {
			a := absent{mode: b.mode}
			if b.mode == "calls" {
				a.call, a.callee = num(instr, 1), num(instr, 2)
			}
			c.away[n] = a
		}
		if op(instr) == "reply" && b.token == "ok" {
			replied = num(instr, 1)
		}
	}
	c.children(instr)
	c.elapse(n, instr)
	c.outcome(replied)
	c.settle()
	c.mark(n, instr, before)
}

// par lets several processes run a script each, at the same time, and then looks into every mailbox. The end of a process
// that is spawned in it is not logged: the controller may come too late to see the reason.
func (c *control) par(scripts list) {
	var runs []tuple
	for _, s := range scripts {
		if _, ok := c.live[num(s, 0)]; ok {
			runs = append(runs, s.(tuple))
		}
	}
	c.w.gate.Store(int32(len(runs)))
	for _, s := range runs {
		c.Send(c.live[num(s, 0)].pid, doMsg{tuple{"script", s[1]}})
	}
	for _, s := range runs {
		if b, ok := c.acked(num(s, 0)); ok {
			c.note(b.me, "=", b.token)
		}
	}
	for _, s := range runs {
		for _, i := range s[1].(list) {
			if op(i) == "spawn" {
				c.quiet[num(i, 1)] = true
				if _, ok := c.w.pid(num(i, 1)); ok {
					c.adopt(num(i, 1))
				}
			}
		}
	}
	c.settle()
	clear(c.quiet)
	for n, m := range c.live {
		c.Send(m.pid, doMsg{tuple{"peek"}})
		if b, ok := c.acked(n); ok {
			c.note(n, "@", b.token)
		}
	}
}

// acked waits for what a process logs.
func (c *control) acked(n int) (b ackMsg, alive bool) {
	alive = c.await(n, func(m proc.Message) (ok bool) {
		a, ok := m.Body.(ackMsg)
		if ok && a.me == n {
			b = a
			return true
		}
		return false
	})
	return b, alive
}

// await waits for a message about the process n that is wanted, or its end.
func (c *control) await(n int, wanted func(proc.Message) bool) (alive bool) {
	who := c.live[n]
	m := c.ReceiveMatch(func(m proc.Message) bool {
		if d, ok := m.Body.(proc.Down); ok {
			return d.Monitor == who.ref
		}
		return wanted != nil && wanted(m)
	})
	d, ended := m.Body.(proc.Down)
	if !ended {
		return true
	}
	delete(c.live, n)
	delete(c.away, n)
	c.dirty = true
	c.died++
	if !c.quiet[n] {
		c.note(n, "x", reasonName(d.Reason))
	}
	return false
}

// children adopts those whom an instruction has spawned. One that dies at once may be gone already: then its end has no
// reason for the controller, and is not logged.
func (c *control) children(instr term) {
	switch op(instr) {
	case "seq":
		for _, i := range instr.(tuple)[1].(list) {
			c.children(i)
		}
	case "spawn":
		n := num(instr, 1)
		if _, ok := c.w.pid(n); ok {
			_, c.quiet[n] = opt(instr.(tuple)[2], "die")
			c.adopt(n)
		}
	}
}

// timed is the receiver of a short timer, whose message must come within the step.
func (c *control) timed(instr term) int {
	switch op(instr) {
	case "name_short":
		if pid, ok := c.Whereis(atom(instr, 3)); ok {
			return c.w.number(pid)
		}
	case "after_short", "timer_short":
		return num(instr, 3)
	case "after_die":
		return num(instr, 2)
	}
	return 0
}

// elapse waits for what only time can bring about.
func (c *control) elapse(n int, instr term) {
	var what any
	switch op(instr) {
	case "after_short", "name_short":
		what = num(instr, 5)
	case "after_die":
		what = num(instr, 4)
	case "timer_short":
		what = timerID(num(instr, 1))
	case "call":
		if _, finite := instr.(tuple)[3].(int); finite && c.away[n].mode == "calls" {
			c.back(n)
		}
		return
	default:
		return
	}
	to := c.timed(instr)
	for !c.w.hasCome(what) {
		m, ok := c.live[to]
		if !ok {
			return
		}
		c.Send(m.pid, askMsg{what})
		c.await(to, func(m proc.Message) bool {
			b, ok := m.Body.(toldMsg)
			return ok && b.me == to
		})
	}
}

// back waits for the outcome of n's call, or for its end.
func (c *control) back(n int) {
	var got eventMsg
	if c.await(n, func(m proc.Message) bool {
		b, ok := m.Body.(eventMsg)
		got = b
		return ok && b.me == n
	}) {
		c.event(got)
	}
}

func (c *control) event(b eventMsg) {
	delete(c.away, b.me)
	c.note(b.me, "+", b.token)
}

// outcome waits for the caller that must have its outcome because a call has been replied to.
func (c *control) outcome(replied int) {
	for n, a := range c.away {
		if a.mode == "calls" && a.call == replied {
			c.back(n)
		}
	}
}

// settle returns when the system is at rest.
func (c *control) settle() {
	for {
		if c.dirty {
			c.dirty = false
			c.barrier()
		}
		c.round++
		for n, m := range c.live {
			if a := c.away[n]; a.mode == "calls" {
				if _, ok := c.live[a.callee]; ok {
					if !c.Alive(m.pid) {
						c.await(n, nil)
					}
					continue
				}
				c.back(n)
			}
			c.Send(m.pid, pingMsg{c.round})
		}
		for n := range c.live {
			if c.away[n].mode == "calls" {
				continue
			}
			c.await(n, func(m proc.Message) bool {
				b, ok := m.Body.(pongMsg)
				return ok && b == pongMsg{n, c.round}
			})
		}
		if c.dirty {
			continue
		}
		for {
			m, ok := c.ReceiveMatchTimeout(0, func(m proc.Message) bool { _, is := m.Body.(eventMsg); return is })
			if !ok {
				return
			}
			c.event(m.Body.(eventMsg))
		}
	}
}

// barrier waits until all who have died have told everybody.
func (c *control) barrier() {
	for c.ends() < c.base+c.died {
		c.Yield()
	}
}

// mark separates what has arrived in this step from what arrives later, where more than one sender may have sent.
func (c *control) mark(n int, instr term, before []int) {
	var who []int
	t := c.touched(instr)
	switch {
	case !c.marks:
	case slices.ContainsFunc(before, func(p int) bool { _, ok := c.live[p]; return !ok }):
		who = slices.Collect(maps.Keys(c.live))
	case len(t) > 0:
		who = append(t, n)
		slices.Sort(who)
		who = slices.Compact(who)
	}
	marked := false
	for _, p := range who {
		if m, ok := c.live[p]; ok {
			c.Send(m.pid, markMsg{})
			marked = true
		}
	}
	if marked {
		c.settle()
	}
}

// touched lists those who may get a message from somebody else than the process that executes the instruction, or whom it
// concerns in another way than by an ordinary message.
func (c *control) touched(instr term) []int {
	switch op(instr) {
	case "name_short":
		return []int{c.timed(instr)}
	case "spawn", "link", "exit":
		return []int{num(instr, 1)}
	case "monitor", "request", "call", "after_die":
		return []int{num(instr, 2)}
	case "monitor_name":
		return []int{0}
	case "after_short", "timer_short":
		return []int{num(instr, 3)}
	case "seq":
		var all []int
		for _, i := range instr.(tuple)[1].(list) {
			all = append(all, c.touched(i)...)
		}
		return all
	}
	return nil
}
