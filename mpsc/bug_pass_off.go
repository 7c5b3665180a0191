//go:build !bug_pass

package mpsc

const bugPass = false
