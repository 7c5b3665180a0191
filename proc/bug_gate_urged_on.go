//go:build bug_gate_urged

package proc

const bugGateUrged = true
