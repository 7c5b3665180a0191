//go:build !bug_direct

package mpsc

const bugDirect = false
