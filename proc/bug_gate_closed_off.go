//go:build !bug_gate_closed

package proc

const bugGateClosed = false
