package bench

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// namer is a process that uses names.
type namer struct {
	*nameUser
	run   *namesRun
	pids  []proc.PID // who has the names
	mover proc.PID   // has each of the moving names at times
	left  int64
	on    steps
}

// Handle implements proc.Machine.
func (k *namer) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	if !k.on.come(k.run.trial, "user", m) {
		return nil
	}
	do := k.whereis
	switch k.run.p.Style {
	case namesSend:
		do = k.send
	case namesRegister:
		do = k.register
	}
	for range namesBatches {
		n := min(k.left, namesBatch)
		for range n {
			if err := do(c); err != nil {
				return k.run.sent(fmt.Sprintf("user %d", k.id), err)
			}
		}
		if k.left -= n; k.left == 0 || k.run.stopped.Load() {
			k.run.finished()
			return nil
		}
		if c.ShouldYield() {
			break
		}
	}
	return k.on.next(c, k.run.trial, "user", m)
}

func (k *namer) whereis(c *proc.Ctx) error {
	i := k.next(len(k.pids))
	if i%askMoving == 0 {
		if pid, ok := c.Whereis(k.run.moving[i%movingNames]); ok && pid != k.mover {
			return fmt.Errorf("a moving name is of %v; only %v ever had it", pid, k.mover)
		}
		return nil
	}
	if pid, ok := c.Whereis(k.run.names[i]); !ok || pid != k.pids[i] {
		return fmt.Errorf("%s is of %v (%t); %v has it", k.run.names[i], pid, ok, k.pids[i])
	}
	return nil
}

func (k *namer) send(c *proc.Ctx) error {
	i := k.next(len(k.pids))
	return c.SendName(k.run.names[i], k.letter(i))
}

func (k *namer) register(c *proc.Ctx) error {
	name := k.run.own[k.id]
	if err := c.Register(name, c.Self()); err != nil {
		return err
	}
	if pid, ok := c.Whereis(name); !ok || pid != c.Self() {
		return fmt.Errorf("%s, just given, is of %v (%t)", name, pid, ok)
	}
	return c.Unregister(name)
}

// Init implements proc.Initializer.
func (o *nameOwner) Init(*proc.Ctx) error {
	o.waits()
	return nil
}

// Handle implements proc.Machine.
func (o *nameOwner) Handle(_ *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	o.got(m.Body)
	return nil
}

func namesThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newNames(t)
	owners := make([]proc.PID, len(run.names))
	for i, name := range run.names {
		if owners[i], err = s.spawn(&run.owners[i], proc.WithName(name)); err != nil {
			return Sample{}, err
		}
	}
	mover, err := s.spawn(proc.Func(func(*proc.Ctx, proc.Message) error { return proc.Normal }))
	if err != nil {
		return Sample{}, err
	}
	users := make([]proc.PID, t.p.Procs)
	for i := range users {
		if users[i], err = s.spawn(&namer{nameUser: &run.users[i], run: run, pids: owners, mover: mover, left: run.each}); err != nil {
			return Sample{}, err
		}
	}
	if err := s.await(run.ready); err != nil {
		return Sample{}, err
	}
	go run.move(func(name string) error { return s.rt.Register(name, mover) }, s.rt.Unregister)
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		for _, pid := range users {
			if err := s.send(pid, start); err != nil {
				return 0, 0, err
			}
		}
		return s.awaitSpan(run.done, &run.begin, &run.end)
	})
	if err != nil {
		return Sample{}, err
	}
	<-run.still
	for _, pid := range append(append(users, owners...), mover) {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	if err := s.drained(); err != nil {
		return Sample{}, err
	}
	s.nameless()
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	if !t.stopped.Load() {
		run.verify()
	}
	sample.Details = run.details()
	return sample, nil
}

// nameless checks that no name is left when no process is.
func (s *system) nameless() {
	for name, pid := range s.rt.Names() {
		s.failf("drain", "%v has ended and still has the name %q", pid, name)
		return
	}
}
