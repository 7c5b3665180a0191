package bench

import (
	"slices"
	"strings"
)

// Figure names what a workload is about, and so what its ratio compares.
type Figure string

// The figures: time for a message (or a process, or a hop), the 99th percentile
// of a latency, and memory for a process.
const (
	NsPerMsg     Figure = "ns_per_msg"
	P99          Figure = "p99_ns"
	BytesPerProc Figure = "bytes_per_proc"
)

// Workload is one thing to measure. Workloads are made by this package; see
// [All] and [Find].
type Workload struct {
	Name       string
	Group      Group
	Aliases    []string // names that other suites have for the same thing
	Purpose    string   // one line
	Twin       string   // what it is compared with; empty: nothing
	Figure     Figure
	Parameters []Parameter

	thrum, twin side
	// self says that the twin is Thrum as well, with another load.
	self bool

	// timed workloads go on for the round's share of the duration; the others go
	// on for a number of messages.
	timed bool
	// size returns the messages of a round when they follow from the parameters.
	size func(Params) int64
	// warm returns the messages of the short round from which the number of
	// messages that fit the duration is reckoned.
	warm func(Params) int64
	// refine checks what ranges cannot say.
	refine func(Params) error
	// rows splits a measurement into several, each with a result of its own.
	rows func(Params) []Params
	// conclude looks at all rows when they are done.
	conclude func([]Result)
	// label tells a row from others of the same workload.
	label func(Params) string
	// uncounted leaves the program's goroutines out of the checks: others come and
	// go while it runs.
	uncounted bool
	// twinFits says whether the twin can be afforded with these parameters.
	twinFits func(Params) bool
}

// side runs one round of a workload in one implementation.
type side func(*trial) (Sample, error)

// Setting is a workload together with parameters for it.
type Setting struct {
	Workload *Workload
	Params   Params
}

// All returns every workload, in the order in which they are listed: by group.
func All() []*Workload {
	all := slices.Clone(workloads)
	slices.SortStableFunc(all, func(a, b *Workload) int { return slices.Index(groups, a.Group) - slices.Index(groups, b.Group) })
	return all
}

// Find returns the workload of that name, which may be an alias.
func Find(name string) (*Workload, bool) {
	for _, w := range workloads {
		if w.Name == name || slices.Contains(w.Aliases, name) {
			return w, true
		}
	}
	return nil, false
}

// Label returns the name of the workload and, where it is measured with several
// settings, what sets this one apart.
func (w *Workload) Label(p Params) string {
	if w.label == nil {
		return w.Name
	}
	return strings.TrimSpace(w.Name + " " + strings.TrimSpace(w.label(p)))
}
