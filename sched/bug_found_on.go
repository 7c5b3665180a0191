//go:build bug_found

package sched

const bugFound = true
