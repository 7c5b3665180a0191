//go:build !bug_call_done

package proc

const bugCallDone = false
