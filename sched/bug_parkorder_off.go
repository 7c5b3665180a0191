//go:build !bug_parkorder

package sched

const bugParkOrder = false
