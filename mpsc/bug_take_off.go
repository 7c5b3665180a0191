//go:build !bug_take

package mpsc

const bugTake = false
