//go:build bug_thief

package sched

const bugThief = true
