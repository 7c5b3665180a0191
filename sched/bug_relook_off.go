//go:build !bug_relook

package sched

const bugRelook = false
