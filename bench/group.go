package bench

import "slices"

// Group is what a workload is about, for lists. Programs of other suites and systems
// that are no part of this one get groups of their own.
type Group string

// The groups.
const (
	OnMessages  Group = "messages"
	OnProcesses Group = "processes"
	OnTime      Group = "time"
	OnFailure   Group = "failure"
	OnFairness  Group = "fairness"
	OnMemory    Group = "memory"
)

var groups = []Group{OnMessages, OnProcesses, OnTime, OnFailure, OnFairness, OnMemory}

// Groups returns all groups, in the order in which they are listed.
func Groups() []Group { return slices.Clone(groups) }
