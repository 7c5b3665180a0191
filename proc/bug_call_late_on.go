//go:build bug_call_late

package proc

const bugCallLate = true
