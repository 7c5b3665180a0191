package difftest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// erlang runs programs on the real Erlang.
type erlang struct {
	erl  string
	code string // the directory with the compiled interpreters
	dir  string // for programs and traces
}

var (
	erlOnce sync.Once
	erlDir  string // removed by TestMain
	erlErr  error
)

// theErlang is the Erlang of this machine; ok is false when there is none.
func theErlang(t testing.TB) (e *erlang, ok bool) {
	t.Helper()
	erl, err := exec.LookPath("erl")
	if err != nil {
		return nil, false
	}
	erlOnce.Do(func() {
		if erlDir, erlErr = os.MkdirTemp("", "difftest"); erlErr != nil {
			return
		}
		for _, src := range []string{"interp.erl"} {
			out, err := exec.Command("erlc", "-o", erlDir, filepath.Join("testdata", src)).CombinedOutput()
			if err != nil {
				erlErr = fmt.Errorf("erlc %s: %w\n%s", src, err, out)
				return
			}
		}
	})
	if erlErr != nil {
		t.Fatal(erlErr)
	}
	return &erlang{erl, erlDir, t.TempDir()}, true
}

// run runs all programs in one system with so many schedulers and returns their traces by number.
func (e *erlang) run(programs []program, schedulers int) (map[int]trace, error) {
	var b strings.Builder
	for _, p := range programs {
		b.WriteString(p.String())
	}
	out, err := e.start("interp", b.String(), schedulers)
	if err != nil {
		return nil, err
	}
	traces, err := parseTraces(out)
	if err != nil {
		return nil, err
	}
	for _, p := range programs {
		if _, ok := traces[p.id]; !ok {
			return nil, fmt.Errorf("erl left no trace of program %d", p.id)
		}
	}
	return traces, nil
}

// start runs the main function of a module with a file of programs and returns what it has written.
func (e *erlang) start(module, programs string, schedulers int) (string, error) {
	in, out := filepath.Join(e.dir, "programs"), filepath.Join(e.dir, "traces")
	if err := os.WriteFile(in, []byte(programs), 0o600); err != nil {
		return "", err
	}
	if err := os.Remove(out); err != nil && !os.IsNotExist(err) {
		return "", err
	}
	// The limit is for an interpreter that hangs; it decides nothing else.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, e.erl, "+S", fmt.Sprint(schedulers), "+sbwt", "none", "-noshell", "-noinput",
		"-kernel", "logger_level", "none", "-pa", e.code, "-run", module, "main", in, out)
	cmd.Dir = e.dir
	said, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("erl: %w\n%.4000s", err, said)
	}
	traces, err := os.ReadFile(out)
	return string(traces), err
}
