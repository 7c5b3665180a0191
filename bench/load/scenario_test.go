package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestScenarioIsReadAsWritten(t *testing.T) {
	p, err := ReadScenario("testdata/day.json")
	if err != nil {
		t.Fatal(err)
	}
	quiet := Phase{Name: "night/quiet", Duration: time.Second, Rate: Rate{PerSecond: 500}, Mix: Mix{{"cast", 1}, {"timer", 1}}}
	batch := Phase{Name: "night/batch", Duration: time.Second, Inflight: 64, Mix: Mix{{"gencall", 1}}}
	want := Plan{Seed: 7, Procs: 500, Warmup: 500 * time.Millisecond, SLO: []string{"p99<1s", "drops==0", "lost==0"}, Phases: []Phase{
		{Name: "morning", Duration: 2 * time.Second, Arrival: Arrival{Ramp, 1000, 10_000}, Mix: Mix{{"call", 80}, {"cast", 20}}},
		{Name: "noon", Duration: 3 * time.Second, Rate: Rate{OfPeak: 0.3}, Arrival: Arrival{Kind: Poisson}, Mix: Mix{{"call", 80}, {"bang", 15}, {"spawn", 5}}},
		quiet, batch, quiet, batch,
	}}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("read\n%+v, want\n%+v", p, want)
	}
}

// scenario puts fields into a phase that is right otherwise.
func scenario(fields string) string {
	return `{"phases": [` + "\n" + ` {"name": "a", "duration": "1s", ` + fields + `}` + "\n]}"
}

const fine = `"rate": "1k/s", "mix": {"call": 1}`

