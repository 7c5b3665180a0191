//go:build !bug_stamp

package mpsc

const bugStamp = false
