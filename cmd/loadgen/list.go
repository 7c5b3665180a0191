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
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("list takes no arguments, %q is one", args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			if o.output == "json" {
				return listJSON(stdout)
			}
			var b strings.Builder
			for i, w := range bench.All() {
				if i > 0 {
					b.WriteByte('\n')
				}
				describe(&b, w)
			}
			_, err := stdout.WriteString(b.String())
			return err
		},
	}
}

func describe(b *strings.Builder, w *bench.Workload) {
	fmt.Fprintf(b, "%-9s %s\n", w.Name, w.Purpose)
	if w.Twin != "" {
		fmt.Fprintf(b, "%-9s twin: %s\n", "", w.Twin)
	}
	for _, p := range w.Parameters {
		value := "        "
		if p.Default != 0 {
			value = p.Format(p.Default)
		}
		fmt.Fprintf(b, "%-9s   --%-9s %-8s %s (%s to %s)\n", "", p.Name, value, p.Meaning, p.Format(p.Min), p.Format(p.Max))
	}
}

// listJSON prints the same for a program. Durations are in nanoseconds.
func listJSON(stdout *os.File) error {
	type parameter struct {
		Name    string `json:"name"`
		Meaning string `json:"meaning"`
		Default int64  `json:"default,omitempty"`
		Min     int64  `json:"min"`
		Max     int64  `json:"max"`
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
