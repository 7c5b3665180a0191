// Loadgen runs workloads on Thrum, each beside a twin made of goroutines and
// channels, and prints what they cost.
//
//	loadgen                         the standard set, under half a minute
//	loadgen run ring --procs 1000   one workload
//	loadgen run call --rate 100k/s  load at a given rate
//	loadgen run FILE.json           a scenario: phases, rates and mixes
//	loadgen list                    all workloads and their parameters
//	loadgen report FILE...          results that were kept, in any form
//	loadgen compare OLD NEW         what has changed, beyond chance
//
// Results go to stdout, progress to stderr. Exit codes: 0 all well, 1 something
// failed inside, 2 wrong usage, 3 an objective was missed or a figure got worse, 4 a
// workload's check failed (a message lost, doubled, reordered, or something left
// behind), 5 the results do not suffice for an answer or the generator was the limit,
// 130 interrupted.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Exit codes.
const (
	exitOK          = 0
	exitInternal    = 1
	exitUsage       = 2
	exitObjective   = 3
	exitViolation   = 4
	exitInvalid     = 5
	exitInterrupted = 130
)

// Errors that have an exit code of their own and have been told already.
var (
	errObjective   = errors.New("an objective was missed, or a figure got worse")
	errViolation   = errors.New("a check failed")
	errUntested    = errors.New("the results do not suffice for an answer")
	errNotValid    = errors.New("the generator was the limit")
	errInterrupted = errors.New("interrupted")
)

func main() {
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs the command line and returns the exit code.
func execute(args []string, stdout, stderr *os.File) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.Execute()
	return exitCode(err, stderr)
}

// exitCode tells what went wrong, unless that has been told, and returns the code
// for it.
func exitCode(err error, stderr io.Writer) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errObjective):
		return exitObjective
	case errors.Is(err, errViolation):
		return exitViolation
	case errors.Is(err, errUntested), errors.Is(err, errNotValid):
		return exitInvalid
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "loadgen: %v\n", usage)
		return exitUsage
	default:
		fmt.Fprintf(stderr, "loadgen: %v\n", err)
		return exitInternal
	}
}
