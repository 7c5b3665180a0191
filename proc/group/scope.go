package group

import (
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/proc"
)

// Scope is a set of groups, whose names are of type K; scopes know nothing of each other. Any goroutine, and any process, may call
// its methods, unless they say otherwise, and none of them waits for a process.
type Scope[K comparable] struct {
	rt   *proc.Runtime
	name string
	odd  bool // K has values that cannot be compared, or that are unequal to themselves

	// cur is what the present process of the scope knows, or the last one did. A process stores its own when it begins, after it
	// has taken the scope's name; Start stores it before if it is faster. Anyone may load; see live.
	cur atomics.Pointer[life[K]]
}

// Errors of this package's functions, to be tested with errors.Is. Others are those of package proc.
var (
	// ErrNotJoined says that none of the processes that were to leave was in the group. (Erlang: not_joined.)
	ErrNotJoined = errors.New("group: not joined")
	// ErrEnded says that the scope has no process at present: it has not begun, or has ended. (Erlang: noproc.)
	ErrEnded = errors.New("group: the scope is not running")
)

// Start starts a scope: a process that is registered under name, with the options given. See [New] for a scope under a supervisor.
// (Erlang: pg:start/1.)
//
// Errors: a nil runtime; an empty name; those of [proc.Runtime.Spawn], proc.ErrNameTaken among them.
func Start[K comparable](rt *proc.Runtime, name string, opts ...proc.SpawnOption) (*Scope[K], error) {
	s, err := create[K]("Start", rt, name)
	if err != nil {
		return nil, err
	}
	pid, err := rt.Spawn(s.Factory(), append(opts[:len(opts):len(opts)], proc.WithName(name))...)
	if err != nil {
		return nil, wrap("Start", err)
	}
	s.cur.CompareAndSwap(nil, newLife[K](pid))
	return s, nil
}

// New returns a scope without a process; until one begins, by the scope's Factory, nothing can join and every group is empty. So a
// supervisor, or a process that wants to be linked to the scope, can start it: c.SpawnLink(s.Factory()). (Erlang: pg:start_link/1 is
// what a child specification names.)
//
// Errors: a nil runtime; an empty name.
func New[K comparable](rt *proc.Runtime, name string) (*Scope[K], error) {
	return create[K]("New", rt, name)
}

func create[K comparable](where string, rt *proc.Runtime, name string) (*Scope[K], error) {
	switch {
	case rt == nil:
		return nil, fmt.Errorf("group: %s: rt is nil; give the runtime whose processes are to join", where)
	case name == "":
		return nil, fmt.Errorf("group: %s: name is empty; give a text that no other process of the runtime is registered under", where)
	}
	return &Scope[K]{rt: rt, name: name, odd: odd(reflect.TypeFor[K]())}, nil
}

// Factory returns what makes the scope's process. When it begins it registers itself under the scope's name, unless it has been
// spawned with it; while the scope has a process already, another one ends at once with proc.ErrNameTaken.
//
// Every process of the scope begins with no groups and no monitors: what the one before knew is lost with it, as with Erlang's pg,
// and who was a member has to join again. In between all groups are empty.
func (s *Scope[K]) Factory() proc.Factory {
	return func() proc.Machine { return &server[K]{s: s} }
}

// Members returns the members of the group at this moment; a group that nobody has joined is empty. It takes no lock and some
// nanoseconds, however many there are. (Erlang: pg:get_members/2.)
func (s *Scope[K]) Members(group K) List {
	l := s.live()
	if l == nil || s.odd && strange(group) {
		return List{}
	}
	g, ok := l.groups.Load(key[K]{group})
	if !ok {
		return List{}
	}
	return List{*g.list.Load()}
}

// Local returns those members of the group that live in this runtime: all of them, as long as a scope is of one runtime. See
// Members. (Erlang: pg:get_local_members/2.)
func (s *Scope[K]) Local(group K) List { return s.Members(group) }

// Groups iterates over the groups that have members, in no particular order. One that begins or ends meanwhile may or may not be
// seen. (Erlang: pg:which_groups/1.)
func (s *Scope[K]) Groups() iter.Seq[K] {
	return func(yield func(K) bool) {
		l := s.live()
		if l == nil {
			return
		}
		l.groups.Range(func(k key[K], g *group[K]) bool {
			return g.list.Load().n == 0 || yield(k.name)
		})
	}
}

// Publish sends body to every member of the group, as often as it has joined, and returns how many of these sends succeeded. from is
// whose messages they are: the *proc.Ctx or *proc.Self of the process that calls, with whose other messages to each member they
// keep the order; a *proc.Runtime, or nil, for a goroutine. A member that has ended, or whose mailbox is full, is left out; see the
// Send of from. All members get the same body: what it points to is shared. (Erlang: [P ! Body || P <- pg:get_members(S, G)].)
func (s *Scope[K]) Publish(from proc.Sender, group K, body any) (sent int) {
	if from == nil && s != nil {
		from = s.rt
	}
	l := s.Members(group)
	l.v.parts(func(pids []proc.PID) bool {
		for _, pid := range pids {
			if from.Send(pid, body) == nil {
				sent++
			}
		}
		return true
	})
	return sent
}

// live returns what the scope's process knows, nil when there is none. A process loses its name when it ends, before anybody is told:
// so the name says whether the scope lives.
func (s *Scope[K]) live() *life[K] {
	if s == nil {
		return nil
	}
	l := s.cur.Load()
	if l == nil {
		return nil
	}
	if pid, ok := s.rt.Whereis(s.name); !ok || pid != l.pid {
		return nil
	}
	return l
}

func (s *Scope[K]) running(where string) (*life[K], error) {
	if s == nil || s.rt == nil {
		return nil, fmt.Errorf("group: %s: there is no scope; use one that Start or New has returned", where)
	}
	if l := s.live(); l != nil {
		return l, nil
	}
	return nil, fmt.Errorf("group: %s: scope %q: %w", where, s.name, ErrEnded)
}

// begin is what a process of the scope does first.
func (s *Scope[K]) begin(pid proc.PID) *life[K] {
	for {
		old := s.cur.Load()
		if old != nil && old.pid == pid {
			return old // Start has been faster
		}
		if l := newLife[K](pid); s.cur.CompareAndSwap(old, l) {
			return l
		}
	}
}

func wrap(where string, err error) error { return fmt.Errorf("group: %s: %w", where, err) }
