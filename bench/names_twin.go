package bench

import (
	"errors"
	"fmt"
	"sync"
)

// directory is what goroutines have in place of a registry.
type directory interface {
	Load(name string) (chan message, bool)
	Store(name string, inbox chan message)
	Delete(name string)
}

type syncDirectory struct{ m sync.Map }

func (d *syncDirectory) Load(name string) (chan message, bool) {
	v, ok := d.m.Load(name)
	if !ok {
		return nil, false
	}
	return v.(chan message), true
}

func (d *syncDirectory) Store(name string, inbox chan message) { d.m.Store(name, inbox) }
func (d *syncDirectory) Delete(name string)                    { d.m.Delete(name) }

type lockedDirectory struct {
	mu sync.RWMutex
	m  map[string]chan message
}

func (d *lockedDirectory) Load(name string) (chan message, bool) {
	d.mu.RLock()
	inbox, ok := d.m[name]
	d.mu.RUnlock()
	return inbox, ok
}

func (d *lockedDirectory) Store(name string, inbox chan message) {
	d.mu.Lock()
	d.m[name] = inbox
	d.mu.Unlock()
}

func (d *lockedDirectory) Delete(name string) {
	d.mu.Lock()
	delete(d.m, name)
	d.mu.Unlock()
}

// namesTwin does the same with a sync.Map, and once more with a map and a lock.
func namesTwin(t *trial) (Sample, error) {
	sample, err := namesDirectory(t, &syncDirectory{})
	if err != nil || t.stopped.Load() {
		return sample, err
	}
	locked, err := namesDirectory(t, &lockedDirectory{m: map[string]chan message{}})
	ns := float64(locked.Elapsed) / float64(max(locked.Messages, 1))
	sample.Details = append(sample.Details, Detail{"with_rwmutex", ns, "ns"})
	return sample, err
}

func namesDirectory(t *trial, d directory) (Sample, error) {
	g := t.goroutines()
	run := newNames(t)
	run.done = g.done
	inboxes := make([]chan message, len(run.names))
	for i, name := range run.names {
		inboxes[i] = make(chan message, 128)
		d.Store(name, inboxes[i])
		g.wg.Go(func() {
			run.owners[i].waits()
			for m := range inboxes[i] {
				run.owners[i].got(m.Body)
			}
		})
	}
	<-run.ready
	moved := make(chan message)
	g.wg.Go(func() {
		run.move(
			func(name string) error { d.Store(name, moved); return nil },
			func(name string) error { d.Delete(name); return nil })
	})
	begin := make(chan struct{})
	for i := range run.users {
		g.wg.Go(func() {
			<-begin
			run.users[i].goroutine(run, d, inboxes, moved)
			run.finished()
		})
	}
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		close(begin)
		<-g.done
		return run.begin, run.end, nil
	})
	for _, inbox := range inboxes {
		close(inbox)
	}
	g.join()
	if !t.stopped.Load() {
		run.verify()
	}
	sample.Details = run.details()
	return sample, err
}

// goroutine is the twin of a namer.
func (u *nameUser) goroutine(r *namesRun, d directory, inboxes []chan message, moved chan message) {
	do := u.load
	switch r.p.Style {
	case namesSend:
		do = u.send
	case namesRegister:
		do = u.store
	}
	own := make(chan message)
	for left := r.each; left > 0; left-- {
		if left%namesBatch == 0 && r.stopped.Load() {
			return
		}
		if err := do(r, d, inboxes, moved, own); err != nil {
			r.failf(fmt.Sprintf("user %d of the twin", u.id), "%v", err)
			return
		}
	}
}

func (u *nameUser) load(r *namesRun, d directory, inboxes []chan message, moved, _ chan message) error {
	i := u.next(len(inboxes))
	if i%askMoving == 0 {
		if inbox, ok := d.Load(r.moving[i%movingNames]); ok && inbox != moved {
			return errors.New("a moving name is another's")
		}
		return nil
	}
	if inbox, ok := d.Load(r.names[i]); !ok || inbox != inboxes[i] {
		return fmt.Errorf("%s is another's (%t)", r.names[i], ok)
	}
	return nil
}

func (u *nameUser) send(r *namesRun, d directory, inboxes []chan message, _, _ chan message) error {
	i := u.next(len(inboxes))
	inbox, ok := d.Load(r.names[i])
	if !ok {
		return fmt.Errorf("%s is nobody's", r.names[i])
	}
	inbox <- message{Body: u.letter(i)}
	return nil
}

func (u *nameUser) store(r *namesRun, d directory, _ []chan message, _, own chan message) error {
	name := r.own[u.id]
	d.Store(name, own)
	if inbox, ok := d.Load(name); !ok || inbox != own {
		return fmt.Errorf("%s, just given, is another's (%t)", name, ok)
	}
	d.Delete(name)
	return nil
}
