// Package bugs puts bugs into the code, for explorations that must find them. A package declares its own in bugs_on.go,
// a file of builds with the tag explore; in all other builds bugs_off.go has them as constants, and nothing of them is
// compiled or linked.
//
// The environment variable THRUM_BUG names the one bug that is there, by package and name ("mpsc.bug_release"). It is
// read when packages are initialised, so one test binary serves all bugs of a package.
package bugs

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Variable is the environment variable that names the bug.
const Variable = "THRUM_BUG"

// Packages are those that have bugs. A program may consist of some of them only.
var Packages = []string{"mpsc", "sched", "proc"}

// declared is written while packages are initialised, one after the other, and only read afterwards.
var declared []string

// Seeded declares a bug, by package and name, and reports whether it is the one to be there. It is called once for each
// bug, where a variable of the package is declared.
func Seeded(name string) bool {
	declared = append(declared, name)
	return name == Chosen()
}

// Chosen is the bug that the environment names, or nothing.
func Chosen() string { return os.Getenv(Variable) }

// Declared returns the names of a package's bugs, without the package, in alphabetical order.
func Declared(pkg string) []string {
	var names []string
	for _, d := range declared {
		if name, ok := strings.CutPrefix(d, pkg+"."); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Check ends the program, with exit code 2 and the names that there are, if the environment names a bug that the package
// does not have, or no package with bugs. Each of these calls it from init, when its variables are there.
func Check(pkg string) {
	if err := check(pkg, Chosen()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func check(pkg, chosen string) error {
	if !slices.Contains(Packages, pkg) {
		return fmt.Errorf("bugs: package %q declares bugs and is not one of bugs.Packages", pkg)
	}
	if chosen == "" {
		return nil
	}
	in, name, _ := strings.Cut(chosen, ".")
	if !slices.Contains(Packages, in) {
		return fmt.Errorf("bugs: %s=%q: want a package and the name of its bug, as in mpsc.bug_release; packages with bugs are %s",
			Variable, chosen, strings.Join(Packages, ", "))
	}
	if in != pkg || slices.Contains(Declared(pkg), name) {
		return nil
	}
	return fmt.Errorf("bugs: %s=%q: %s has no such bug; it has %s", Variable, chosen, pkg, strings.Join(Declared(pkg), ", "))
}
