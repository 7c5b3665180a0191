//go:build bug_life

package sched

const bugLife = true
