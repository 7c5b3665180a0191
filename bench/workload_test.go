package bench

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// tiny returns parameters with which a workload takes some milliseconds.
func tiny(w *Workload) Params {
	p := Params{Rounds: 1, Duration: 20 * time.Millisecond}
	switch w.Name {
	case "ping", "ring", "flood", "spawn", "call", "gencall", "chain-spawn":
		p.Messages = 5000
	case "receive":
		p.Messages, p.Size = 2000, 3000
	case "timers":
		p.Size = 3000
	case "links":
		p.Messages, p.Procs = 5000, 500
	case "names":
		p.Messages, p.Size = 5000, 100
	case "tree":
		p.Procs = 1000
	case "storm":
		p.Messages, p.Procs = 1000, 20
	case "churn":
		p.Messages, p.Procs = 2000, 200
	case "fanin":
		p.Messages, p.Procs = 5000, 11
	case "big", "ubench":
		p.Messages, p.Procs = 5000, 16
	case "spawn-remote":
		p.Messages, p.Size = 2000, 500
	case "steal":
		p.Messages, p.Procs = 500, 50
	case "overload":
		p.Messages, p.Procs, p.Size = 5000, 3, 100
	case "chain":
		p.Messages, p.Procs = 5000, 50
	case "hack":
		p.Messages, p.Procs, p.Size = 5000, 2, 5
	case "pairs":
		p.Messages, p.Procs = 5000, 8
	case "curve":
		p.Messages, p.Procs = 2000, 30
	case "skynet":
		p.Procs = 1000
	case "idle":
		p.Procs = 2000
	case "fair", "host":
		p.Procs = 8
	}
	return p
}

// setting is a workload in one of its styles.
type setting struct {
	*Workload
	name string
	p    Params // tiny
}

// settings returns every workload in each of its styles, with one and with several messages
// in flight.
func settings() []setting {
	var all []setting
	for _, w := range All() {
		p := tiny(w)
		styles := []string{""}
		if style, ok := w.parameter(Style); ok {
			styles = style.Choices
		}
		for _, p.Style = range styles {
			if p.Style == allStyles {
				continue
			}
			name := strings.TrimSpace(w.Name + " " + p.Style)
			all = append(all, setting{w, name, p})
			several := p
			several.Inflight = 7
			if _, err := w.Resolve(several); err == nil {
				all = append(all, setting{w, name + " inflight", several})
			}
		}
	}
	return all
}

func TestEveryWorkloadPassesItsOwnCheck(t *testing.T) {
	for _, w := range settings() {
		t.Run(w.name, func(t *testing.T) {
			goroutines, procs := runtime.NumGoroutine(), runtime.GOMAXPROCS(0)
			results, err := w.Run(t.Context(), w.p, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(results) == 0 {
				t.Fatal("no result")
			}
			for _, r := range results {
				if !r.OK {
					t.Errorf("%s: %v", r.Label, r.Violations)
				}
				if len(r.Scheduler) != 6 {
					t.Errorf("%s tells %v of its scheduler", r.Label, r.Scheduler)
				}
				if r.Rounds != 1 {
					t.Errorf("%s: %d rounds done, one was asked for", r.Label, r.Rounds)
				}
				if w.Figure == NsPerMsg && (r.NsPerMsg == nil || r.Messages == nil || w.twin != nil && (r.Twin == nil || r.Ratio == nil)) {
					t.Errorf("%s: figures are missing: %+v", r.Label, r)
				}
			}
			if now := runtime.GOMAXPROCS(0); now != procs {
				t.Errorf("GOMAXPROCS is %d afterwards, it was %d", now, procs)
			}
			if now := runtime.NumGoroutine(); now > goroutines {
				t.Errorf("%d goroutines afterwards, %d before", now, goroutines)
			}
		})
	}
}

// TestTwinDoesTheSameWork runs each twin alone, so that a failure names it.
func TestTwinDoesTheSameWork(t *testing.T) {
	for _, w := range settings() {
		if w.twin == nil {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			p := w.p
			ours, err := w.Once(t.Context(), Thrum, p)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := w.Once(t.Context(), Channel, p)
			if err != nil {
				t.Fatal(err)
			}
			if ours.Messages != theirs.Messages {
				t.Errorf("Thrum's round has %d messages, the twin's %d", ours.Messages, theirs.Messages)
			}
		})
	}
}

