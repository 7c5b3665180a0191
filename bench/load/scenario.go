package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/thrum-go/thrum/bench/report"
	"github.com/thrum-go/thrum/internal/similar"
)

// maxScenario is the size of a scenario file at most.
const maxScenario = 1 << 20

// ParseScenario reads a plan from the JSON of a scenario file. Files that it includes are
// left as they are; see [ReadScenario].
//
// Errors: a [*FileError] with the place of what is wrong.
func ParseScenario(data []byte) (Plan, error) {
	return (&source{data: data}).plan()
}

func readSource(file string) (*source, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &FileError{File: file, What: cause(err)}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxScenario+1))
	if err != nil {
		return nil, &FileError{File: file, What: cause(err)}
	}
	if len(data) > maxScenario {
		return nil, &FileError{File: file, What: fmt.Sprintf("it is longer than %d KiB, which no scenario is", maxScenario>>10)}
	}
	return &source{file, data}, nil
}

// cause leaves out the path, which is told besides.
func cause(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// field is how one field of an object is read.
type field struct {
	name string
	read func(*node) error
}

// fields reads an object.
func (s *source) fields(n *node, what string, all ...field) error {
	if n.kind != object {
		return s.wrong(n.at, "%s is %s; it takes an object", what, n.what())
	}
	for i, k := range n.keys {
		at := slices.IndexFunc(all, func(f field) bool { return f.name == k.name })
		if at < 0 {
			var names []string
			for _, f := range all {
				names = append(names, f.name)
			}
			if near := similar.Nearest(k.name, names); near != "" {
				return s.wrong(k.at, "%s has no field %q; did you mean %q?", what, k.name, near)
			}
			return s.wrong(k.at, "%s has no field %q; it takes %s", what, k.name, strings.Join(names, ", "))
		}
		if err := all[at].read(n.values[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) plan() (Plan, error) {
	root, err := s.parse()
	if err != nil {
		return Plan{}, err
	}
	var p Plan
	var phases *node
	err = s.fields(root, "a scenario",
		field{"seed", s.whole("seed", 1, math.MaxInt64, func(v int64) { p.Seed = uint64(v) })},
		field{"workers", s.whole("workers", 1, maxWorkers, func(v int64) { p.Workers = int(v) })},
		field{"procs", s.whole("procs", 1, maxProcs, func(v int64) { p.Procs = int(v) })},
		field{"warmup", s.span("warmup", 0, maxWarmup, func(v time.Duration) {
			if p.Warmup = v; v == 0 {
				p.Warmup = -1
			}
		})},
		field{"phases", func(n *node) error { phases = n; return s.phases(n, &p) }},
		field{"slo", func(n *node) error { return s.objectives(n, &p) }},
	)
	if err != nil {
		return Plan{}, err
	}
	if phases == nil {
		return Plan{}, s.wrong(root.at, "phases are missing; it takes a list of at least one")
	}
	return p, nil
}

func (s *source) phases(n *node, p *Plan) error {
	if n.kind != array || len(n.values) == 0 {
		return s.wrong(n.at, "phases takes a list of at least one")
	}
	if len(n.values) > maxPhases {
		return s.wrong(n.at, "there are %d phases; it takes at most %d", len(n.values), maxPhases)
	}
	for i, v := range n.values {
		ph, where, err := s.phase(v)
		if err != nil {
			return err
		}
		if ph.Name == "" && ph.Include == "" {
			ph.Name = fmt.Sprintf("phase %d", i+1)
		}
		for j, had := range p.Phases {
			if had.Name == ph.Name && ph.Name != "" {
				return s.wrong(where["name"], "two phases have the name %q, the %d. and the %d.; each needs its own", ph.Name, j+1, i+1)
			}
		}
		p.Phases = append(p.Phases, ph)
	}
	return nil
}

// phase reads a phase, and where its fields stand.
func (s *source) phase(n *node) (Phase, map[string]int, error) {
	var ph Phase
	where := map[string]int{"name": n.at}
	err := s.fields(n, "a phase",
		field{"name", s.text("name", func(v string) error {
			if ph.Name = v; v == "" {
				return errors.New("it is empty; leave it out, or give the phase a name")
			}
			return nil
		})},
		field{"duration", s.span("duration", minDuration, maxDuration, func(v time.Duration) { ph.Duration = v })},
		field{"rate", func(n *node) (err error) {
			text, ok := n.value.(string)
			if num, is := n.value.(json.Number); is {
				text, ok = num.String(), true
			}
			if !ok {
				return s.wrong(n.at, "rate is %s; %v", n.what(), errRate)
			}
			if ph.Rate, err = ParseRate(text); err != nil {
				return s.wrong(n.at, "rate is %s: %v", text, err)
			}
			return nil
		}},
		field{"arrival", s.text("arrival", func(v string) (err error) { ph.Arrival, err = ParseArrival(v); return err })},
		field{"inflight", s.whole("inflight", 1, maxInflight, func(v int64) { ph.Inflight = v })},
		field{"mix", func(n *node) error { return s.mix(n, &ph) }},
		field{"include", s.text("include", func(v string) error {
			if ph.Include = v; v == "" {
				return errors.New("it is empty; it takes the name of a scenario file")
			}
			return nil
		})},
		field{"repeat", s.whole("repeat", 1, maxPhases, func(v int64) { ph.Repeat = int(v) })},
	)
	if err != nil {
		return ph, nil, err
	}
	for i, k := range n.keys {
		where[k.name] = n.values[i].at
	}
	var plan *PlanError
	if err := ph.check(); errors.As(err, &plan) {
		at, ok := where[plan.Field]
		if !ok {
			at = n.at
		}
		return ph, nil, s.wrong(at, "%s of the phase: %s", plan.Field, plan.What)
	}
	return ph, where, nil
}

func (s *source) mix(n *node, ph *Phase) error {
	if n.kind != object {
		return s.wrong(n.at, `mix is %s; it takes operations with their weights, as {"call": 80, "bang": 20}`, n.what())
	}
	ph.Mix = Mix{}
	for i, k := range n.keys {
		if _, ok := Find(k.name); !ok {
			return s.wrong(k.at, "%s", unknownOperation(k.name))
		}
		v, err := s.number(n.values[i])
		if err != nil {
			return err
		}
		share := Share{k.name, v}
		if what := share.check(); what != "" {
			return s.wrong(n.values[i].at, "%s", what)
		}
		ph.Mix = append(ph.Mix, share)
	}
	return nil
}

func (s *source) objectives(n *node, p *Plan) error {
	if n.kind != array {
		return s.wrong(n.at, `slo is %s; it takes a list of objectives, as ["p99<2ms", "drops==0"]`, n.what())
	}
	for _, v := range n.values {
		text, ok := v.value.(string)
		if !ok {
			return s.wrong(v.at, "an objective is %s; it takes a string, as \"p99<2ms\"", v.what())
		}
		if _, err := report.ParseObjectives(text); err != nil {
			return s.wrong(v.at, "%v", err)
		}
		p.SLO = append(p.SLO, text)
	}
	return nil
}

func (s *source) number(n *node) (float64, error) {
	num, ok := n.value.(json.Number)
	if !ok {
		return 0, s.wrong(n.at, "this is %s; it takes a number", n.what())
	}
	v, err := num.Float64()
	if err != nil {
		return 0, s.wrong(n.at, "%s is beyond what can be counted", num)
	}
	return v, nil
}

// whole reads a whole number.
func (s *source) whole(name string, least, most int64, set func(int64)) func(*node) error {
	return func(n *node) error {
		num, ok := n.value.(json.Number)
		if !ok {
			return s.wrong(n.at, "%s is %s; it takes a number from %d to %d", name, n.what(), least, most)
		}
		v, err := strconv.ParseInt(num.String(), 10, 64)
		if f, ferr := num.Float64(); err != nil && ferr == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			v, err = int64(f), nil // 1e6
		}
		if err != nil || v < least || v > most {
			return s.wrong(n.at, "%s is %s; it takes a whole number from %d to %d", name, num, least, most)
		}
		set(v)
		return nil
	}
}

// span reads a duration.
func (s *source) span(name string, least, most time.Duration, set func(time.Duration)) func(*node) error {
	return func(n *node) error {
		text, ok := n.value.(string)
		v, err := time.ParseDuration(text)
		if !ok || err != nil {
			what := n.what()
			if ok {
				what = strconv.Quote(text)
			}
			return s.wrong(n.at, "%s is %s; it takes a time with its unit in quotes, as \"500ms\", \"5s\" or \"1m30s\"", name, what)
		}
		if v < least || v > most {
			return s.wrong(n.at, "%s is %v; it takes %v to %v", name, v, least, most)
		}
		set(v)
		return nil
	}
}

// text reads a string that set may refuse.
func (s *source) text(name string, set func(string) error) func(*node) error {
	return func(n *node) error {
		v, ok := n.value.(string)
		if !ok {
			return s.wrong(n.at, "%s is %s; it takes a string", name, n.what())
		}
		if err := set(v); err != nil {
			return s.wrong(n.at, "%s is %q: %v", name, v, err)
		}
		return nil
	}
}

// MarshalJSON writes the plan as [ParseScenario] reads it.
func (p Plan) MarshalJSON() ([]byte, error) {
	type phase struct {
		Name     string          `json:"name,omitempty"`
		Include  string          `json:"include,omitempty"`
		Duration string          `json:"duration,omitempty"`
		Rate     string          `json:"rate,omitempty"`
		Arrival  string          `json:"arrival,omitempty"`
		Inflight int64           `json:"inflight,omitempty"`
		Mix      json.RawMessage `json:"mix,omitempty"`
		Repeat   int             `json:"repeat,omitempty"`
	}
	out := struct {
		Seed    uint64   `json:"seed,omitempty"`
		Workers int      `json:"workers,omitempty"`
		Procs   int      `json:"procs,omitempty"`
		Warmup  string   `json:"warmup,omitempty"`
		Phases  []phase  `json:"phases"`
		SLO     []string `json:"slo,omitempty"`
	}{Seed: p.Seed, Workers: p.Workers, Procs: p.Procs, SLO: p.SLO}
	if p.Warmup != 0 {
		out.Warmup = max(p.Warmup, 0).String()
	}
	for _, ph := range p.Phases {
		x := phase{Name: ph.Name, Include: ph.Include, Rate: ph.Rate.String(), Arrival: ph.Arrival.String(), Inflight: ph.Inflight, Repeat: ph.Repeat}
		if ph.Duration != 0 {
			x.Duration = ph.Duration.String()
		}
		if ph.Mix != nil {
			// An object whose order is that of the mix.
			var b bytes.Buffer
			for i, s := range ph.Mix {
				if i > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(&b, "%q:%s", s.Operation, strconv.FormatFloat(s.Weight, 'g', -1, 64))
			}
			x.Mix = json.RawMessage("{" + b.String() + "}")
		}
		out.Phases = append(out.Phases, x)
	}
	return json.Marshal(out)
}
