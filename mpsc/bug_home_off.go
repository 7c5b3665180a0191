//go:build !bug_home

package mpsc

const bugHome = false
