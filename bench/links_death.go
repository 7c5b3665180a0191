package bench

import (
	"fmt"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// tie is the body of the message that says whom to link with: its word is the PID.
var tie = &signal{"tie"}

// deathRun is a star or chain of linked processes, and who watches them.
type deathRun struct {
	*trial
	rt      *proc.Runtime
	pids    []proc.PID
	members []mortal
	watcher *watcher
	elapsed time.Duration // from the first end of a wave to the last, all waves
	mallocs uint64        // meanwhile
}

// mortal is a member: linked, it ends when another does.
type mortal struct {
	run  *deathRun
	id   int
	tied bool
	ends int
}

// Handle implements proc.Machine.
func (k *mortal) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Shutdown
	}
	if m.Body != tie || k.tied {
		k.run.failf(fmt.Sprintf("member %d", k.id), "message %+v", m)
		return nil
	}
	k.tied = true
	if err := c.Link(proc.PID(m.Word)); err != nil {
		return k.run.sent(fmt.Sprintf("member %d linking", k.id), err)
	}
	// It is linked on both sides when the watcher has this.
	if err := c.SendWord(k.run.watcher.self, tie, uint64(k.id)); err != nil {
		return k.run.sent(fmt.Sprintf("member %d", k.id), err)
	}
	return nil
}

// Terminate implements proc.Terminator.
func (k *mortal) Terminate(_ *proc.Ctx, reason error) {
	if k.ends++; (k.ends > 1 || reason != proc.Shutdown) && k.run.ctx.Err() == nil {
		k.run.failf(fmt.Sprintf("member %d", k.id), "end number %d, for %v", k.ends, reason)
	}
}

// watcher monitors the members and sees each end once.
type watcher struct {
	run    *deathRun
	self   proc.PID
	refs   map[proc.MonitorRef]int // members that live, by monitor
	known  []bool                  // members that have said that they are linked
	linked int                     // how many have
	end    int64
	ready  chan struct{} // all are linked and watched
	done   chan struct{} // none is left
}

// Handle implements proc.Machine.
func (w *watcher) Handle(c *proc.Ctx, m proc.Message) error {
	switch body := m.Body.(type) {
	case *signal:
		if body == stop {
			return proc.Normal
		}
		return w.watch(c, m)
	case proc.Down:
		i, ok := w.refs[body.Monitor]
		switch {
		case !ok:
			w.run.failf("watcher", "the end of %v was told twice", body.PID)
			return nil
		case body.PID != w.run.pids[i] || body.Reason != proc.Shutdown:
			w.run.failf("watcher", "the end of member %d: %+v", i, body)
		}
		delete(w.refs, body.Monitor)
		if len(w.refs) == 0 {
			w.end = w.run.clock.Now()
			close(w.done)
		}
	default:
		w.run.failf("watcher", "message %+v", m)
	}
	return nil
}

// watch monitors a member that has been linked.
func (w *watcher) watch(c *proc.Ctx, m proc.Message) error {
	i := int(m.Word)
	if m.Body != tie || m.From != w.run.pids[i] || w.known[i] {
		w.run.failf("watcher", "message %+v", m)
		return nil
	}
	ref, err := c.Monitor(m.From)
	if err != nil {
		return w.run.sent("watcher", err)
	}
	w.refs[ref], w.known[i] = i, true
	if w.linked++; w.linked == len(w.run.pids)-1 { // the first is linked by others
		if ref, err = c.Monitor(w.run.pids[0]); err != nil {
			return w.run.sent("watcher", err)
		}
		w.refs[ref] = 0
		close(w.ready)
	}
	return nil
}

// wave lets one star or chain come and go.
func (r *deathRun) wave(s *system) (err error) {
	w := &watcher{run: r, refs: make(map[proc.MonitorRef]int, len(r.members)), known: make([]bool, len(r.members)), ready: make(chan struct{}), done: make(chan struct{})}
	r.watcher = w
	if w.self, err = s.spawn(w); err != nil {
		return err
	}
	for i := range r.members {
		r.members[i] = mortal{run: r, id: i}
		if r.pids[i], err = s.spawn(&r.members[i]); err != nil {
			return err
		}
	}
	for i, pid := range r.pids[1:] {
		to := r.pids[0]
		if r.p.Style == linksChain {
			to = r.pids[i]
		}
		if err := s.rt.SendWord(pid, tie, uint64(to)); err != nil {
			return r.sent("links", err)
		}
	}
	if err := s.await(w.ready); err != nil {
		return err
	}
	x, err := r.timed(0, func() (int64, int64, error) {
		begin := r.clock.Now()
		if err := s.send(r.pids[0], stop); err != nil {
			return 0, 0, err
		}
		return s.awaitSpan(w.done, &begin, &w.end)
	})
	if err != nil {
		return err
	}
	r.elapsed += x.Elapsed
	r.mallocs += x.Mallocs
	for i := range r.members {
		if n := r.members[i].ends; n != 1 {
			r.failf(fmt.Sprintf("member %d", i), "it ended %d times", n)
		}
	}
	return s.send(w.self, stop)
}

func deathThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := &deathRun{trial: t, rt: s.rt, pids: make([]proc.PID, t.p.Procs), members: make([]mortal, t.p.Procs)}
	waves := max(1, t.n/int64(t.p.Procs))
	ends := waves * int64(t.p.Procs)
	for range waves {
		if err := run.wave(s); err != nil {
			return Sample{}, err
		}
		if t.stopped.Load() {
			return Sample{}, t.ctx.Err()
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	if st := s.final; st.Exited != uint64(ends+waves) {
		t.failf("drain", "%d processes exited, %d members and %d watchers were to", st.Exited, ends, waves)
	}
	return Sample{Messages: ends, Elapsed: run.elapsed, Mallocs: run.mallocs}, nil
}
