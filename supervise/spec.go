package supervise

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Restart says when a child that has ended is started again (OTP: supervisor, restart types).
type Restart uint8

const (
	// Permanent: always.
	Permanent Restart = iota
	// Transient: when it has ended for another reason than proc.Normal, proc.Shutdown or an error that wraps proc.Shutdown.
	Transient
	// Temporary: never; its specification is dropped when it has ended.
	Temporary
)

// String returns the restart type in lower case.
func (r Restart) String() string { return name(int(r), "permanent", "transient", "temporary") }

// Type says what a child is. It decides how long the child has to stop, when Spec.Shutdown does not, and is counted by CountChildren.
type Type uint8

const (
	// Worker is any other process.
	Worker Type = iota
	// Supervisor has children of its own, and by default as much time to stop as they need.
	Supervisor
)

// String returns the type in lower case.
func (t Type) String() string { return name(int(t), "worker", "supervisor") }

func name(i int, names ...string) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("unknown(%d)", i)
}

const (
	// Infinity as a child's Shutdown: wait for it without end.
	Infinity = proc.Forever
	// BrutalKill as a child's Shutdown: kill it without asking.
	BrutalKill time.Duration = -2
)

// shutdownDefault is how long a worker has to stop, as in OTP.
const shutdownDefault = 5 * time.Second

// Spec describes a child: how it is started, restarted and stopped (OTP: supervisor:child_spec()). Exactly one of Factory, New and Start
// is set.
type Spec struct {
	// ID names the child in its supervisor. The spec of a SimpleOneForOne supervisor may do without.
	ID string

	// Factory makes the child's machine. The supervisor waits for its Init, without being held up by it.
	Factory proc.Factory
	// New is Factory with an argument: that of StartDynamic; nil for a child that was not started so.
	New func(arg any) proc.Machine
	// Start starts the child by code of its own, in the supervisor's process, with the argument that New would get. It must not block:
	// while it does, the supervisor serves nobody, and if it never returns, nobody ever (callers get their timeout, the rest of the runtime
	// goes on). It returns the child's PID, which the supervisor links to itself if it is not linked; zero, or the error
	// proc.Normal, when there is nothing to do (OTP: ignore); any other error, or a panic, is a failed start.
	Start func(c *proc.Ctx, arg any) (proc.PID, error)

	// Options are those of its process, for Factory and New. WithLink is added.
	Options []proc.SpawnOption

	Restart Restart
	// Significant children end their supervisor, as its AutoShutdown says, when they end by themselves and are not restarted.
	Significant bool
	// Shutdown is how long the child may take to end after it was asked to, by an exit signal with the reason proc.Shutdown, before it is
	// killed. 0 means 5 s for a worker and Infinity for a supervisor. Infinity, BrutalKill.
	Shutdown time.Duration
	// StartTimeout is how long its Init may take, with all that a supervisor starts; then the child is killed, and the start has failed
	// with proc.ErrTimeout. 0 means that there is no limit.
	StartTimeout time.Duration
	Type         Type

	placed func(proc.PID) // is told of each process of the child, in the supervisor, when it has started
}

// spec is a Spec as the supervisor uses it.
type spec struct {
	Spec
	opts     []proc.SpawnOption
	shutdown time.Duration
	timeout  time.Duration
}

func (s *Spec) prepare() *spec {
	p := &spec{Spec: *s, shutdown: s.Shutdown, timeout: s.StartTimeout}
	p.Options = slices.Clone(s.Options)
	p.opts = append(slices.Clone(s.Options), proc.WithLink())
	if p.timeout == 0 {
		p.timeout = proc.Forever
	}
	switch {
	case p.shutdown != 0:
	case s.Type == Supervisor:
		p.shutdown = Infinity
	default:
		p.shutdown = shutdownDefault
	}
	return p
}

// SpecError says what is wrong with a child's specification.
type SpecError struct {
	ID    string
	Field string
	Err   error
}

// Error names the child, the field and what would be right.
func (e *SpecError) Error() string {
	return fmt.Sprintf("supervise: child %q: %s: %v", e.ID, e.Field, e.Err)
}

// Unwrap returns Err.
func (e *SpecError) Unwrap() error { return e.Err }

// check returns a *SpecError, or nil, for a child of a supervisor with the flags f.
func (s *Spec) check(f *Flags) error {
	bad := func(field, format string, args ...any) error {
		return &SpecError{s.ID, field, fmt.Errorf(format, args...)}
	}
	n := 0
	for _, set := range []bool{s.Factory != nil, s.New != nil, s.Start != nil} {
		if set {
			n++
		}
	}
	switch {
	case s.ID == "" && f.Strategy != SimpleOneForOne:
		return bad("ID", "is empty; give each child a name")
	case n != 1:
		return bad("Factory, New, Start", "%d of them are set; give exactly one", n)
	case s.Start != nil && len(s.Options) > 0:
		return bad("Options", "are for Factory and New; a Start function gives its own")
	case slices.Contains(s.Options, nil):
		return bad("Options", "one of them is nil; leave it out")
	case s.Restart > Temporary:
		return bad("Restart", "%d is unknown; use Permanent, Transient or Temporary", s.Restart)
	case s.Type > Supervisor:
		return bad("Type", "%d is unknown; use Worker or Supervisor", s.Type)
	case s.Shutdown < 0 && s.Shutdown != Infinity && s.Shutdown != BrutalKill:
		return bad("Shutdown", "%v is negative; use a positive duration, Infinity or BrutalKill", s.Shutdown)
	case s.StartTimeout < 0:
		return bad("StartTimeout", "%v is negative; use a positive duration, or 0 for no limit", s.StartTimeout)
	case s.Significant && s.Restart == Permanent:
		return bad("Significant", "a permanent child is always restarted; make it Transient or Temporary")
	case s.Significant && f.AutoShutdown == Never:
		return bad("Significant", "the supervisor's AutoShutdown is Never; make it AnySignificant or AllSignificant")
	}
	return nil
}

func checkSpecs(f *Flags, specs []Spec) error {
	if f.Strategy == SimpleOneForOne && len(specs) != 1 {
		return fmt.Errorf("supervise: simple_one_for_one needs exactly one child specification, not %d", len(specs))
	}
	ids := make(map[string]bool, len(specs))
	for i := range specs {
		s := &specs[i]
		if err := s.check(f); err != nil {
			return err
		}
		if ids[s.ID] {
			return &SpecError{s.ID, "ID", errors.New("two children have it; ids are unique in a supervisor")}
		}
		ids[s.ID] = true
	}
	return nil
}
