package bench

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// policy returns what the mailbox is spawned with.
func (r *overloadRun) policy() []proc.SpawnOption {
	policies := map[string]proc.Overflow{
		overloadReject: proc.Reject, overloadDropNewest: proc.DropNewest, overloadDropOldest: proc.DropOldest,
	}
	if policy, bounded := policies[r.p.Style]; bounded {
		return []proc.SpawnOption{proc.WithMailboxBound(int(r.p.Size), policy)}
	}
	return nil
}

func overloadThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newOverload(t)
	consumer := run.consumer()
	to, err := s.spawn(consumer, run.policy()...)
	if err != nil {
		return Sample{}, err
	}
	pids := make([]proc.PID, t.p.Procs)
	for i := range pids {
		if pids[i], err = s.spawn(&producer{run: run, to: to, id: uint64(i)}); err != nil {
			return Sample{}, err
		}
	}
	sample, err := t.timed(t.n, func() (int64, int64, error) {
		run.begin = t.clock.Now()
		for _, pid := range pids {
			if err := s.send(pid, start); err != nil {
				return 0, 0, err
			}
		}
		return s.awaitSpan(run.done, &run.begin, &run.end)
	})
	if err != nil {
		return Sample{}, err
	}
	if err := run.settled(s, to); err != nil {
		return Sample{}, err
	}
	for _, pid := range append(pids, to) {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	rejected, dropped := int64(s.final.Rejected), int64(s.final.Dropped)
	if told := run.rejected.Load(); told != rejected {
		t.failf("producers", "%d messages were rejected, the producers know of %d", rejected, told)
	}
	consumer.account(&sample, rejected, dropped)
	return sample, nil
}

// settled waits until everything that was sent is handled or turned away.
func (r *overloadRun) settled(s *system, consumer proc.PID) error {
	return s.watch(nil, func() bool {
		if r.producing.Load() != 0 {
			return false
		}
		info, err := s.rt.Info(consumer)
		if err != nil {
			s.failf("consumer", "%v", err)
			return true
		}
		return r.handled.Load()+int64(info.Turned) >= r.attempts.Load()
	}, "messages are missing")
}

func overloadTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newOverload(t)
	consumer := run.consumer()
	room := int(t.p.Size)
	if t.p.Style == overloadHold {
		room = twinBuffer
	}
	inbox := make(chan message, room)
	begin := make(chan struct{})
	for i := range t.p.Procs {
		g.wg.Go(func() {
			<-begin
			sent, rejected := uint64(0), int64(0)
			for !run.over() {
				sent++
				if !run.offer(inbox, message{Word: uint64(i)<<seqBits | sent}) {
					rejected++
				}
			}
			run.produced(sent, rejected)
		})
	}
	sample, err := t.timed(t.n, func() (int64, int64, error) {
		run.begin = t.clock.Now()
		close(begin)
		ended := make(chan struct{})
		go func() {
			g.wg.Wait()
			close(inbox)
			close(ended)
		}()
		for m := range inbox {
			consumer.take(m.Word)
		}
		<-ended
		return run.begin, run.end, nil
	})
	g.join()
	if !t.stopped.Load() {
		consumer.account(&sample, run.rejected.Load(), run.dropped.Load())
	}
	return sample, err
}

// offer sends a message to a channel as the style has it. It is false when the message
// was not taken.
func (r *overloadRun) offer(inbox chan message, m message) bool {
	switch r.p.Style {
	case overloadHold:
		inbox <- m
		return true
	case overloadReject, overloadDropNewest:
		select {
		case inbox <- m:
			return true
		default:
			return false
		}
	case overloadDropOldest:
		for {
			select {
			case inbox <- m:
				return true
			default:
			}
			select {
			case <-inbox:
				r.dropped.Add(1)
			default:
			}
		}
	}
	panic(fmt.Sprintf("bench: overload has no style %q", r.p.Style))
}
