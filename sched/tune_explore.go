//go:build explore

package sched

const ringLen = 4
