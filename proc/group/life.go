package group

import (
	"slices"
	"sync"
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/internal/xs"
	"github.com/thrum-go/thrum/proc"
)

// life is what a scope knows while one process of it lives. The next process begins with an empty one.
//
// Whoever joins, leaves or monitors changes it himself, under mu, and leaves to the scope's process what only a process
// can do: monitor members, and send events in one order. mu is held for as long as the change takes, and never while
// anybody else's code runs.
type life[K comparable] struct {
	pid    proc.PID
	groups xs.Map[key[K], *group[K]] // anyone may load; changed under mu

	mu       sync.Mutex
	alias    proc.Alias // of the scope's process, which wakes it; zero until that has begun
	members  map[proc.PID]*member[K]
	monitors map[proc.Alias]*monitor[K]
	all      vec[*monitor[K]] // those of the whole scope
	todo     todo[K]
	taken    int  // events of the work that the scope's process has taken and not done
	woken    bool // it will look at todo
}

// key is the name of a group. The struct around it is for xsync v3, which takes pointers in interfaces for what they point to.
type key[K comparable] struct{ name K }

// group is a group that has a member or a monitor. One that has neither is taken out of life.groups, and a new one made
// when it is needed again.
type group[K comparable] struct {
	name     K
	list     atomics.Pointer[vec[proc.PID]] // anyone may load; stored under mu
	back     []uint32                       // for each element of list, which join of its process it is; under mu
	monitors vec[*monitor[K]]               // under mu
}

// todo is work for the scope's process.
type todo[K comparable] struct {
	changes []change[K]
	events  int               // how many these are
	fresh   []*member[K]      // to be monitored
	stale   []proc.MonitorRef // no longer
}

// change is a change of membership that somebody is to be told of: those who monitored when it happened.
type change[K comparable] struct {
	name       K
	joined     bool
	pids       []proc.PID
	scope, one vec[*monitor[K]]
}

// wake is what the scope's process gets when there is something to do.
type wake struct{}

func newLife[K comparable](pid proc.PID) *life[K] {
	return &life[K]{
		pid:      pid,
		groups:   xs.NewMap[key[K], *group[K]](),
		members:  map[proc.PID]*member[K]{},
		monitors: map[proc.Alias]*monitor[K]{},
	}
}

// The methods below are called with mu held.

func (l *life[K]) group(name K) *group[K] {
	g, ok := l.groups.Load(key[K]{name})
	if !ok {
		g = &group[K]{name: name}
		g.list.Store(&vec[proc.PID]{})
		l.groups.Store(key[K]{name}, g)
	}
	return g
}

func (l *life[K]) member(pid proc.PID) *member[K] {
	m, ok := l.members[pid]
	if !ok {
		m = &member[K]{pid: pid}
		l.members[pid] = m
		l.todo.fresh = append(l.todo.fresh, m)
	}
	return m
}

// join adds pids to g.
func (l *life[K]) join(g *group[K], pids []proc.PID) {
	v := *g.list.Load()
	for _, pid := range pids {
		g.back = append(g.back, l.member(pid).sit(g, uint32(v.n)))
		v = v.push(pid)
	}
	g.list.Store(&v)
	if l.heard(g) {
		l.changed(g, true, slices.Clone(pids))
	}
}

// leave takes pids out of g, as often as each is among them, and reports whether any was in it.
func (l *life[K]) leave(g *group[K], pids []proc.PID) bool {
	v := *g.list.Load()
	before, heard := v.n, l.heard(g)
	var left []proc.PID
	for _, pid := range pids {
		m := l.members[pid]
		if m == nil {
			continue
		}
		s := m.seat(g)
		if s == nil {
			continue
		}
		if v = l.unseat(g, v, m, s); heard {
			left = append(left, pid)
		}
		l.settle(m)
	}
	if v.n == before {
		return false
	}
	g.list.Store(&v)
	if heard {
		l.changed(g, false, left)
	}
	l.clear(g)
	return true
}

// unseat undoes m's last join, at s, of g with the list v. The last element of the list takes the place.
func (l *life[K]) unseat(g *group[K], v vec[proc.PID], m *member[K], s *seat[K]) vec[proc.PID] {
	at, end := s.last(), uint32(v.n-1)
	pid, k := v.at(int(end)), g.back[end]
	v = v.pop()
	if g.back = g.back[:end]; at != end {
		v = v.set(int(at), pid)
		g.back[at] = k
		l.members[pid].seat(g).move(k, at)
	}
	if m.rise(s); end == 0 {
		g.back = nil
	}
	return v
}

// bury removes a process that has ended from everything.
func (l *life[K]) bury(m *member[K]) {
	for _, mon := range m.monitors {
		l.unwatch(mon)
	}
	for len(m.seats) > 0 {
		g := m.seats[len(m.seats)-1].g
		v := *g.list.Load()
		n := 0
		for s := m.seat(g); s != nil; s = m.seat(g) {
			v = l.unseat(g, v, m, s)
			n++
		}
		g.list.Store(&v)
		if l.heard(g) {
			l.changed(g, false, slices.Repeat([]proc.PID{m.pid}, n))
		}
		l.clear(g)
	}
	m.ref = 0 // it has fired
	l.settle(m)
}

// settle forgets a process that is neither in a group nor monitors one.
func (l *life[K]) settle(m *member[K]) {
	if m.gone || len(m.seats) > 0 || len(m.monitors) > 0 {
		return
	}
	m.gone = true
	delete(l.members, m.pid)
	if m.ref != 0 {
		l.todo.stale = append(l.todo.stale, m.ref)
	}
}

// clear forgets a group that nobody needs.
func (l *life[K]) clear(g *group[K]) {
	if g.list.Load().n == 0 && g.monitors.n == 0 {
		l.groups.Delete(key[K]{g.name})
	}
}

// heard reports whether anybody monitors g.
func (l *life[K]) heard(g *group[K]) bool { return l.all.n > 0 || g.monitors.n > 0 }

// changed notes a change for those who monitor g now.
func (l *life[K]) changed(g *group[K], joined bool, pids []proc.PID) {
	l.todo.changes = append(l.todo.changes, change[K]{g.name, joined, pids, l.all, g.monitors})
	l.todo.events += l.all.n + g.monitors.n
}

// unlock releases mu. When there is something to do it wakes the scope's process.
func (l *life[K]) unlock(rt *proc.Runtime) {
	tell := !l.woken && l.alias != (proc.Alias{}) && !l.todo.empty()
	if tell {
		l.woken = true
	}
	alias, far := l.alias, l.todo.events+l.taken > farBehind
	l.mu.Unlock()
	if tell {
		_ = rt.SendAlias(alias, wake{}) // nobody is there any more if the scope has ended, and then there is nothing to do
	}
	if far {
		time.Sleep(holdBack)
	}
}

// Who changes groups does not wait until monitors are told, so a flood of changes could leave the scope's process behind for ever.
// While it has so many events to send, each change takes a little longer: about as proc does with processes that are far ahead of
// their receivers.
const (
	farBehind = 1 << 16
	holdBack  = time.Millisecond
)

func (t *todo[K]) empty() bool { return len(t.changes)+len(t.fresh)+len(t.stale) == 0 }
