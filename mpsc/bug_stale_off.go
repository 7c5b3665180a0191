//go:build !bug_stale

package mpsc

const bugStale = false
