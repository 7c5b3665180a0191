//go:build !bug_call_alive

package proc

const bugCallAlive = false
