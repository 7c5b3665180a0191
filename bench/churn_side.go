package bench

import "github.com/thrum-go/thrum/proc"

var (
	// turnover is the body of the message after which processes come and go.
	turnover = &signal{"turnover"}
	// farewell is the body of a process's last message: its word is place and life.
	farewell = &signal{"farewell"}
)

const lifeBits = 40

// child is a process of the population.
type child struct {
	run    *churnRun
	at     *tenant
	life   uint64
	keeper proc.PID
}

// Handle implements proc.Machine.
func (k *child) Handle(c *proc.Ctx, m proc.Message) error {
	if !k.run.live(k.at, k.life, m.Body) {
		return proc.Normal
	}
	if err := c.SendWord(k.keeper, farewell, uint64(k.at.index)<<lifeBits|k.life); err != nil {
		return k.run.sent(k.at.name, err)
	}
	return proc.Normal
}

// keeper is a process that keeps its share of the population steady.
type keeper struct {
	*churnKeeper
	options [][]proc.SpawnOption
	leaving map[proc.PID]*tenant
	on      steps
}

// Handle implements proc.Machine.
func (k *keeper) Handle(c *proc.Ctx, m proc.Message) error {
	switch body := m.Body.(type) {
	case *signal:
		switch body {
		case farewell:
			k.farewell(int(m.Word>>lifeBits), m.From, m.Word&(1<<lifeBits-1))
			return nil
		case start:
			return k.populate(c, m)
		case turnover:
			k.left = k.run.each
		case stop:
			k.left, k.closing = int64(len(k.tenants)), true
		}
	case proc.Exit:
		if body.From == 0 {
			return body.Reason // the runtime ends before its time
		}
		x := k.leaving[body.From]
		if k.run.ctx.Err() != nil {
			return proc.Normal // interrupted: all end
		}
		if x == nil || body.Reason != proc.Normal {
			k.run.failf(k.where(), "an end that nobody asked for, or was told already: %+v", body)
			return nil
		}
		delete(k.leaving, body.From)
		k.ended(x)
		if !k.closing {
			if err := k.spawn(c, x); err != nil {
				return err
			}
		}
	default:
		k.run.failf(k.where(), "message %+v", m)
		return nil
	}
	for x, ok := k.chosen(); ok; x, ok = k.chosen() {
		k.leaving[x.pid] = x
		if err := c.SendName(x.name, x); err != nil {
			return k.run.sent(k.where()+" to "+x.name, err)
		}
	}
	if k.rests() {
		k.run.leave()
		if k.closing {
			return proc.Normal
		}
	}
	return nil
}

// populate spawns the first of each place, in turns.
func (k *keeper) populate(c *proc.Ctx, m proc.Message) error {
	if !k.on.come(k.run.trial, k.where(), m) {
		return nil
	}
	for k.births < int64(len(k.tenants)) {
		if err := k.spawn(c, &k.tenants[k.births]); err != nil {
			return err
		}
		if c.ShouldYield() && k.births < int64(len(k.tenants)) {
			return k.on.next(c, k.run.trial, k.where(), m)
		}
	}
	k.run.leave()
	return nil
}

// spawn starts the next process of a place, whose name must be free.
func (k *keeper) spawn(c *proc.Ctx, x *tenant) (err error) {
	x.lives++
	ch := &child{run: k.run, at: x, life: x.lives, keeper: c.Self()}
	x.pid, err = c.Spawn(k.run.factory(func() proc.Machine { return ch }), k.options[x.index]...)
	if err != nil {
		return k.run.sent(x.name+" being born", err)
	}
	k.births++
	return nil
}

func churnThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newChurn(t)
	pids := make([]proc.PID, len(run.keepers))
	for i := range run.keepers {
		k := &keeper{churnKeeper: &run.keepers[i], leaving: map[proc.PID]*tenant{}}
		for j := range k.tenants {
			k.options = append(k.options, []proc.SpawnOption{proc.WithLink(), proc.WithName(k.tenants[j].name)})
		}
		if pids[i], err = s.spawn(k, proc.WithTrapExit()); err != nil {
			return Sample{}, err
		}
	}
	phase := func(sig *signal) (begin, end int64, err error) {
		done := run.enter()
		begin = t.clock.Now()
		for _, pid := range pids {
			if err := s.send(pid, sig); err != nil {
				return 0, 0, err
			}
		}
		return s.awaitSpan(done, &begin, &run.end)
	}
	if _, _, err := phase(start); err != nil {
		return Sample{}, err
	}
	before := inUse()
	sample, err := t.timed(run.total(), func() (int64, int64, error) { return phase(turnover) })
	if err != nil {
		return Sample{}, err
	}
	after := inUse()
	if err := s.populated(run.population(), len(pids)); err != nil {
		return Sample{}, err
	}
	if _, _, err := phase(stop); err != nil {
		return Sample{}, err
	}
	if err := s.drained(); err != nil {
		return Sample{}, err
	}
	s.nameless()
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	if t.stopped.Load() {
		return Sample{}, t.ctx.Err()
	}
	run.verify()
	all := uint64(run.total()) + uint64(run.population()+len(pids))
	if st := s.final; st.Spawned != all || st.Exited != all {
		t.failf("drain", "%d processes are counted as begun and %d as ended, both were to be %d", st.Spawned, st.Exited, all)
	}
	sample.Details = []Detail{run.leaked(before, after)}
	return sample, nil
}

// populated checks that there are as many names as were given, and waits until as
// many processes are counted: each worker tells its part when it has nothing to do.
func (s *system) populated(names, besides int) error {
	n := 0
	for range s.rt.Names() {
		n++
	}
	if n != names {
		s.failf("names", "%d are registered, %d were to be", n, names)
	}
	var st proc.Stats
	return s.watch(nil, func() bool {
		s.rt.ReadStats(&st)
		return st.Processes == names+besides
	}, "there are not as many processes as there should be")
}

// event is what a goroutine of the twin tells its keeper.
type event struct {
	x    *tenant
	life uint64 // of a farewell; 0 for the end
}

func churnTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newChurn(t)
	names := &syncDirectory{}
	for i := range run.keepers {
		run.keepers[i].events = make(chan event, 2*churnEnding)
	}
	phase := func(f func(k *churnKeeper)) (begin, end int64, err error) {
		done := run.enter()
		begin = t.clock.Now()
		for i := range run.keepers {
			k := &run.keepers[i]
			g.wg.Go(func() {
				f(k)
				run.leave()
			})
		}
		<-done
		return begin, run.end, nil
	}
	spawn := func(k *churnKeeper, x *tenant) {
		x.lives++
		k.births++
		inbox, life := make(chan message, 1), x.lives
		names.Store(x.name, inbox)
		g.wg.Go(func() {
			defer func() {
				names.Delete(x.name)
				k.events <- event{x: x}
			}()
			m := <-inbox
			run.live(x, life, m.Body)
			k.events <- event{x, life}
		})
	}
	// turn ends processes until there is nothing to do.
	turn := func(k *churnKeeper) {
		for {
			for x, ok := k.chosen(); ok; x, ok = k.chosen() {
				inbox, ok := names.Load(x.name)
				if !ok {
					t.failf(x.name, "the name is nobody's")
					return
				}
				inbox <- message{Body: x}
			}
			if k.rests() {
				return
			}
			e := <-k.events
			if e.life != 0 {
				k.farewell(e.x.index, 0, e.life)
				continue
			}
			k.ended(e.x)
			if !k.closing {
				spawn(k, e.x)
			}
		}
	}
	_, _, _ = phase(func(k *churnKeeper) {
		for i := range k.tenants {
			spawn(k, &k.tenants[i])
		}
	})
	before := inUse()
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		return phase(func(k *churnKeeper) {
			k.left = run.each
			turn(k)
		})
	})
	after := inUse()
	_, _, _ = phase(func(k *churnKeeper) {
		k.left, k.closing = int64(len(k.tenants)), true
		turn(k)
	})
	g.join()
	names.m.Range(func(name, _ any) bool {
		t.failf("twin", "the name %v is left", name)
		return false
	})
	if !t.stopped.Load() {
		run.verify()
		sample.Details = []Detail{run.leaked(before, after)}
	}
	return sample, err
}
