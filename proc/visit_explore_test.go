//go:build explore

package proc

import "github.com/thrum-go/thrum/internal/explore"

// A visit is a core's acting upon a signal for a process that was idle: the core takes the process, acts on its behalf, and lets
// it go again or schedules it. Others send meanwhile. In these programs monitors and questions come from ports, which show what each
// has been told.

// visits is a scene with books of what was sent.
type visits struct {
	*scene
	sent     [8]uint8 // messages by number, those that were accepted
	lost     uint64   // and those that were not
	watching [4]bool  // ports with a monitor that was sent
	asking   [4]bool  // or a question
	pids     [4]PID   // of the ports
	results  int      // that process 0 has awaited and got
}

func newVisits(x *explore.Exec, cores, procs, ports int) *visits {
	v := &visits{scene: newScene(x, cores, procs, ports, true)}
	for range ports {
		t, _ := v.rt.openPort()
		v.pids[t.index] = t.pid
	}
	x.After(v.settle)
	x.After(v.told)
	return v
}

// told checks that each message was handled or is a dead letter, and that each port has been told what it must be told.
func (v *visits) told() {
	handled, sent, dead := 0, 0, int(v.rt.outside.dead.Load())
	for _, k := range v.cores {
		dead += int(k.c.lc.dead)
	}
	for i := range v.sent {
		sent += int(v.sent[i])
		n := 0
		for _, a := range v.procs {
			n += int(a.got[i])
		}
		if n > int(v.sent[i]) {
			v.x.Failf("doubled: message %d was handled %d times", i, n)
		}
		handled += n
	}
	if handled+dead != sent {
		v.x.Failf("lost: %d messages were sent, %d handled, and %d are dead letters", sent, handled, dead)
	}
	p := v.procs[0]
	for i, t := range v.ports {
		if !v.watching[i] && !v.asking[i] {
			continue
		}
		told := len(t.ch)
		var a answer
		if told > 0 {
			a = <-t.ch
		}
		_, watched := v.watchers()[watching{v.pids[i], 1}]
		switch {
		case v.asking[i] && told != 1:
			v.x.Failf("lost: question %d has %d answers", i, told)
		case v.watching[i] && (told == 1) == watched:
			v.x.Failf("lost: monitor %d has been told %d times, and is in the books: %t", i, told, watched)
		case v.watching[i] && told == 1 && (!p.ended || a.err != p.reason && a.err != NoProc):
			v.x.Failf("down: monitor %d is told %v, and the process has ended: %t, %v", i, a.err, p.ended, p.reason)
		}
	}
}

// watchers returns the monitors that process 0 knows of.
func (v *visits) watchers() map[watching]bool {
	found := map[watching]bool{}
	if p := v.procs[0]; !p.ended && p.p.cold != nil && p.p.cold.ties != nil {
		for w := range p.p.cold.ties.watchers.all() {
			found[w] = true
		}
	}
	return found
}

// What threads do. A nil stage is a goroutine.

// watch sends the monitor of a port to process 0.
func (v *visits) watch(k *stage, port int) {
	v.watching[port] = true
	v.signal(k, 0, Message{From: v.pids[port] | markSignal, Body: monitorSignal, Word: 1})
}

// ask sends the question whether process 0 lives.
func (v *visits) ask(k *stage, port int) {
	v.asking[port] = true
	v.signal(k, 0, Message{From: v.pids[port] | markSignal, Body: aliveSignal, Word: 1})
}

// exit sends an exit signal.
func (v *visits) exit(k *stage, to int, reason error) {
	v.signal(k, to, Message{From: markSignal, Body: &signal{kind: sigExit, reason: reason}})
}

func (v *visits) signal(k *stage, to int, m Message) {
	if k == nil {
		v.rt.signal(v.procs[to].pid, m)
		return
	}
	k.c.emit(v.procs[to].pid, m)
}

// message sends message i.
func (v *visits) message(k *stage, to, i int) {
	a := v.procs[to]
	v.sent[i]++
	v.by[i] = k
	var err error
	if k == nil {
		err = v.rt.post(a.pid, Message{Body: i})
	} else {
		err = k.c.deliver(a.p, a.pid, 0, unordered, Message{Body: i})
	}
	if err != nil && err != ErrNoProc {
		v.sent[i]-- // a bounded mailbox has refused it
	}
}
