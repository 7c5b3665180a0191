//go:build bug_gate

package mpsc

const bugGate = true
