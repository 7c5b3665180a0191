//go:build bug_phantom

package sched

const bugPhantom = true
