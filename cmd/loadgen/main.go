// Loadgen runs workloads on Thrum, each beside a twin made of goroutines and
// channels, and prints what they cost.
//
//	loadgen                         the standard set, under half a minute
//	loadgen run ring --procs 1000   one workload
//	loadgen list                    all workloads and their parameters
//
// Results go to stdout, progress to stderr. Exit codes: 0 all well, 1 something
// failed inside, 2 wrong usage, 4 a workload's check failed (a message lost,
// doubled, reordered, or something left behind), 130 interrupted.
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
	exitViolation   = 4
	exitInterrupted = 130
)

// Errors that have an exit code of their own and have been told already.
var (
	errViolation   = errors.New("a check failed")
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
	case errors.Is(err, errViolation):
		return exitViolation
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
