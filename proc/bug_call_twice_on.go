//go:build bug_call_twice

package proc

const bugCallTwice = true
