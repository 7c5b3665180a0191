//go:build !bug_visit

package mpsc

const bugVisit = false
