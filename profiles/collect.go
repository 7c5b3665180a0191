//go:build ignore

// Collect records a CPU profile of each of the main workloads and writes what they have in common, profiles.Library of them, to lib.pgo in
// the current folder: run it by "go generate ./profiles", on a machine that has nothing else to do. It takes a minute.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/profiles"
)

// each is how long a workload is recorded for.
const each = 3 * time.Second

var recorded = []struct {
	name string
	p    bench.Params
}{
	{"ping", bench.Params{}},
	{"ring", bench.Params{Procs: 503}},
	{"ring", bench.Params{Procs: 10_000}},
	{"flood", bench.Params{}},
	{"fanin", bench.Params{}},
	{"big", bench.Params{}},
	{"call", bench.Params{Style: "machine"}},
	{"call", bench.Params{Style: "direct"}},
	{"gencall", bench.Params{Style: "machine"}},
	{"spawn", bench.Params{}},
	{"links", bench.Params{Style: "link"}},
	{"links", bench.Params{Style: "monitor"}},
	{"names", bench.Params{Style: "send"}},
	{"churn", bench.Params{}},
	{"timers", bench.Params{Size: 200_000}},
	{"storm", bench.Params{Style: "quiet"}},
}

func main() {
	if err := collect("lib.pgo"); err != nil {
		fmt.Fprintln(os.Stderr, "collect:", err)
		os.Exit(1)
	}
}

func collect(file string) error {
	var all []*profile.Profile
	for _, r := range recorded {
		w, ok := bench.Find(r.name)
		if !ok {
			return fmt.Errorf("there is no workload %s", r.name)
		}
		p, err := record(w, r.p)
		if err != nil {
			return fmt.Errorf("%s: %w", w.Label(r.p), err)
		}
		fmt.Fprintf(os.Stderr, "%s: %d stacks\n", w.Label(r.p), len(p.Sample))
		all = append(all, p)
	}
	lib, err := profiles.Library(all...)
	if err != nil {
		return err
	}
	lib.Comments = []string{fmt.Sprintf("%s %s/%s, %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, time.Now().UTC().Format(time.DateOnly))}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := lib.Write(f); err != nil {
		return err
	}
	return f.Close()
}

// record profiles rounds of Thrum's side until they have taken long enough. Their length is found by doubling.
func record(w *bench.Workload, p bench.Params) (*profile.Profile, error) {
	ctx := context.Background()
	if p.Messages = 20_000; !w.Takes(bench.Messages) {
		p.Messages = 0
	}
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		return nil, err
	}
	for began := time.Now(); time.Since(began) < each; {
		round := time.Now()
		if _, err := w.Once(ctx, bench.Thrum, p); err != nil {
			pprof.StopCPUProfile()
			return nil, err
		}
		if time.Since(round) < each/10 {
			p.Messages *= 2
		}
	}
	pprof.StopCPUProfile()
	return profile.Parse(&b)
}
