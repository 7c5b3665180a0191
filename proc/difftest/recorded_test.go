package difftest

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	recordedPrograms = 400
	recordedFile     = "recorded.txt.gz"
	recordedSplit    = "== traces ==\n"
)

// recorded reads the programs in testdata and the traces that Erlang has left of them.
func recorded(t testing.TB) ([]program, map[int]trace) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", recordedFile))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	head, tail, _ := strings.Cut(string(all), recordedSplit)
	programs, err := parsePrograms(head)
	if err != nil {
		t.Fatal(err)
	}
	traces, err := parseTraces(tail)
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) == 0 || len(programs) != len(traces) {
		t.Fatalf("%s: %d programs and %d traces", recordedFile, len(programs), len(traces))
	}
	return programs, traces
}

// TestErlangStillSaysWhatIsRecorded writes testdata/recorded.txt.gz anew when it is asked to, and otherwise holds that this machine's Erlang still
// says what is recorded.
func TestErlangStillSaysWhatIsRecorded(t *testing.T) {
	e, ok := theErlang(t)
	if !ok {
		t.Skip("no erl in the PATH")
	}
	if *recordFlag {
		record(t, e)
	}
	ps, traces := recorded(t)
	again, err := e.run(ps, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if d := difference(traces[p.id], again[p.id]); d != "" {
			t.Errorf("program %d: recorded (Erlang) and now (Thrum): %s", p.id, d)
		}
	}
}

func record(t *testing.T, e *erlang) {
	var ps []program
	for i := range recordedPrograms {
		ps = append(ps, generate(1_000_000+uint64(i)))
	}
	traces, err := e.run(ps, 1)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		io.WriteString(z, p.String())
	}
	io.WriteString(z, recordedSplit)
	for _, p := range ps {
		io.WriteString(z, formatTrace(p.id, traces[p.id]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", recordedFile), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
