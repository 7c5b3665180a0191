//go:build bug_barrier

package sched

const bugBarrier = true
