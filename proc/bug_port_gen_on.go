//go:build bug_port_gen

package proc

const bugPortGen = true
