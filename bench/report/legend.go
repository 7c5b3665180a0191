package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/thrum-go/thrum/bench"
)

// perMessage says what the time for a message is of, where that is not a message.
var perMessage = map[string]string{
	"skynet": "a process", "spawn": "a process", "spawn-remote": "a process", "chain": "a process", "chain-spawn": "a process", "churn": "a process",
	"ring": "a hop", "curve": "a hop",
	"call": "a call and its reply", "gencall": "a call and its reply", "receive": "a call and its reply",
	"names": "a use of one", "timers": "a start", "links": "two operations, or an end in a star or chain", "storm": "a restart",
	"tree": "a child started and stopped", "steal": "10 µs of work, forked and joined",
	"overload": "a message that was handled, not turned away",
}

// latencyOf says what a workload's latencies are of.
var latencyOf = map[string]string{
	"fair": "of a wake-up", "blocking": "of a message", "host": "of an HTTP request", "steal": "until work begins",
	"timers": "of a timer after its time", "noise": "of a reading of the clock after the one before, and of a wake-up after its time: what other latencies have below them is the machine's",
}

// twinOf says what stands in for goroutines and channels.
var twinOf = map[string]string{
	"receive": "Thrum itself, with an empty mailbox, so the ratio is to be 1", "gencall": "Thrum's bare call",
}

// legendRounds says what the columns mean that results of rounds fill, for the workloads that are there.
func legendRounds(results []bench.Measured) string {
	var b strings.Builder
	var names []string
	shown := func(has func(bench.Result) bool) bool {
		names = nil
		for _, x := range results {
			if has(x.Result) && !slices.Contains(names, x.Workload) {
				names = append(names, x.Workload)
			}
		}
		return len(names) > 0
	}
	if shown(func(r bench.Result) bool { return r.NsPerMsg != nil }) {
		b.WriteString(entry("ns/msg", "time for a message"+meanings(names, perMessage)+", median of the rounds"))
	}
	if shown(func(r bench.Result) bool { return r.P50 != nil || r.Max != nil }) {
		what := "latency" + meanings(names, latencyOf)
		if len(names) == 1 && latencyOf[names[0]] != "" {
			what = "latency " + latencyOf[names[0]]
		}
		b.WriteString(entry("p50 to max", what+"; a percentile is told if ten samples lie beyond it, missed instants count as late"))
	}
	if shown(func(r bench.Result) bool { return r.AllocsPerMsg != nil }) {
		b.WriteString(entry("allocs/msg", "heap objects allocated by the whole program"))
	}
	if shown(func(r bench.Result) bool { return r.BytesPerProc != nil }) {
		b.WriteString(entry("bytes/proc", "by growth of memory in use"))
	}
	if shown(func(r bench.Result) bool { return r.Twin != nil }) {
		var of []string
		for _, f := range []struct {
			figure bench.Figure
			name   string
		}{{bench.NsPerMsg, "ns/msg"}, {bench.P99, "p99"}, {bench.BytesPerProc, "bytes/proc"}} {
			if slices.ContainsFunc(results, func(x bench.Measured) bool { return x.Twin != nil && x.Figure == f.figure }) {
				of = append(of, f.name)
			}
		}
		b.WriteString(entry("twin", "the same work with goroutines and channels, in turns with Thrum: its "+strings.Join(of, " or ")+meanings(names, twinOf)))
		b.WriteString(entry("ratio", "twin over Thrum: above 1 Thrum is better; no figure is comparable across machines"))
	}
	return b.String()
}

// meanings returns what the named workloads mean by something, those that mean the same together: " (ring: a hop; storm: a restart)".
func meanings(names []string, of map[string]string) string {
	var order []string
	who := map[string][]string{}
	for _, n := range names {
		if m := of[n]; m != "" {
			if who[m] == nil {
				order = append(order, m)
			}
			who[m] = append(who[m], n)
		}
	}
	if len(order) == 0 {
		return ""
	}
	parts := make([]string, len(order))
	for i, m := range order {
		parts[i] = strings.Join(who[m], ", ") + ": " + m
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

// The legend's measures, in characters.
const (
	legendLeft = 12
	legendWide = 96
)

// entry is a column's name and what it means, in lines that fit.
func entry(name, what string) string { return entryIn(name, what, legendWide) }

func entryIn(name, what string, wide int) string {
	var b strings.Builder
	line := fmt.Sprintf("%-*s", legendLeft, name)
	width := legendLeft
	for i, word := range strings.Fields(what) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case width+1+n > wide:
			b.WriteString(line + "\n")
			line, width = strings.Repeat(" ", legendLeft), legendLeft
		default:
			line += " "
			width++
		}
		line += word
		width += n
	}
	return b.String() + line + "\n"
}
