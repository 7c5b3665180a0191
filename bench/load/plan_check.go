package load

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/thrum-go/thrum/internal/similar"
	"github.com/thrum-go/thrum/sched"
)

// PlanError says what in a plan cannot be.
type PlanError struct {
	Phase string // its name; empty: the plan itself
	Field string // as scenario files have it: duration, rate, arrival, inflight, mix, ...
	What  string // what is wrong, and what would be right
}

func (e *PlanError) Error() string {
	if e.Phase == "" {
		return fmt.Sprintf("load: %s: %s", e.Field, e.What)
	}
	return fmt.Sprintf("load: phase %q: %s: %s", e.Phase, e.Field, e.What)
}

// The bounds of a plan.
const (
	maxPhases   = 1000 // repetitions counted
	maxInflight = 10_000_000
	maxProcs    = 1_000_000
	maxWorkers  = sched.MaxWorkers
	minDuration = 10 * time.Millisecond
	maxDuration = 24 * time.Hour
	maxWarmup   = time.Hour
	maxName     = 100
)

// Check returns a [*PlanError] for a plan that cannot be run; twin says that every phase
// shall be run on goroutines and channels as well.
func (p Plan) Check(twin bool) error {
	if err := p.check(); err != nil {
		return err
	}
	byName := map[string]Phase{}
	var total time.Duration
	n := 0
	for i, ph := range p.Phases {
		if ph.Include != "" {
			return &PlanError{ph.Name, "include", "it must be replaced by what it includes; ReadScenario does so"}
		}
		if ph.Name == "" {
			return &PlanError{"", "phases", fmt.Sprintf("the %d. has no name", i+1)}
		}
		if err := ph.check(); err != nil {
			return err
		}
		if had, ok := byName[ph.Name]; ok && !reflect.DeepEqual(had, ph) {
			return &PlanError{ph.Name, "name", "two phases that differ have this name; each needs its own"}
		}
		byName[ph.Name] = ph
		n += max(ph.Repeat, 1)
		total += time.Duration(max(ph.Repeat, 1)) * ph.Duration
		if n > maxPhases || total > maxDuration {
			return &PlanError{"", "phases", fmt.Sprintf("with their repetitions they are at most %d and take at most %v", maxPhases, maxDuration)}
		}
		for _, s := range ph.Mix {
			o, _ := Find(s.Operation)
			if procs := p.Procs; procs > o.MaxProcs {
				return &PlanError{"", "procs", fmt.Sprintf("it is %d, but %s takes at most %d", procs, o.Name, o.MaxProcs)}
			}
			if twin && o.twin == nil {
				return &PlanError{ph.Name, "mix", fmt.Sprintf("%s has no twin", o.Name)}
			}
		}
	}
	return nil
}

// check looks at what is not about phases, and at how many there are.
func (p Plan) check() error {
	switch {
	case len(p.Phases) == 0:
		return &PlanError{"", "phases", "there is none; it takes at least one"}
	case p.Workers < 0 || p.Workers > maxWorkers:
		return &PlanError{"", "workers", fmt.Sprintf("it is %d; it takes 1 to %d", p.Workers, maxWorkers)}
	case p.Procs < 0 || p.Procs > maxProcs:
		return &PlanError{"", "procs", fmt.Sprintf("it is %d; it takes 1 to %d", p.Procs, maxProcs)}
	case p.Warmup > maxWarmup:
		return &PlanError{"", "warmup", fmt.Sprintf("it is %v; it takes at most %v", p.Warmup, maxWarmup)}
	}
	return nil
}

// check looks at a phase by itself.
func (p Phase) check() error {
	wrong := func(field, format string, args ...any) error {
		return &PlanError{p.Name, field, fmt.Sprintf(format, args...)}
	}
	switch {
	case len(p.Name) > maxName || strings.ContainsFunc(p.Name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return wrong("name", "it takes up to %d letters, and no control codes", maxName)
	case p.Repeat < 0 || p.Repeat > maxPhases:
		return wrong("repeat", "it is %d; it takes 1 to %d", p.Repeat, maxPhases)
	}
	if p.Include != "" {
		for _, x := range []struct {
			field string
			set   bool
		}{
			{"duration", p.Duration != 0}, {"rate", !p.Rate.IsZero()}, {"arrival", p.Arrival != Arrival{}}, {"inflight", p.Inflight != 0}, {"mix", p.Mix != nil},
		} {
			if x.set {
				return wrong(x.field, "a phase that includes another file has only a name and repeat besides")
			}
		}
		return nil
	}
	if p.Duration < minDuration || p.Duration > maxDuration {
		if p.Duration == 0 {
			return wrong("duration", "it is missing; it takes %v to %v", minDuration, maxDuration)
		}
		return wrong("duration", "it is %v; it takes %v to %v", p.Duration, minDuration, maxDuration)
	}
	if p.Arrival != (Arrival{}) {
		if err := p.Arrival.check(); err != nil {
			return wrong("arrival", "it is %q: %v", p.Arrival, err)
		}
	}
	if !p.Rate.IsZero() {
		if err := p.Rate.check(); err != nil {
			return wrong("rate", "it is %v: %v", p.Rate.PerSecond, err)
		}
	}
	switch ramp := p.Arrival.Kind == Ramp; {
	case ramp && !p.Rate.IsZero():
		return wrong("rate", "a ramp has its rates in arrival, as ramp:10k..200k; leave rate out")
	case !p.Open() && p.Arrival.Kind != "":
		return wrong("arrival", "it belongs to a rate: with a number in flight alone nothing is scheduled")
	case p.Inflight < 0 || p.Inflight > maxInflight:
		return wrong("inflight", "it is %d; it takes 1 to %d", p.Inflight, maxInflight)
	case !p.Open() && p.Inflight == 0:
		return wrong("rate", "neither rate nor inflight is given: it takes operations a second, or a number to keep under way")
	}
	return p.Mix.check(p.Name)
}

func (m Mix) check(phase string) error {
	if len(m) == 0 {
		return &PlanError{phase, "mix", `it is empty; it takes operations with their weights, as {"call": 80, "bang": 20}`}
	}
	seen := map[string]bool{}
	for _, s := range m {
		if err := s.check(); err != "" {
			return &PlanError{phase, "mix", err}
		}
		if seen[s.Operation] {
			return &PlanError{phase, "mix", fmt.Sprintf("%s is in it twice", s.Operation)}
		}
		seen[s.Operation] = true
	}
	return nil
}

// maxWeight bounds a weight so that their sum stays a number.
const maxWeight = 1e12

func (s Share) check() string {
	if _, ok := Find(s.Operation); !ok {
		return unknownOperation(s.Operation)
	}
	if !(s.Weight > 0 && s.Weight <= maxWeight) || math.IsNaN(s.Weight) {
		return fmt.Sprintf("the weight of %s is %g; it takes more than 0, up to %g", s.Operation, s.Weight, maxWeight)
	}
	return ""
}

func unknownOperation(name string) string {
	var names []string
	for _, o := range operations {
		names = append(names, o.Name)
	}
	if near := similar.Nearest(name, names); near != "" {
		return fmt.Sprintf("there is no operation %q; did you mean %q?", name, near)
	}
	return fmt.Sprintf("there is no operation %q; it takes %s", name, strings.Join(names, ", "))
}
