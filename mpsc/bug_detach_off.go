//go:build !bug_detach

package mpsc

const bugDetach = false
