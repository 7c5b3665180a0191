//go:build !bug_call_drop

package proc

const bugCallDrop = false
