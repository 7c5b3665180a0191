package group_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/group"
)

// refused checks that an error says what was wrong.
func refused(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one that names %q", parts)
	}
	if !strings.HasPrefix(err.Error(), "group: ") {
		t.Errorf("%q does not begin with the package's name", err)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%q does not name %q", err, p)
		}
	}
}

func TestStartRefusesBadInput(t *testing.T) {
	rt := begin(t)
	_, err := group.Start[string](nil, "a")
	refused(t, err, "Start", "rt is nil")
	_, err = group.New[string](nil, "a")
	refused(t, err, "New", "rt is nil")
	_, err = group.Start[string](rt, "")
	refused(t, err, "Start", "name is empty")
	_, err = group.New[string](rt, "")
	refused(t, err, "New", "name is empty")
	_, err = group.Start[string](rt, "a", proc.WithPriority(99))
	refused(t, err, "Start", "WithPriority", "99")
	_, err = group.Start[string](rt, "a")
	ok(t, err)
	if _, err = group.Start[int](rt, "a"); !errors.Is(err, proc.ErrNameTaken) {
		t.Errorf("a second scope of that name: %v", err)
	}
	refused(t, err, "Start")
}

func TestJoinRefusesBadInput(t *testing.T) {
	rt, s := scope[any](t)
	other := begin(t)
	good, foreign := idle(t, rt, 1)[0], idle(t, other, 1)[0]
	for what, f := range map[string]func(any, ...proc.PID) error{"Join": s.Join, "Leave": s.Leave} {
		err := f("g", good, foreign)
		if !errors.Is(err, proc.ErrWrongRuntime) {
			t.Errorf("%s of a PID of another runtime: %v", what, err)
		}
		refused(t, err, what, "pids[1]", foreign.String())
		refused(t, f("g", 0), what, "pids[0]", "zero PID")
		refused(t, f([]int{1}, good), what, "group is [1]", "compared")
		refused(t, f(struct{ x any }{[]int{1}}, good), what, "compared")
		refused(t, f(math.NaN(), good), what, "group is NaN", "unequal to itself")
	}
	refused(t, (&group.Scope[int]{}).Join(1, good), "Join", "no scope")
	refused(t, (*group.Scope[int])(nil).Leave(1, good), "Leave", "no scope")
	members(t, s, "g")
	if n := s.Members([]int{1}).Len(); n != 0 {
		t.Errorf("a group that cannot be has %d members", n)
	}
	if n := s.Publish(nil, any(func() {}), "x"); n != 0 {
		t.Errorf("a group that cannot be got a message, %d times", n)
	}
	for g := range s.Groups() {
		t.Errorf("there is the group %v", g)
	}
}

func TestMonitorRefusesBadInput(t *testing.T) {
	rt, s := scope[float64](t)
	other := begin(t)
	_, _, err := s.Monitor(nil, 1)
	refused(t, err, "Monitor", "p is nil")
	_, _, err = s.MonitorScope(nil)
	refused(t, err, "MonitorScope", "p is nil")
	if s.Demonitor(nil, group.MonitorRef{}) {
		t.Error("Demonitor of nobody's monitor is true")
	}
	check := func(self *proc.Self) (errs []error) {
		_, _, err1 := s.Monitor(self, 1)
		_, _, err2 := s.MonitorScope(self)
		return []error{err1, err2}
	}
	errs := make(chan []error, 1)
	direct(t, other, func(self *proc.Self) error {
		errs <- check(self)
		return nil
	})
	for _, err := range await(t, "Monitor", errs) {
		if !errors.Is(err, proc.ErrWrongRuntime) {
			t.Errorf("Monitor by a process of another runtime: %v", err)
		}
	}
	selfs := make(chan *proc.Self, 1)
	direct(t, rt, func(self *proc.Self) error {
		_, _, err := s.Monitor(self, math.NaN())
		errs <- []error{err}
		selfs <- self
		self.Receive()
		return nil
	})
	refused(t, await(t, "Monitor", errs)[0], "Monitor", "NaN")
	self := await(t, "a process", selfs)
	for _, err := range check(self) {
		if !errors.Is(err, proc.ErrWrongGoroutine) {
			t.Errorf("Monitor by a goroutine for a process: %v", err)
		}
	}
	if s.Demonitor(self, group.MonitorRef{}) {
		t.Error("Demonitor by a goroutine for a process is true")
	}
}

// Keys are compared as Go does, whatever is in an interface: pointers by where they point, nil as a name like others.
func TestGroupNamesAreAnyComparableValues(t *testing.T) {
	type point struct{ x, y int }
	rt, s := scope[any](t)
	p, q := &point{1, 2}, &point{1, 2}
	names := []any{nil, p, q, (*point)(nil), *p, 1, int64(1), "1", [2]any{"a", p}, struct{}{}, make(chan int), math.Inf(1)}
	pids := idle(t, rt, len(names))
	for i, name := range names {
		ok(t, s.Join(name, pids[i]))
	}
	p.x, q.y = 100, 100
	for i, name := range names {
		members(t, s, name, pids[i])
	}
	n := 0
	for name := range s.Groups() {
		if !slices.Contains(names, name) {
			t.Errorf("group %v is none of ours", name)
		}
		n++
	}
	if n != len(names) {
		t.Errorf("%d groups, want %d", n, len(names))
	}
	for i, name := range names {
		ok(t, s.Leave(name, pids[i]))
	}
	for name := range s.Groups() {
		t.Errorf("group %v is left", name)
	}
}

func TestScopesKnowNothingOfEachOther(t *testing.T) {
	rt, a := scope[string](t)
	b, err := group.Start[string](rt, "another")
	ok(t, err)
	pid := idle(t, rt, 1)[0]
	ok(t, a.Join("g", pid))
	members(t, b, "g")
	ok(t, b.Join("g", pid, pid))
	members(t, a, "g", pid)
	ok(t, a.Leave("g", pid))
	members(t, b, "g", pid, pid)
}
