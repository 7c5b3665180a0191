//go:build !bug_late

package mpsc

const bugLate = false
