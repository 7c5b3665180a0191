//go:build bug_port_last

package proc

const bugPortLast = true
