package explore

import (
	"fmt"
	"os"
)

// Bounds on preemptions other than a positive number, see [Config].
const (
	Unbounded    = -1 // as many as there can be, which is also what zero means
	NoPreemption = -2 // threads switch only where they block, yield or end
)

// Config says how to explore. The zero value explores every interleaving, depth first.
type Config struct {
	Name string // what is explored, for reports

	// Preemptions bounds the switches away from a thread that could have gone on, per execution. Zero and
	// Unbounded: no bound; NoPreemption: none at all. Most bugs need one or two; the number of executions
	// grows with (steps)^preemptions.
	Preemptions int

	// MaxExecutions ends the exploration early; Result.Complete is then false. Zero: no limit, but 10,000 in a
	// random exploration, which has no end of its own.
	MaxExecutions int

	// MaxSteps is the number of steps after which an execution is reported as one that never ends. Zero: 10,000.
	MaxSteps int

	// Random takes each decision at random instead of depth first, for configurations too large to explore
	// completely. It honours Preemptions. The same Seed makes the same executions.
	Random bool
	Seed   uint64

	// Reduce skips executions that differ from one already seen only in the order of operations that commute:
	// those on different words, and two loads of one word. Same final states, same failures, far fewer executions.
	// It demands that threads share nothing but the words they operate on: an order that only a plain shared
	// variable records (a log that all threads append to, say) is not kept. Needs an exploration that is
	// not Random and has no bound on preemptions, and threads that do not call Yield.
	Reduce bool
}

// Result is what an exploration has found.
type Result struct {
	Executions int      // carried out, including the failing one
	Pruned     int      // of these, cut short by Reduce as equivalent to others
	Steps      int      // in all executions together
	Complete   bool     // every interleaving within the bound was seen, and none failed
	Failure    *Failure // the first one found, nil if none
	Trace      []Event  // of Replay: what happened, step by step
}

// Failure is an execution that went wrong.
type Failure struct {
	Message  string
	Stack    string  // of the panic, if it was one
	Schedule string  // give it to Replay
	Trace    []Event // the steps up to the failure
}

// String returns the failure as a report of several lines: message, schedule and steps.
func (f *Failure) String() string {
	s := fmt.Sprintf("%s\nschedule: %q\n%s", f.Message, f.Schedule, FormatTrace(f.Trace))
	if f.Stack != "" {
		s += f.Stack
	}
	return s
}

// TB is the part of testing.TB that explorations use.
type TB interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Failed() bool
}

// Run explores the interleavings of the threads that body sets up. It calls body once for each execution: body must
// build everything anew, start threads by Exec.Go, and say by Exec.After what must hold in the end. Executions must
// be determined by the decisions taken: no clocks, no random numbers, no iteration over maps, nothing kept from one
// execution to the next.
//
// A failure ends the exploration. With a tb it is reported by Errorf, and an execution during which the test is
// marked as failed counts as a failure; without one (nil) the caller looks at Result.Failure. Failures are: Failf,
// a panic, runtime.Goexit, a deadlock, too many steps, and under the race detector a data race.
//
// Only one exploration can run at a time; Run panics if another one does. No other goroutine may meanwhile operate on
// what this package or atomics instruments; so no parallel tests.
func Run(tb TB, cfg Config, body func(x *Exec)) Result {
	if tb != nil {
		tb.Helper()
	}
	e := newExplorer(tb, cfg, body)
	r := e.explore()
	e.report(tb, r)
	return r
}

// Replay carries out the one execution that schedule describes, under the configuration it was found with, and logs
// its steps: to tb, or to standard output if tb is nil. A schedule may be cut short or written by hand: where it ends,
// the running thread goes on for as long as it can. A schedule that does not fit the program is a failure.
func Replay(tb TB, cfg Config, schedule string, body func(x *Exec)) Result {
	if tb != nil {
		tb.Helper()
	}
	e := newExplorer(tb, cfg, body)
	r := e.replay(schedule)
	steps := FormatTrace(r.Trace)
	if tb != nil {
		tb.Logf("%sreplay of %q:\n%s", e.prefix(), schedule, steps)
	} else {
		fmt.Fprintf(os.Stdout, "%sreplay of %q:\n%s", e.prefix(), schedule, steps)
	}
	e.report(tb, r)
	return r
}

func (e *explorer) prefix() string {
	if e.cfg.Name == "" {
		return "explore: "
	}
	return "explore: " + e.cfg.Name + ": "
}

func (e *explorer) report(tb TB, r Result) {
	if tb == nil {
		return
	}
	tb.Helper()
	switch {
	case r.Failure != nil:
		tb.Errorf("%sexecution %d failed: %s", e.prefix(), r.Executions, r.Failure)
	case r.Trace != nil:
	case r.Complete:
		tb.Logf("%sall %d executions hold (%d steps)", e.prefix(), r.Executions, r.Steps)
	default:
		tb.Logf("%s%d executions hold (%d steps), not all there are", e.prefix(), r.Executions, r.Steps)
	}
}

// check completes the configuration, or says what is wrong with it.
func (c *Config) check() error {
	switch {
	case c.Preemptions < NoPreemption:
		return fmt.Errorf("explore: Config.Preemptions is %d: must be a positive number, Unbounded or NoPreemption", c.Preemptions)
	case c.MaxExecutions < 0:
		return fmt.Errorf("explore: Config.MaxExecutions is %d: must be positive, or zero for no limit", c.MaxExecutions)
	case c.MaxSteps < 0:
		return fmt.Errorf("explore: Config.MaxSteps is %d: must be positive, or zero for 10,000", c.MaxSteps)
	case c.Reduce && c.Random:
		return fmt.Errorf("explore: Config.Reduce works depth first only: clear Random")
	case c.Reduce && c.Preemptions != 0 && c.Preemptions != Unbounded:
		return fmt.Errorf("explore: Config.Reduce with a bound on preemptions would miss executions: set Preemptions to Unbounded")
	}
	if c.MaxExecutions == 0 && c.Random {
		c.MaxExecutions = 10_000
	}
	if c.MaxSteps == 0 {
		c.MaxSteps = 10_000
	}
	return nil
}
