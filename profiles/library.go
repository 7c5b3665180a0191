package profiles

//go:generate go run collect.go

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// libraryPackages are those whose functions a library profile names, and the packages below them.
var libraryPackages = []string{"internal", "mpsc", "proc", "sched", "supervise"}

const module = "github.com/thrum-go/thrum/"

// Library makes one profile of the CPU profiles of programs that use the library, for the compiler (go build -pgo): only what the
// library's own functions call in each other is kept, as nothing else helps in another program. Each profile has the same weight, however long it
// was taken. Labels, addresses, names of binaries and folders are left out. The profiles are not changed.
//
// Errors: there are none; one of them is no CPU profile, or has no sample in the library.
func Library(cpu ...*profile.Profile) (*profile.Profile, error) {
	if len(cpu) == 0 {
		return nil, errors.New("profiles: Library: no CPU profile; give at least one")
	}
	l := libraryProfile{
		Profile: &profile.Profile{
			SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
			PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"},
			Period:     10_000_000,
			Mapping:    []*profile.Mapping{{ID: 1, HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlineFrames: true}},
		},
		functions: make(map[string]*profile.Function),
		locations: make(map[place]*profile.Location),
		samples:   make(map[string]*profile.Sample),
	}
	for i, p := range cpu {
		if err := l.add(p); err != nil {
			return nil, fmt.Errorf("profiles: Library: CPU profile %d of %d %w", i+1, len(cpu), err)
		}
	}
	return l.Profile, nil
}

type libraryProfile struct {
	*profile.Profile
	functions map[string]*profile.Function
	locations map[place]*profile.Location
	samples   map[string]*profile.Sample // by their stack
}

// place is a line of a function.
type place struct {
	function string
	line     int64
}

// libraryWeight is what the samples of one profile come to together: 10 s.
const libraryWeight = 1000

func (l *libraryProfile) add(p *profile.Profile) error {
	value := -1
	for i, t := range p.SampleType {
		if t.Type == "samples" && t.Unit == "count" {
			value = i
		}
	}
	if value < 0 || p.PeriodType == nil || p.PeriodType.Type != "cpu" {
		return errors.New("is no CPU profile")
	}
	var all float64
	var pieces []piece
	for _, s := range p.Sample {
		found := split(s, float64(s.Value[value]))
		if len(found) > 0 {
			all += found[0].weight
		}
		pieces = append(pieces, found...)
	}
	if all == 0 {
		return errors.New("has no sample in a function of the library")
	}
	for _, x := range pieces {
		l.count(x.stack, x.weight/all*libraryWeight)
	}
	return nil
}

// piece is a part of a stack in which the library calls itself, leaf first.
type piece struct {
	stack  []profile.Line
	weight float64
}

// tuned are functions that are fast as they are, with what they call rarely kept out of line: inlining that too, which the compiler does for
// calls that are frequent in all, costs their fast paths registers. Their calls are left out. The evidence is weak on a noisy machine: with them a ring was 5 % slower in one set of runs,
// without them 13 % faster in another.
var tuned = []string{module + "proc.(*process).Run", module + "sched.(*Worker).turns", module + "sched.(*Worker).protected"}

// split cuts the stack at everything that is not the library's: a handler calls the library, but in another program it is another one that does.
func split(s *profile.Sample, weight float64) (pieces []piece) {
	var now []profile.Line
	end := func() {
		if len(now) > 0 {
			pieces = append(pieces, piece{now, weight})
			now = nil
		}
	}
	above := false // a tuned function, whose own callers are its affair too
	for i, loc := range s.Location {
		for k, line := range loc.Line {
			switch {
			case line.Function == nil || libraryPackage(line.Function.Name) == "":
				end()
				above = false
			case above:
			case !slices.Contains(tuned, line.Function.Name):
				now = append(now, line)
			default:
				end()
				above = true
				if i == 0 && k == 0 {
					now = append(now, line)
					end()
				}
			}
		}
	}
	end()
	return pieces
}

// libraryPackage returns the folder of the library's function with a name like github.com/thrum-go/thrum/proc.(*Ctx).Send, here
// "proc"; "" if it is not the library's.
func libraryPackage(function string) string {
	rest, ok := strings.CutPrefix(function, module)
	folder, _, named := strings.Cut(rest, ".")
	first, _, _ := strings.Cut(folder, "/")
	if !ok || !named || !slices.Contains(libraryPackages, first) {
		return ""
	}
	return folder
}

// count adds weight, in samples, to those with the stack.
func (l *libraryProfile) count(stack []profile.Line, weight float64) {
	var key strings.Builder
	for _, line := range stack {
		fmt.Fprintf(&key, "%s:%d\n", line.Function.Name, line.Line)
	}
	s := l.samples[key.String()]
	if s == nil {
		s = &profile.Sample{Value: make([]int64, 2)}
		for _, line := range stack {
			s.Location = append(s.Location, l.location(line))
		}
		l.samples[key.String()] = s
		l.Sample = append(l.Sample, s)
	}
	// At least one, as every sample that has been taken counts.
	s.Value[0] += max(1, int64(weight+0.5))
	s.Value[1] = s.Value[0] * l.Period
}

func (l *libraryProfile) location(line profile.Line) *profile.Location {
	at := place{line.Function.Name, line.Line}
	if loc := l.locations[at]; loc != nil {
		return loc
	}
	f := l.functions[at.function]
	if f == nil {
		f = &profile.Function{
			ID: uint64(len(l.Function)) + 1, Name: at.function, SystemName: at.function,
			Filename: path.Join(libraryPackage(at.function), path.Base(line.Function.Filename)), StartLine: line.Function.StartLine,
		}
		l.functions[at.function] = f
		l.Function = append(l.Function, f)
	}
	loc := &profile.Location{ID: uint64(len(l.Location)) + 1, Mapping: l.Mapping[0], Line: []profile.Line{{Function: f, Line: line.Line}}}
	loc.Address = loc.ID
	l.locations[at] = loc
	l.Location = append(l.Location, loc)
	return loc
}
