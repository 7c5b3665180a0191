//go:build bug_parted

package sched

const bugParted = true
