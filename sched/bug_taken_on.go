//go:build bug_taken

package sched

const bugTaken = true
