//go:build !linux

package sched

// osYield is nil where the system lets a thread that wakes go first by itself (Windows raises its priority), or has no such call
// without cgo.
var osYield func()
