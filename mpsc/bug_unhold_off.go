//go:build !bug_unhold

package mpsc

const bugUnhold = false
