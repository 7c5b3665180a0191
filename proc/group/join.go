package group

import (
	"fmt"
	"reflect"

	"github.com/thrum-go/thrum/proc"
)

// Join makes processes members of the group, each as often as it is given: a process may be in several groups, and in one several
// times; then it must leave as often. When Join returns, every reader sees it. A process that ends is removed from all of its groups;
// one that has ended already is so at once. To join nobody does nothing. (Erlang: pg:join/3.)
//
// The processes join together: readers see all of them or none, and monitors get one event.
//
// Errors, and nobody has joined: ErrEnded; proc.ErrWrongRuntime; the zero PID; a group that is unequal to itself, as NaN is, or that
// cannot be compared, as an interface that holds a slice.
func (s *Scope[K]) Join(group K, pids ...proc.PID) error {
	l, err := s.check("Join", group, pids)
	if err != nil || len(pids) == 0 {
		return err
	}
	l.mu.Lock()
	defer l.unlock(s.rt)
	l.join(l.group(group), pids)
	return nil
}

// Leave takes processes out of the group, each as often as it is given; those that are not in it are passed over. When Leave returns,
// every reader sees it. (Erlang: pg:leave/3.)
//
// Errors: ErrNotJoined when none of them was in the group, and those of Join.
func (s *Scope[K]) Leave(group K, pids ...proc.PID) error {
	l, err := s.check("Leave", group, pids)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.unlock(s.rt)
	if g, ok := l.groups.Load(key[K]{group}); ok && l.leave(g, pids) {
		return nil
	}
	return fmt.Errorf("%w: scope %q, group %v", ErrNotJoined, s.name, group)
}

// check refuses bad input.
func (s *Scope[K]) check(where string, group K, pids []proc.PID) (*life[K], error) {
	l, err := s.running(where)
	if err != nil {
		return nil, err
	}
	if err := s.checkGroup(where, group); err != nil {
		return nil, err
	}
	for i, pid := range pids {
		switch {
		case pid == 0:
			return nil, fmt.Errorf("group: %s: pids[%d] is the zero PID, which is nobody's", where, i)
		case !s.rt.Owns(pid):
			return nil, fmt.Errorf("group: %s: pids[%d]: %w: %v", where, i, proc.ErrWrongRuntime, pid)
		}
	}
	return l, nil
}

func (s *Scope[K]) checkGroup(where string, group K) error {
	if s == nil || !s.odd || !strange(group) {
		return nil
	}
	return fmt.Errorf("group: %s: group is %v, which is unequal to itself or cannot be compared; use a name that can be found again", where, group)
}

// strange reports whether a group of that name could not be found again.
func strange[K comparable](name K) bool {
	v := reflect.ValueOf(&name).Elem()
	return !v.Comparable() || name != name
}

// odd reports whether strange can be true of values of the type.
func odd(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return true
	case reflect.Array:
		return odd(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if odd(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}
