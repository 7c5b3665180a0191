//go:build !bug_leave

package mpsc

const bugLeave = false
