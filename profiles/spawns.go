package profiles

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/proc"
)

// Spawns returns a profile of the processes that live by the Go stack of who has spawned them: the one value is processes, scaled up from the samples
// (proc.Runtime.SetSpawnSampling), and the label proc.LabelType is their type. It answers who has spawned those that never end; two of them
// are compared with go tool pprof -base. A process that was spawned inside a handler has that handler's stack, one from outside that of the goroutine.
//
// Of n samples at a place the number is right to the root of n of them. Any goroutine may call it.
//
// Errors: rt is nil; proc.ErrNoSamples.
func Spawns(rt *proc.Runtime) (*profile.Profile, error) {
	if rt == nil {
		return nil, errors.New("profiles: Spawns: rt is nil; give the runtime whose processes are meant")
	}
	samples, err := rt.SpawnSamples()
	if err != nil {
		return nil, fmt.Errorf("profiles: Spawns: %w", err)
	}
	b := newSpawnProfile(rt.SpawnSampling())
	for i := range samples {
		b.add(&samples[i])
	}
	return b.Profile, nil
}

// WriteSpawns writes Spawns to w, gzipped. Errors are those of Spawns, and w's.
func WriteSpawns(w io.Writer, rt *proc.Runtime) error {
	p, err := Spawns(rt)
	if err != nil {
		return err
	}
	if err := p.Write(w); err != nil {
		return fmt.Errorf("profiles: spawn profile: %w", err)
	}
	return nil
}

type spawnProfile struct {
	*profile.Profile
	functions map[string]*profile.Function
	locations map[spawnLine]*profile.Location
	samples   map[string]*profile.Sample // by type and stack
}

type spawnLine struct {
	function string
	line     int
}

func newSpawnProfile(every int) *spawnProfile {
	return &spawnProfile{
		Profile: &profile.Profile{
			SampleType:        []*profile.ValueType{{Type: "processes", Unit: "count"}},
			DefaultSampleType: "processes",
			PeriodType:        &profile.ValueType{Type: "processes", Unit: "count"},
			Period:            int64(max(every, 1)),
			TimeNanos:         time.Now().UnixNano(),
			Mapping: []*profile.Mapping{{
				ID: 1, File: "thrum", HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlineFrames: true,
			}},
		},
		functions: make(map[string]*profile.Function),
		locations: make(map[spawnLine]*profile.Location),
		samples:   make(map[string]*profile.Sample),
	}
}

// spawnItself is what the names of the functions begin with that are between who spawns and the sample.
const spawnItself = module + "proc."

func (b *spawnProfile) add(s *proc.SpawnSample) {
	var key strings.Builder
	key.WriteString(s.Type)
	var stack []*profile.Location
	frames := runtime.CallersFrames(s.Stack)
	for more := len(s.Stack) > 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if f.Function == "" || len(stack) == 0 && strings.HasPrefix(f.Function, spawnItself) {
			continue
		}
		stack = append(stack, b.location(f))
		fmt.Fprintf(&key, "\n%s:%d", f.Function, f.Line)
	}
	x := b.samples[key.String()]
	if x == nil {
		x = &profile.Sample{Location: stack, Value: []int64{0}, Label: map[string][]string{proc.LabelType: {s.Type}}}
		b.samples[key.String()] = x
		b.Sample = append(b.Sample, x)
	}
	x.Value[0] += int64(s.Count)
}

func (b *spawnProfile) location(f runtime.Frame) *profile.Location {
	at := spawnLine{f.Function, f.Line}
	if loc := b.locations[at]; loc != nil {
		return loc
	}
	fn := b.functions[f.Function]
	if fn == nil {
		fn = &profile.Function{ID: uint64(len(b.Function)) + 1, Name: f.Function, SystemName: f.Function, Filename: f.File}
		b.functions[f.Function] = fn
		b.Function = append(b.Function, fn)
	}
	loc := &profile.Location{ID: uint64(len(b.Location)) + 1, Mapping: b.Mapping[0], Line: []profile.Line{{Function: fn, Line: int64(f.Line)}}}
	loc.Address = loc.ID
	b.locations[at] = loc
	b.Location = append(b.Location, loc)
	return loc
}
