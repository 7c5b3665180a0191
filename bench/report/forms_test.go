package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/bench"
)

func TestEveryFormIsAsAgreed(t *testing.T) {
	for _, form := range Forms {
		if form == "text" || form == "json" {
			continue // with their own tests
		}
		var b bytes.Buffer
		if err := fixed().Write(&b, form, Style{}); err != nil {
			t.Fatal(err)
		}
		golden(t, "report."+form, b.Bytes())
	}
}

func TestUnknownFormIsRefused(t *testing.T) {
	if err := fixed().Write(&bytes.Buffer{}, "yaml", Style{}); err == nil || !strings.Contains(err.Error(), `"yaml"`) {
		t.Errorf("%v", err)
	}
}

// full fails after some bytes, as a disk does.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return f.room, fmt.Errorf("no space left")
	}
	f.room -= len(p)
	return len(p), nil
}

func TestNoFormHidesAFullDisk(t *testing.T) {
	for _, form := range Forms {
		if err := fixed().Write(&full{room: 100}, form, Style{}); err == nil || !strings.Contains(err.Error(), "no space") {
			t.Errorf("%s: %v", form, err)
		}
	}
}

func TestReportSurvivesJSON(t *testing.T) {
	var first, second bytes.Buffer
	r := fixed()
	r.Interrupted, r.Config.Command = true, []string{"run", "ping"}
	objectives, err := ParseObjectives("p99<1ms,ratio>=1")
	if err != nil {
		t.Fatal(err)
	}
	r.Objectives = Judge(objectives, r.Results)
	if err := r.WriteJSON(&first); err != nil {
		t.Fatal(err)
	}
	back, err := Read(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := back.WriteJSON(&second); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Errorf("written again it differs:\n%s\n%s", first.String(), second.String())
	}
	if !reflect.DeepEqual(back.Violations(), r.Violations()) {
		t.Errorf("violations were %v and came back as %v", r.Violations(), back.Violations())
	}
}

