//go:build bug_keep

package mpsc

const bugKeep = true
