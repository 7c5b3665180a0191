//go:build !bug_settled

package proc

const bugVisit = false
