//go:build !bug_hold

package mpsc

const bugHold = false
