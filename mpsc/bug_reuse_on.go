//go:build bug_reuse

package mpsc

const bugReuse = true