func TestWhatIsWrongInAScenarioIsToldWithItsPlace(t *testing.T) {
	for _, c := range []struct {
		text string
		line int
		col  int
		want string
	}{
		{"", 0, 0, "empty"},
		{" \n", 0, 0, "empty"},
		{"[]", 1, 1, "takes an object"},
		{"{", 1, 2, "ends in the middle"},
		{"{}", 1, 1, "phases are missing"},
		{"\xef\xbb\xbf{}", 1, 1, "byte order mark"},
		{"{\"seed\": \"\xff\"}", 1, 11, "not UTF-8"},
		{"{\"seed\": 1,,}", 1, 12, "no JSON"},
		{"{\"seed\": 1}\n\n{}", 3, 1, "something follows"},
		{"{\"seed\": 1} x", 1, 13, "something follows"},
		{`{"phases": [` + strings.Repeat("[", 100), 1, 27, "nested"},
		{"{\n  \"seed\": 1,\n  \"seed\": 2\n}", 3, 3, `"seed" is there twice`},
		{"{\n  \"sede\": 1\n}", 2, 3, `did you mean "seed"?`},
		{"{\n  \"colour\": 1\n}", 2, 3, `no field "colour"; it takes seed, workers`},
		{`{"seed": 0}`, 1, 10, "1 to"},
		{`{"seed": 1.5}`, 1, 10, "whole number"},
		{`{"seed": "1"}`, 1, 10, "a string"},
		{`{"seed": 99999999999999999999}`, 1, 10, "whole number"},
		{`{"workers": 1000}`, 1, 13, "1 to 255"},
		{`{"procs": -1}`, 1, 11, "1 to 1000000"},
		{`{"warmup": "-1s"}`, 1, 12, "0s to 1h0m0s"},
		{`{"warmup": 5}`, 1, 12, "in quotes"},
		{`{"phases": []}`, 1, 12, "at least one"},
		{`{"phases": {}}`, 1, 12, "at least one"},
		{`{"phases": [5]}`, 1, 13, "takes an object"},
		{`{"slo": "p99<1s", "phases": [{"duration": "1s", ` + fine + `}]}`, 1, 9, "list"},
		{`{"slo": ["p98<1s"]}`, 1, 10, `"p98"`},
		{`{"slo": [5]}`, 1, 10, "a string"},
		{scenario(`"rates": 5, "mix": {"call": 1}`), 2, 34, `did you mean "rate"?`},
		{scenario(`"rate": 0, "mix": {"call": 1}`), 2, 42, "0.001/s"},
		{scenario(`"rate": -5, "mix": {"call": 1}`), 2, 42, "0.001/s"},
		{scenario(`"rate": 1e300, "mix": {"call": 1}`), 2, 42, "1e+09/s"},
		{scenario(`"rate": 1e999, "mix": {"call": 1}`), 2, 42, "rate is 1e999"},
		{scenario(`"rate": "fast", "mix": {"call": 1}`), 2, 42, "auto:70%"},
		{scenario(`"rate": true, "mix": {"call": 1}`), 2, 42, "true or false"},
		{scenario(`"rate": null, "mix": {"call": 1}`), 2, 42, "null"},
		{scenario(`"rate": 5, "arrival": "evenly", "mix": {"call": 1}`), 2, 56, "poisson"},
		{scenario(`"rate": 5, "arrival": "ramp:1..2", "mix": {"call": 1}`), 2, 42, "leave rate out"},
		{scenario(`"inflight": 5, "arrival": "poisson", "mix": {"call": 1}`), 2, 60, "belongs to a rate"},
		{scenario(`"inflight": 0, "mix": {"call": 1}`), 2, 46, "1 to"},
		{scenario(`"mix": {"call": 1}`), 2, 2, "neither rate nor inflight"},
		{scenario(`"rate": 5`), 2, 2, "it is empty"},
		{scenario(`"rate": 5, "mix": {}`), 2, 52, "it is empty"},
		{scenario(`"rate": 5, "mix": ["call"]`), 2, 52, "an array"},
		{scenario(`"rate": 5, "mix": {"cal": 1}`), 2, 53, `did you mean "call"?`},
		{scenario(`"rate": 5, "mix": {"teleport": 1}`), 2, 53, "call, gencall"},
		{scenario(`"rate": 5, "mix": {"call": 0}`), 2, 61, "more than 0"},
		{scenario(`"rate": 5, "mix": {"call": -1}`), 2, 61, "more than 0"},
		{scenario(`"rate": 5, "mix": {"call": 1e999}`), 2, 61, "1e999"},
		{scenario(`"rate": 5, "mix": {"call": 1, "call": 2}`), 2, 64, "twice"},
		{scenario(fine + `, "repeat": 0`), 2, 80, "1 to 1000"},
		{scenario(fine + `, "include": "b.json"`), 2, 28, "only a name and repeat"},
		{`{"phases": [{"name": "a", "duration": "300y", ` + fine + `}]}`, 1, 39, "500ms"},
		{`{"phases": [{"name": "a", "duration": "9999999h", ` + fine + `}]}`, 1, 39, "500ms"},
		{`{"phases": [{"name": "a", "duration": "1000h", ` + fine + `}]}`, 1, 39, "24h"},
		{`{"phases": [{"name": "a", ` + fine + `}]}`, 1, 13, "missing"},
		{`{"phases": [{"name": "", "duration": "1s", ` + fine + `}]}`, 1, 22, "empty"},
		{`{"phases": [{"include": ""}]}`, 1, 25, "empty"},
		{"{\"phases\": [{\"name\": \"a\", \"duration\": \"1s\", " + fine + "},\n {\"duration\": \"1s\", \"name\": \"a\", " + fine + "}]}", 2, 29, `two phases have the name "a", the 1. and the 2.`},
	} {
		_, err := ParseScenario([]byte(c.text))
		var e *FileError
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if e.Line != c.line || e.Column != c.col || !strings.Contains(e.What, c.want) {
			t.Errorf("%s\n\tis refused at %d:%d with %q, want %d:%d and %q", c.text, e.Line, e.Column, e.What, c.line, c.col, c.want)
		}
	}
}

// files writes files and returns the path of the first.
func files(t *testing.T, texts ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%c.json", 'a'+i)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "a.json")
}

