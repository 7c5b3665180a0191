//go:build !bug_claim

package sched

const bugClaim = false
