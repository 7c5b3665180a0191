package bench

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/thrum-go/thrum/sched"
)

// The names of the parameters, as [Parameter] and [ParamError] give them.
const (
	Workers  = "workers"
	Procs    = "procs"
	Messages = "messages"
	Duration = "duration"
	Rounds   = "rounds"
	Seed     = "seed"
	Size     = "size"
	Style    = "style"
	Inflight = "inflight"
)

// Params are the parameters of one measurement. A zero field means the
// workload's default.
type Params struct {
	Workers  int           // Thrum's workers, and the processors the twin may use
	Procs    int           // processes; what they do depends on the workload
	Messages int64         // messages a round; default: as many as fit into Duration
	Duration time.Duration // time for all rounds of Thrum and twin together
	Rounds   int           // how often Thrum and twin take turns
	Seed     uint64        // of random choices
	Size     int64         // of whatever a workload has besides processes
	Style    string        // which of a workload's forms
	Inflight int           // messages, calls or tokens that are under way at a time
}

// Parameter describes one parameter a workload takes. Durations are in
// nanoseconds. A Default of 0 is explained by Meaning.
type Parameter struct {
	Name              string
	Meaning           string
	Default, Min, Max int64
	Choices           []string // of Style, instead of numbers; the first is the default
}

// ParamError says that a parameter has a value the workload cannot work with.
type ParamError struct {
	Workload string
	Name     string // of the parameter
	Value    string
	Want     string // what would be right
}

func (e *ParamError) Error() string {
	return fmt.Sprintf("bench: %s of %s is %s: %s", e.Name, e.Workload, e.Value, e.Want)
}

// Format returns a value of the parameter as a person would write it.
func (p Parameter) Format(v int64) string {
	if p.Name == Duration {
		d := time.Duration(v).String()
		if s, ok := strings.CutSuffix(d, "m0s"); ok {
			d = s + "m"
		}
		if s, ok := strings.CutSuffix(d, "h0m"); ok {
			d = s + "h"
		}
		return d
	}
	return fmt.Sprint(v)
}

// The parameters that mean the same everywhere.

func workersParam() Parameter {
	return Parameter{Name: Workers, Meaning: "workers; default: GOMAXPROCS", Min: 1, Max: sched.MaxWorkers}
}

func durationParam(d time.Duration) Parameter {
	return Parameter{Name: Duration, Meaning: "time for all rounds", Default: int64(d), Min: int64(10 * time.Millisecond), Max: int64(24 * time.Hour)}
}

func messagesParam() Parameter {
	return Parameter{Name: Messages, Meaning: "messages a round; default: as fit the duration", Min: 1, Max: 1e12}
}

func roundsParam(n int64) Parameter {
	return Parameter{Name: Rounds, Meaning: "rounds, the median counts", Default: n, Min: 1, Max: 1000}
}

func procsParam(meaning string, def, lo, hi int64) Parameter {
	return Parameter{Name: Procs, Meaning: meaning, Default: def, Min: lo, Max: hi}
}

func sizeParam(meaning string, def, lo, hi int64) Parameter {
	return Parameter{Name: Size, Meaning: meaning, Default: def, Min: lo, Max: hi}
}

func styleParam(meaning string, choices ...string) Parameter {
	return Parameter{Name: Style, Meaning: meaning, Choices: choices}
}

func inflightParam(meaning string, hi int64) Parameter {
	return Parameter{Name: Inflight, Meaning: meaning, Default: 1, Min: 1, Max: hi}
}

func seedParam() Parameter {
	return Parameter{Name: Seed, Meaning: "seed of random choices", Default: 1, Min: 1, Max: 1<<63 - 1}
}

func (p *Params) get(name string) int64 {
	switch name {
	case Workers:
		return int64(p.Workers)
	case Procs:
		return int64(p.Procs)
	case Messages:
		return p.Messages
	case Duration:
		return int64(p.Duration)
	case Rounds:
		return int64(p.Rounds)
	case Size:
		return p.Size
	case Inflight:
		return int64(p.Inflight)
	default:
		return int64(p.Seed)
	}
}

func (p *Params) set(name string, v int64) {
	switch name {
	case Workers:
		p.Workers = int(v)
	case Procs:
		p.Procs = int(v)
	case Messages:
		p.Messages = v
	case Duration:
		p.Duration = time.Duration(v)
	case Rounds:
		p.Rounds = int(v)
	case Size:
		p.Size = v
	case Inflight:
		p.Inflight = int(v)
	default:
		p.Seed = uint64(v)
	}
}

// Resolve returns p with the workload's defaults in place of zero fields. The
// error, a *[ParamError], names the first parameter that is out of range or that
// the workload does not take.
func (w *Workload) Resolve(p Params) (Params, error) {
	for _, name := range []string{Workers, Procs, Messages, Duration, Rounds, Seed, Size, Inflight} {
		v := p.get(name)
		param, taken := w.parameter(name)
		switch {
		case !taken && v != 0:
			return p, &ParamError{w.Name, name, Parameter{Name: name}.Format(v), "the workload takes no such parameter; leave it out"}
		case !taken:
		case v == 0:
			p.set(name, param.Default)
		case v < param.Min || v > param.Max:
			want := fmt.Sprintf("it takes %s to %s", param.Format(param.Min), param.Format(param.Max))
			if param.Min == param.Max {
				want = fmt.Sprintf("it is always %s", param.Format(param.Min))
			}
			return p, &ParamError{w.Name, name, param.Format(v), want}
		}
	}
	style, taken := w.parameter(Style)
	switch {
	case !taken && p.Style != "":
		return p, &ParamError{w.Name, Style, p.Style, "the workload takes no such parameter; leave it out"}
	case taken && p.Style == "":
		p.Style = style.Choices[0]
	case taken && !slices.Contains(style.Choices, p.Style):
		return p, &ParamError{w.Name, Style, p.Style, "it takes " + oneOf(style.Choices)}
	}
	if p.Workers == 0 {
		p.Workers = min(runtime.GOMAXPROCS(0), sched.MaxWorkers)
		if param, ok := w.parameter(Workers); ok {
			p.Workers = max(p.Workers, int(param.Min))
		}
	}
	if w.refine != nil {
		return p, w.refine(p)
	}
	return p, nil
}

// oneOf words a choice.
func oneOf(choices []string) string {
	last := len(choices) - 1
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}

// Takes says whether the workload takes the parameter of that name.
func (w *Workload) Takes(name string) bool {
	_, ok := w.parameter(name)
	return ok
}

func (w *Workload) parameter(name string) (Parameter, bool) {
	for _, p := range w.Parameters {
		if p.Name == name {
			return p, true
		}
	}
	return Parameter{}, false
}
