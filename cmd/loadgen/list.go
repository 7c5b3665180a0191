package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/load"
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
			for _, g := range bench.Groups() {
				var of []*bench.Workload
				for _, w := range bench.All() {
					if w.Group == g {
						of = append(of, w)
					}
				}
				if len(of) == 0 {
					continue
				}
				fmt.Fprintf(&b, "%s\n\n", strings.ToUpper(string(g)))
				for _, w := range of {
					describe(&b, w)
				}
				b.WriteString("\n")
			}
			b.WriteString(listLegend)
			b.WriteString(loadLegend)
			for _, o := range load.Operations() {
				entry(&b, o.Name, o.Purpose)
				if o.Twin != "" {
					entry(&b, "", "twin: "+o.Twin)
				}
			}
			_, err = stdout.WriteString(b.String())
			return err
		},
	}
}

const listLegend = `Each is run by "loadgen run NAME" with the flags shown, here with their
defaults. --workers is GOMAXPROCS unless given, --messages as many as fit
--duration, which is the time for all rounds of Thrum and twin together; the
median of the --rounds counts. Instead of the name, each name after "also" will
do. docs/workloads.md says what each asks and checks.
`

const loadLegend = `
LOADS

These take --rate, as "loadgen run call --rate auto:70%", or --inflight, with
--arrival, --procs 1000, --duration 5s, --warmup 1s, --twin and --seed; they are
the operations in the mix of a scenario file.

`

// listWide is how wide the list is at most; names take listName of it.
const (
	listWide = 80
	listName = 13
)

// describe writes what a workload is for, what its twin is and which flags it
// takes. Numbers of processes and the like, and styles, mean something else in each.
func describe(b *strings.Builder, w *bench.Workload) {
	entry(b, w.Name, w.Purpose)
	if len(w.Aliases) > 0 {
		entry(b, "", "also "+strings.Join(w.Aliases, ", "))
	}
	if w.Twin != "" {
		entry(b, "", "twin: "+w.Twin)
	}
	var common []string
	for _, p := range w.Parameters {
		flag := "--" + p.Name
		switch {
		case len(p.Choices) > 0:
			entry(b, "", fmt.Sprintf("%s %s: %s; %s", flag, p.Choices[0], p.Meaning, strings.Join(p.Choices, ", ")))
		case p.Min == p.Max: // nothing to choose
		case p.Name == bench.Procs || p.Name == bench.Size || p.Name == bench.Inflight:
			entry(b, "", fmt.Sprintf("%s %s: %s, %s to %s", flag, p.Format(p.Default), p.Meaning, p.Format(p.Min), p.Format(p.Max)))
		case p.Default != 0:
			common = append(common, flag+" "+p.Format(p.Default))
		default:
			common = append(common, flag)
		}
	}
	entry(b, "", strings.Join(common, " "))
}

// entry writes text behind a name or below it, broken at spaces; what does not fit a
// line goes on a little further to the right.
func entry(b *strings.Builder, name, text string) {
	line := fmt.Sprintf("%-*s", listName-1, name)
	for _, word := range strings.Fields(text) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > listWide && len(line) > listName {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", listName+1)
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
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
		Group      bench.Group `json:"group"`
		Aliases    []string    `json:"aliases,omitempty"`
		Purpose    string      `json:"purpose"`
		Twin       string      `json:"twin,omitempty"`
		Parameters []parameter `json:"parameters"`
	}
	type operation struct {
		Name    string `json:"name"`
		Purpose string `json:"purpose"`
		Twin    string `json:"twin,omitempty"`
	}
	var all struct {
		Workloads  []workload  `json:"workloads"`
		Operations []operation `json:"operations"` // that take a rate
	}
	for _, o := range load.Operations() {
		all.Operations = append(all.Operations, operation{o.Name, o.Purpose, o.Twin})
	}
	for _, w := range bench.All() {
		x := workload{Name: w.Name, Group: w.Group, Aliases: w.Aliases, Purpose: w.Purpose, Twin: w.Twin}
		for _, p := range w.Parameters {
			x.Parameters = append(x.Parameters, parameter(p))
		}
		all.Workloads = append(all.Workloads, x)
	}
	e := json.NewEncoder(stdout)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
