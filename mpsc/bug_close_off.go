//go:build !bug_close

package mpsc

const bugClose = false
