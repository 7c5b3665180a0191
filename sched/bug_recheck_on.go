//go:build bug_recheck

package sched

const bugRecheck = true