func TestWhatIsNoReportIsRefusedByName(t *testing.T) {
	var good bytes.Buffer
	if err := fixed().WriteJSON(&good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown field":  {`"schema":`, `"scheme": 1, "schema":`, "scheme"},
		"other schema":   {Schema, "thrum.loadgen/v9", "v9"},
		"bad figure":     {`"figure": "p99_ns"`, `"figure": "speed"`, `"speed"`},
		"bad duration":   {`"duration": "1.5s"`, `"duration": "fast"`, "params.duration"},
		"bad detail":     {`"result": 3`, `"result": 33`, "33"},
		"negative round": {`"ratio": 6.17`, `"ratio": -6.17`, "rounds[0].ratio"},
		"bad histogram":  {`"significant_digits": 3`, `"significant_digits": 2`, "significant digits"},
		"bad tag":        {`"branch": "main"`, `"Branch": "main"`, "config.tags"},
		"bad interval":   {`"end_s": 1.012`, `"end_s": 0.001`, "intervals[1]"},
		"endless":        {`"end_s": 1.012`, `"end_s": 1e300`, "intervals[1]"},
		"bad share":      {`0.99,`, `1.99,`, "busy[0]"},
		"bad phase":      {`"phase": "twin"`, `"phase": ""`, "phase"},
		"bad count":      {`"backlog": 450`, `"backlog": -450`, "counts"},
		"bad latency":    {`"p50_ns": 450000`, `"p50_ns": -1`, "latency"},
		"no label":       {`"label": "ping"`, `"label": ""`, "label"},
		"violation":      {`"workload": "big",` + "\n      \"where\"", `"workload": "bigger",` + "\n      \"where\"", "bigger"},
		"not JSON":       {"{", "workload", "not the JSON"},
	} {
		broken := strings.Replace(good.String(), c.old, c.new, 1)
		if broken == good.String() {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := Read(strings.NewReader(broken)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v does not say %q", name, err, c.want)
		}
	}
	for _, s := range []string{"", good.String() + good.String()} {
		if _, err := Read(strings.NewReader(s)); err == nil {
			t.Errorf("%d bytes are taken", len(s))
		}
	}
}

// validate checks a value against the part of JSON Schema that schema.json uses.
func validate(schema, root map[string]any, v any, at string) error {
	if ref, ok := schema["$ref"].(string); ok {
		schema = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	for word := range schema {
		if !slices.Contains([]string{"type", "properties", "required", "additionalProperties", "items", "enum", "const", "minimum", "minItems", "maxItems",
			"description", "title", "$schema", "$defs", "$id"}, word) {
			return fmt.Errorf("schema of %s uses %s, which is not checked", at, word)
		}
	}
	if c, ok := schema["const"]; ok && c != v {
		return fmt.Errorf("%s is %v, want %v", at, v, c)
	}
	if e, ok := schema["enum"].([]any); ok && !slices.Contains(e, v) {
		return fmt.Errorf("%s is %v, want one of %v", at, v, e)
	}
	n, isNumber := v.(float64)
	switch x := v.(type) {
	case map[string]any:
		if schema["type"] != "object" {
			return fmt.Errorf("%s is an object", at)
		}
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := x[name.(string)]; !ok {
				return fmt.Errorf("%s lacks %v", at, name)
			}
		}
		properties, _ := schema["properties"].(map[string]any)
		for name, v := range x {
			p, ok := properties[name].(map[string]any)
			if !ok {
				p, ok = schema["additionalProperties"].(map[string]any)
			}
			if !ok {
				return fmt.Errorf("%s has %q, which is unknown", at, name)
			}
			if err := validate(p, root, v, at+"."+name); err != nil {
				return err
			}
		}
	case []any:
		if schema["type"] != "array" {
			return fmt.Errorf("%s is an array", at)
		}
		if lo, ok := schema["minItems"].(float64); ok && len(x) < int(lo) {
			return fmt.Errorf("%s has %d items", at, len(x))
		}
		if hi, ok := schema["maxItems"].(float64); ok && len(x) > int(hi) {
			return fmt.Errorf("%s has %d items", at, len(x))
		}
		for i, v := range x {
			if err := validate(schema["items"].(map[string]any), root, v, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case string:
		if schema["type"] != "string" && schema["const"] == nil && schema["enum"] == nil {
			return fmt.Errorf("%s is a string", at)
		}
	case bool:
		if schema["type"] != "boolean" {
			return fmt.Errorf("%s is a boolean", at)
		}
	case float64:
		if schema["type"] != "number" && (schema["type"] != "integer" || x != float64(int64(x))) {
			return fmt.Errorf("%s is the number %v, want %v", at, x, schema["type"])
		}
	default:
		return fmt.Errorf("%s is %v", at, v)
	}
	if lo, ok := schema["minimum"].(float64); ok && isNumber && n < lo {
		return fmt.Errorf("%s is %g, want at least %g", at, n, lo)
	}
	return nil
}

func TestJSONObeysItsSchema(t *testing.T) {
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	r := fixed()
	r.Interrupted, r.Config.Command = true, []string{"run"}
	r.Objectives = []Objective{{Text: "p99<1ms", Workload: "fair", Value: new(4.0), OK: true}, {Text: "p99<1ms", Workload: "big"}}
	r.Results[0].Self = true
	for i := range r.Results {
		r.Results[i].TwinLatency = r.Results[i].Latency
	}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	check := func(text string) error {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		return validate(schema, schema, v, "report")
	}
	if err := check(b.String()); err != nil {
		t.Error(err)
	}
	var real bytes.Buffer
	if err := (Report{Env: Environment(), Results: []bench.Measured{}}).WriteJSON(&real); err != nil {
		t.Fatal(err)
	}
	if err := check(real.String()); err != nil {
		t.Error(err)
	}
	for _, c := range [][2]string{
		{`"schema": "thrum.loadgen/v1"`, `"schema": "v2"`}, {`"ok": true`, `"ok": 1`}, {`"workload": "ping",`, ""}, {`"messages": 4000000`, `"messages": 0.5`},
		{`"label": "ping",`, `"label": "ping", "speed": 3,`}, {`"begin_s": 0,`, ""}, {`"branch": "main"`, `"branch": 1`}, {`"round": 1`, `"round": 0`}, {`"figure": "p99_ns"`, `"figure": "p98"`}, {`"cpus": 2`, `"cpus": 0`},
	} {
		broken := strings.Replace(b.String(), c[0], c[1], 1)
		if broken == b.String() {
			t.Fatalf("%s: nothing was changed", c[0])
		}
		if check(broken) == nil {
			t.Errorf("the schema takes %s for %s", c[1], c[0])
		}
	}
}

func TestMergedReportsCountAllRoundsAndLatencies(t *testing.T) {
	a, b := fixed(), fixed()
	b.Results = b.Results[:5]
	for i := range b.Results[0].Samples {
		b.Results[0].Samples[i]["ns_per_msg"] = 30
	}
	m, err := Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Results) != len(a.Results) {
		t.Fatalf("%d results, want %d", len(m.Results), len(a.Results))
	}
	ping, fair := m.Results[0], m.Results[4]
	if len(ping.Samples) != 4 || ping.Rounds != 6 {
		t.Errorf("%d samples of %d rounds, want 4 of 6", len(ping.Samples), ping.Rounds)
	}
	if want := (19.8372*1.01 + 30) / 2; *ping.NsPerMsg < want*0.999 || *ping.NsPerMsg > want*1.001 {
		t.Errorf("the median is %g, want %g", *ping.NsPerMsg, want)
	}
	if fair.Latency.Count() != 14 || *fair.Messages != 14 {
		t.Errorf("%d latencies, want 14", fair.Latency.Count())
	}
	if fair.P99 != nil {
		t.Errorf("a p99 of 14 samples is told: %d", *fair.P99)
	}
	if a.Results[0].Rounds != 3 || len(a.Results[0].Samples) != 2 {
		t.Error("merging changed what was merged")
	}
	b.Results[0].Figure = bench.P99
	if _, err := Merge(a, b); err == nil || !strings.Contains(err.Error(), "ping") {
		t.Errorf("results about different figures are merged: %v", err)
	}
}

func TestMergedReportsKeepIntervalsAndCommonTags(t *testing.T) {
	a, b := fixed(), fixed()
	b.Config.Tags = map[string]string{"branch": "main", "try": "three"}
	m, err := Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(watched(false)); len(m.Results[0].Intervals) != 2*n {
		t.Errorf("%d intervals, want twice %d", len(m.Results[0].Intervals), n)
	}
	if len(m.Config.Tags) != 1 || m.Config.Tags["branch"] != "main" {
		t.Errorf("tags %v", m.Config.Tags)
	}
	if len(a.Config.Tags) != 2 {
		t.Error("merging changed what was merged")
	}
}

func TestInterruptedRowTellsWhatWasSeen(t *testing.T) {
	r := Report{Interrupted: true, Results: []bench.Measured{{Result: bench.Result{Workload: "ring", Label: "ring", OK: true, Figure: bench.NsPerMsg,
		Params: bench.Params{Rounds: 3}}, Intervals: watched(false)[:3]}}}
	for _, form := range []string{"text", "md", "html"} {
		var b bytes.Buffer
		if err := r.Write(&b, form, Style{}); err != nil {
			t.Fatal(err)
		}
		if want := "interrupted before a round was done, so it has no figures; until then 97,000 messages were handled in 2.00s, 48.5k a second"; !strings.Contains(b.String(), want) {
			t.Errorf("%s does not say %q:\n%s", form, want, b.String())
		}
	}
	for _, form := range Forms {
		if err := r.Write(&bytes.Buffer{}, form, Style{}); err != nil && form != "hgrm" {
			t.Errorf("%s: %v", form, err)
		}
	}
	r.Results[0].Intervals = r.Results[0].Intervals[:1]
	var b bytes.Buffer
	r.WriteText(&b, Style{})
	if !strings.Contains(b.String(), "50,000 messages were handled in 12.0ms") {
		t.Errorf("the warm-up is not told of:\n%s", b.String())
	}
	if c := Compare(r, r, nil, 0.05); len(c.Changes) != 0 {
		t.Errorf("a row without figures is compared: %+v", c.Changes)
	}
}

func TestTagsCanBeWrittenInEveryForm(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"branch", "main", ""}, {"α-1.x/y", "two words", ""}, {"Branch", "main", "lower-case"}, {"", "x", "lower-case"}, {"a b", "x", "blanks"},
		{"a:b", "x", "colons"}, {"aB", "x", "capitals"}, {"1a", "x", "lower-case"}, {"cpu", "x", "anyway"}, {"a", " ", "not empty"}, {"a", "x\ny", "one line"},
		{"a", "\xff", "one line"},
	} {
		err := CheckTag(c.key, c.value)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q=%q: %v, want %q", c.key, c.value, err, c.want)
		}
	}
}

func TestDifferentMachinesAreNamed(t *testing.T) {
	a, b := fixed(), fixed()
	if d := Differences(a, b); len(d) != 0 {
		t.Errorf("equal environments differ: %v", d)
	}
	b.Env.CPU, b.Env.CPUs = "Other", 64
	if d := strings.Join(Differences(a, b, b), "; "); !strings.Contains(d, "CPU: AMD EPYC and Other") || strings.Count(d, "Other") != 1 {
		t.Errorf("differences: %s", d)
	}
}

func TestHTMLNeedsNothingButItself(t *testing.T) {
	r := fixed()
	r.Results[0].Label = `<script>alert("1")</script>`
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, outside := range []string{"http://", "https://", "src=", "href=", "@import", "url(", "<script"} {
		if strings.Contains(strings.ReplaceAll(b.String(), "http://www.w3.org/2000/svg", ""), outside) {
			t.Errorf("the page has %q", outside)
		}
	}
	if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
		t.Error("a coordinate is no number")
	}
}

func TestHTMLOfNothingIsAPage(t *testing.T) {
	var b bytes.Buffer
	if err := (Report{Interrupted: true}).WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "nothing was measured") || strings.Contains(b.String(), "<svg") {
		t.Error(b.String())
	}
}
