//go:build !bug_urgent

package mpsc

const bugUrgent = false
