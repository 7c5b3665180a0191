//go:build bug_remember

package mpsc

const bugRemember = true