func TestInterruptedRunKeepsWhatItMeasured(t *testing.T) {
	for _, w := range settings() {
		if w.timed || w.Figure != NsPerMsg {
			continue
		}
		for _, phase := range []string{"thrum", "twin"} {
			if phase == "twin" && w.twin == nil {
				continue
			}
			t.Run(w.name+" in "+phase, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				p := w.p
				p.Rounds, p.Duration = 3, time.Hour
				results, err := w.Run(ctx, p, func(e Event) {
					if e.Row == 1 && e.Round == 2 && e.Phase == phase {
						cancel()
					}
				})
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("error %v, want that of the context", err)
				}
				if len(results) != 1 || results[0].Rounds != 1 || results[0].NsPerMsg == nil || !results[0].OK {
					t.Errorf("want the one finished round, got %+v", results)
				}
			})
		}
	}
}

// TestRunningRoundCanBeInterrupted cancels while a round that would last for
// hours is under way.
func TestRunningRoundCanBeInterrupted(t *testing.T) {
	for _, w := range settings() {
		for _, impl := range []Impl{Thrum, Channel} {
			if w.size != nil && w.Name != "timers" || impl == Channel && w.twin == nil {
				continue
			}
			t.Run(w.name+" "+string(impl), func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				defer cancel()
				p := w.p
				p.Duration = time.Hour
				if w.Name == "timers" {
					p.Size = 200_000
				}
				if w.Name == "blocking" {
					p.Duration = time.Minute
				}
				if p.Messages > 0 {
					p.Messages = 1e12
				}
				goroutines := runtime.NumGoroutine()
				if _, err := w.Once(ctx, impl, p); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("error %v, want that of the context", err)
				}
				for until := time.Now().Add(patience); runtime.NumGoroutine() > goroutines; time.Sleep(time.Millisecond) {
					if time.Now().After(until) {
						t.Fatalf("%d goroutines are left, %d were there before", runtime.NumGoroutine(), goroutines)
					}
				}
			})
		}
	}
}

