//go:build !bug_gate_told

package proc

const bugGateTold = false
