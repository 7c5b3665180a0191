package profiles

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Survey asks every process of rt what it is doing (proc.Info) and calls visit with each answer, one at a time, in no particular order. Each
// answer is right for its moment; they are not all of one moment. Processes that begin or end meanwhile are left out. visit must be quick, and
// must not keep the Info itself.
//
// The questions are asked by a process of Survey's own, some hundred at a time, so that a runtime of a million processes goes on with its work
// meanwhile. That process is not among the answers. Its spawn, its end and a message for each answer are in the runtime's statistics, once for each call
// that does not return ErrShutdown; so is, as a dead letter, what has been asked and answers only when the survey is over. A process that is asked takes a turn, but uses no reductions and handles no message; of one that does not come to its turn the worker is
// asked, and one inside a handler is waited for until the handler returns or has been found stuck (proc.Config.StuckAfter).
//
// It costs O(processes) time; docs/profiling.md has figures. Any goroutine may call it but a handler.
//
// Errors: rt or visit is nil; proc.ErrShutdown; ctx's error, when that ends first. After the return visit is not called.
func Survey(ctx context.Context, rt *proc.Runtime, visit func(*proc.Info)) error {
	switch {
	case rt == nil:
		return errors.New("profiles: Survey: rt is nil; give the runtime whose processes are meant")
	case visit == nil:
		return errors.New("profiles: Survey: visit is nil; give a function that takes the answers")
	}
	if err := survey(ctx, rt, visit); err != nil {
		return fmt.Errorf("profiles: Survey: %w", err)
	}
	return nil
}

func survey(ctx context.Context, rt *proc.Runtime, visit func(*proc.Info)) error {
	s := &surveyor{ctx: ctx, visit: visit}
	for pid := range rt.Processes() {
		s.pids = append(s.pids, pid)
	}
	pid, err := rt.Spawn(func() proc.Machine { return s })
	switch {
	case errors.Is(err, proc.ErrTooMany): // which is just when somebody wants to see the processes
		return askEach(ctx, rt, s.pids, visit)
	case err != nil:
		return err
	}
	// It looks at ctx itself, and ends in order: whoever kills it makes dead letters of the answers that are under way.
	reason, err := rt.Wait(context.WithoutCancel(ctx), pid)
	switch {
	case err != nil:
		return err
	case s.over.Load():
		return askEach(ctx, rt, s.left, visit)
	case errors.Is(reason, proc.Shutdown), errors.Is(reason, proc.Killed):
		return proc.ErrShutdown
	}
	return fmt.Errorf("the process that asks the others has ended: %w", reason)
}

// Bounds of a survey.
const (
	surveyBatch = 512                   // questions under way: enough that workers seldom wait for it, few enough that their queues stay short
	surveyPause = 20 * time.Millisecond // without any answer, after which those asked are left for later
)

// surveyor is the process that asks the others.
type surveyor struct {
	ctx   context.Context
	visit func(*proc.Info)
	pids  []proc.PID
	next  int
	asked map[proc.RequestID]proc.PID
	left  []proc.PID // have not answered in time
	info  proc.Info  // the last answer, where visit sees it
	over  atomic.Bool
}

// Init asks the first ones.
func (s *surveyor) Init(c *proc.Ctx) error {
	s.asked = make(map[proc.RequestID]proc.PID, surveyBatch)
	return s.ask(c)
}

// ask asks until a batch is under way. It ends the process when nothing is left to ask or to wait for.
func (s *surveyor) ask(c *proc.Ctx) error {
	for len(s.asked) < surveyBatch && s.next < len(s.pids) {
		if s.next%surveyBatch == 0 && s.ctx.Err() != nil {
			s.next = len(s.pids)
			break
		}
		pid := s.pids[s.next]
		s.next++
		if id, err := c.RequestInfo(pid, proc.Forever); err == nil {
			s.asked[id] = pid
		}
	}
	if len(s.asked) > 0 {
		return c.ReceiveTimeout(surveyPause)
	}
	s.over.Store(true)
	return proc.Normal
}

// Handle is told that there was no answer for long. A timer that sends it messages could leave one behind as a dead letter.
func (s *surveyor) Handle(c *proc.Ctx, m proc.Message) error {
	if _, ok := m.Body.(proc.ReceiveTimeout); ok {
		for id, pid := range s.asked {
			c.Abandon(id)
			s.left = append(s.left, pid)
		}
		clear(s.asked)
	}
	return s.ask(c)
}

// HandleReply takes an answer. That an Info is a box of its own is enough: as a message's body its Reply would be another.
func (s *surveyor) HandleReply(c *proc.Ctx, _ proc.PID, r proc.Reply) error {
	if _, ok := s.asked[r.Request]; ok {
		delete(s.asked, r.Request)
		if i, ok := r.Value.(proc.Info); ok && s.ctx.Err() == nil {
			s.info = i
			s.visit(&s.info)
		}
	}
	return s.ask(c)
}

// askEach asks the processes by Runtime.Info, several at a time: most of an answer's time is spent waiting for a worker.
func askEach(ctx context.Context, rt *proc.Runtime, pids []proc.PID, visit func(*proc.Info)) error {
	var (
		next   atomic.Int64
		failed atomic.Pointer[error]
		mu     sync.Mutex // of visit
		wg     sync.WaitGroup
	)
	for range min(4*rt.Workers(), 64, len(pids)) {
		wg.Go(func() {
			for ctx.Err() == nil && failed.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(pids) {
					return
				}
				info, err := rt.Info(pids[i])
				switch {
				case err == nil:
					mu.Lock()
					visit(&info)
					mu.Unlock()
				case errors.Is(err, proc.ErrNoProc): // has ended
				default:
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return ctx.Err()
}