func TestWrongParametersAreNamed(t *testing.T) {
	for _, c := range []struct {
		workload string
		p        Params
		name     string
		value    string
		want     string
	}{
		{"ring", Params{Procs: 1}, Procs, "1", "2 to 10000000"},
		{"ring", Params{Procs: -7}, Procs, "-7", "2 to 10000000"},
		{"ring", Params{Workers: 100_000}, Workers, "100000", "1 to 255"},
		{"ring", Params{Seed: 3}, Seed, "3", "takes no such"},
		{"ring", Params{Messages: -1}, Messages, "-1", "1 to 1000000000000"},
		{"ring", Params{Duration: time.Nanosecond}, Duration, "1ns", "10ms to 24h"},
		{"ring", Params{Rounds: -1}, Rounds, "-1", "1 to 1000"},
		{"ping", Params{Procs: 3}, Procs, "3", "always 2"},
		{"spawn", Params{Procs: 3}, Procs, "3", "takes no such"},
		{"pairs", Params{Procs: 3}, Procs, "3", "even"},
		{"pairs", Params{Workers: 1}, Workers, "1", "2 to 255"},
		{"skynet", Params{Procs: 500}, Procs, "500", "power of ten"},
		{"idle", Params{Messages: 5}, Messages, "5", "takes no such"},
		{"call", Params{Style: "fast"}, Style, "fast", "machine, direct or goroutine"},
		{"ping", Params{Style: "fast"}, Style, "fast", "takes no such"},
		{"names", Params{Size: 1}, Size, "1", "2 to 1000000"},
		{"call", Params{Size: 1}, Size, "1", "takes no such"},
		{"flood", Params{Inflight: 2}, Inflight, "2", "takes no such"},
		{"ring", Params{Inflight: -1}, Inflight, "-1", "1 to 1000000"},
		{"call", Params{Inflight: 2, Style: callGoroutine}, Inflight, "2", "goroutine"},
		{"pairs", Params{Inflight: 100_000, Procs: 1000}, Inflight, "100000", "at most 10000"},
		{"big", Params{Inflight: 10_000, Procs: 4096}, Inflight, "10000", "at most 2441"},
		{"hack", Params{Procs: 10_000, Size: 1000}, Procs, "10000", "at most 10"},
		{"chain", Params{Procs: -1}, Procs, "-1", "1 to 1000000"},
		{"steal", Params{Size: 1}, Size, "1", "takes no such"},
		{"overload", Params{Style: "lose"}, Style, "lose", "drop-oldest"},
		{"spawn-remote", Params{Style: "far"}, Style, "far", "idle or busy"},
	} {
		w, ok := Find(c.workload)
		if !ok {
			t.Fatalf("no workload %s", c.workload)
		}
		_, err := w.Run(t.Context(), c.p, nil)
		var wrong *ParamError
		if !errors.As(err, &wrong) {
			t.Errorf("%s with %+v: error %v, want a ParamError", c.workload, c.p, err)
			continue
		}
		if wrong.Name != c.name || wrong.Value != c.value || !strings.Contains(wrong.Want, c.want) {
			t.Errorf("%s with %+v: %v; want %s, %s and %q named", c.workload, c.p, wrong, c.name, c.value, c.want)
		}
	}
}

func TestDefaultsAreWithinTheirRanges(t *testing.T) {
	for _, w := range All() {
		p, err := w.Resolve(Params{})
		if err != nil {
			t.Errorf("%s: %v", w.Name, err)
		}
		again, err := w.Resolve(p)
		if err != nil || again != p {
			t.Errorf("%s: resolving %+v once more gives %+v, %v", w.Name, p, again, err)
		}
	}
	for _, s := range Standard() {
		if _, err := s.Workload.Resolve(s.Params); err != nil {
			t.Errorf("standard set: %v", err)
		}
	}
}

func TestEachStyleHasARowOfItsOwn(t *testing.T) {
	for _, w := range All() {
		style, ok := w.parameter(Style)
		if !ok || style.Choices[0] != allStyles {
			continue
		}
		results, err := w.Run(t.Context(), tiny(w), nil)
		if err != nil {
			t.Fatal(err)
		}
		var labels []string
		for _, r := range results {
			labels = append(labels, strings.TrimPrefix(r.Label, w.Name+" "))
		}
		if want := style.Choices[1:]; !slices.Equal(labels, want) {
			t.Errorf("%s has rows for %v, want %v", w.Name, labels, want)
		}
	}
}

func TestWorkloadsAreFoundByName(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range All() {
		if seen[w.Name] {
			t.Errorf("two workloads are called %s", w.Name)
		}
		seen[w.Name] = true
		if !slices.Contains(Groups(), w.Group) {
			t.Errorf("%s: its group is %q, want one of %v", w.Name, w.Group, Groups())
		}
		for _, name := range append([]string{w.Name}, w.Aliases...) {
			if got, ok := Find(name); !ok || got != w {
				t.Errorf("Find(%q) gives %v, %t", name, got, ok)
			}
		}
		if w.Purpose == "" || strings.Contains(w.Purpose, "\n") {
			t.Errorf("%s: its purpose is not one line: %q", w.Name, w.Purpose)
		}
	}
	if w, ok := Find("rin"); ok {
		t.Errorf("Find(\"rin\") gives %s", w.Name)
	}
}
