package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Rounds and loads alike show their runtime while they run, and what is seen does not break their checks.
func TestServeShowsTheRuntimeOfRoundsAndLoads(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no interrupt can be sent to a process on Windows")
	}
	path := build(t, "")
	for _, args := range []string{"run ring --procs 50 -n 1m --rounds 1000 -d 1h", "run call --rate 1000 -d 1h --warmup 10ms"} {
		t.Run(args, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, path, append(strings.Fields(args), "--serve", "127.0.0.1:0")...)
			errs, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			cmd.Stdout = &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			addr := ""
			lines := bufio.NewScanner(errs)
			for addr == "" && lines.Scan() {
				_, addr, _ = strings.Cut(lines.Text(), "loadgen top ")
			}
			said := make(chan string, 1)
			go func() {
				var all strings.Builder
				for lines.Scan() {
					all.WriteString(lines.Text() + "\n")
				}
				said <- all.String()
			}()
			get := func(what string) string {
				for ctx.Err() == nil {
					response, err := http.Get("http://" + addr + topPath + what)
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(response.Body)
					response.Body.Close()
					if err == nil && response.StatusCode == http.StatusOK { // 503 between two rounds
						return string(body)
					}
				}
				t.Fatalf("%s: no answer", what)
				return ""
			}
			for !strings.Contains(get("tree"), "*") { // a round begins before its processes do
			}
			get("profile")
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("exit code %d, %s%s", code, out.String(), <-said)
			}
		})
	}
}
