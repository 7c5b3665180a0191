package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/thrum-go/thrum/bench"
)

func newList(o *options, stdout *os.File) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Name the workloads and the flags each takes",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			form, err := o.output.listForm()
			if err != nil {
				return err
			}
			if form == "json" {
				return listJSON(stdout)
			}
			var b strings.Builder
			for _, w := range bench.All() {
				describe(&b, w)
			}
			b.WriteString(listLegend)
			_, err = stdout.WriteString(b.String())
			return err
		},
	}
}

const listLegend = `
Each is run by "loadgen run NAME" with the flags shown, here with their defaults. --workers is
GOMAXPROCS unless given, --messages as many as fit --duration, which is the time for all
rounds of Thrum and twin together; the median of the --rounds counts.
`

// describe writes what a workload is for, what its twin is and which flags it
// takes. Numbers of processes and the like, and styles, mean something else in each.
func describe(b *strings.Builder, w *bench.Workload) {
	fmt.Fprintf(b, "%-9s %s\n", w.Name, w.Purpose)
	if w.Twin != "" {
		fmt.Fprintf(b, "%-9s twin: %s\n", "", w.Twin)
	}
	var flags []string
	for _, p := range w.Parameters {
		flag := "--" + p.Name
		if p.Default != 0 {
			flag += " " + p.Format(p.Default)
		}
		if len(p.Choices) > 0 {
			flag += fmt.Sprintf(" %s (%s: %s)", p.Choices[0], p.Meaning, strings.Join(p.Choices, ", "))
		}
		if p.Name == bench.Procs || p.Name == bench.Size {
			flag += fmt.Sprintf(" (%s, %s to %s)", p.Meaning, p.Format(p.Min), p.Format(p.Max))
			if p.Min == p.Max {
				continue // nothing to choose
			}
		}
		flags = append(flags, flag)
	}
	fmt.Fprintf(b, "%-9s %s\n", "", strings.Join(flags, " "))
}

// listJSON prints the same for a program. Durations are in nanoseconds.
func listJSON(stdout *os.File) error {
	type parameter struct {
		Name    string   `json:"name"`
		Meaning string   `json:"meaning"`
		Default int64    `json:"default,omitempty"`
		Min     int64    `json:"min"`
		Max     int64    `json:"max"`
		Choices []string `json:"choices,omitempty"`
	}
	type workload struct {
		Name       string      `json:"name"`
		Purpose    string      `json:"purpose"`
		Twin       string      `json:"twin,omitempty"`
		Parameters []parameter `json:"parameters"`
	}
	var all struct {
		Workloads []workload `json:"workloads"`
	}
	for _, w := range bench.All() {
		x := workload{Name: w.Name, Purpose: w.Purpose, Twin: w.Twin}
		for _, p := range w.Parameters {
			x.Parameters = append(x.Parameters, parameter(p))
		}
		all.Workloads = append(all.Workloads, x)
	}
	e := json.NewEncoder(stdout)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
