//go:build !bug_herd

package sched

const bugHerd = false
