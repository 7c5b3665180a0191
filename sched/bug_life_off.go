//go:build !bug_life

package sched

const bugLife = false
