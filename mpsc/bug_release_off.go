//go:build !bug_release

package mpsc

const bugRelease = false