func TestFilesThatCannotBeIncludedAreNamed(t *testing.T) {
	include := func(file string) string { return `{"phases": [{"include": "` + file + `"}]}` }
	for _, c := range []struct {
		texts []string
		want  []string
	}{
		{[]string{include("a.json")}, []string{"includes itself", "a.json includes"}},
		{[]string{include("b.json"), include("c.json"), include("./b.json")}, []string{"includes itself", "b.json includes", "c.json includes"}},
		{[]string{include("none.json")}, []string{"a.json", "none.json", "no such file"}},
		{[]string{include("b.json"), "{"}, []string{"b.json:1:2", "ends in the middle"}},
		{[]string{include("."), ""}, []string{"directory"}},
		{[]string{`{"phases": [{"include": "b.json"}, {"name": "x", "duration": "2s", ` + fine + `}]}`, `{"phases": [{"name": "x", "duration": "1s", ` + fine + `}]}`}, []string{`"x"`, "two phases"}},
		{[]string{`{"phases": [{"include": "b.json", "repeat": 1000}]}`, `{"phases": [{"duration": "1s", "repeat": 2, ` + fine + `}]}`}, []string{"1000"}},
		{[]string{`{"phases": [{"include": "b.json", "repeat": 1000}]}`, `{"phases": [{"include": "c.json", "repeat": 1000}]}`, scenario(fine)}, []string{"1000"}},
		{[]string{`{"phases": [{"duration": "24h", "repeat": 2, ` + fine + `}]}`}, []string{"24h"}},
		{[]string{strings.Repeat(" ", maxScenario+1)}, []string{"longer than"}},
		{[]string{`{"procs": 5000, "phases": [{"duration": "1s", "rate": 5, "mix": {"big": 1}}]}`}, []string{"procs", "4096"}},
	} {
		_, err := ReadScenario(files(t, c.texts...))
		if err == nil {
			t.Errorf("%q is taken", c.texts[0][:min(200, len(c.texts[0]))])
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v does not say %q", err, w)
			}
		}
	}
	if _, err := ReadScenario("testdata/none.json"); err == nil || !strings.Contains(err.Error(), "testdata/none.json") {
		t.Error(err)
	}
}

func TestPlansThatCannotBeAreRefused(t *testing.T) {
	ok := Phase{Name: "a", Duration: time.Second, Rate: Rate{PerSecond: 5}, Mix: Mix{{"big", 1}}}
	change := func(f func(*Phase)) Plan {
		ph := ok
		ph.Mix = slices.Clone(ph.Mix)
		f(&ph)
		return Plan{Phases: []Phase{ph}}
	}
	for field, p := range map[string]Plan{
		"phases":   {},
		"procs":    {Phases: []Phase{ok}, Procs: -1},
		"workers":  {Phases: []Phase{ok}, Workers: 300},
		"warmup":   {Phases: []Phase{ok}, Warmup: 2 * time.Hour},
		"duration": change(func(p *Phase) { p.Duration = -1 }),
		"rate":     change(func(p *Phase) { p.Rate.PerSecond = -1 }),
		"arrival":  change(func(p *Phase) { p.Arrival.Kind = "x" }),
		"inflight": change(func(p *Phase) { p.Inflight = -1 }),
		"mix":      change(func(p *Phase) { p.Mix[0].Weight = -1 }),
		"include":  change(func(p *Phase) { *p = Phase{Include: "x"} }),
		"repeat":   change(func(p *Phase) { p.Repeat = -1 }),
		"name":     change(func(p *Phase) { p.Name = "a\nb" }),
	} {
		_, err := p.Run(t.Context(), Options{})
		var e *PlanError
		if !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	var e *PlanError
	if err := (Plan{Phases: []Phase{ok}}).Check(true); !errors.As(err, &e) || !strings.Contains(e.What, "no twin") {
		t.Error(err)
	}
}

// FuzzScenario holds that no text makes the parser panic, and that what it takes is
// written so that it reads the same.
func FuzzScenario(f *testing.F) {
	for _, file := range []string{"testdata/day.json", "testdata/night.json"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"phases":[{"duration":"1s","rate":"1.5m/s","mix":{"call":0.1,"big":1e-9},"inflight":3,"repeat":9}],"warmup":"0s"}`))
	f.Add([]byte(`{"phases":[{"duration":"1h2m3.5s","rate":"auto:33.3%","arrival":"const","mix":{"timer":1}}],"slo":["p99<1ms,drops==0"]}`))
	f.Add([]byte(`{"phases":[{"include":"x"},{"include":"y"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseScenario(data)
		if err != nil {
			var e *FileError
			if !errors.As(err, &e) || e.Error() == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseScenario(text)
		if err != nil || !reflect.DeepEqual(back, p) {
			t.Fatalf("%+v is written\n%s\nwhich is %+v, %v", p, text, back, err)
		}
	})
}
