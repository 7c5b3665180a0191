//go:build bug_pop

package sched

const bugPop = true
