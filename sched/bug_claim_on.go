//go:build bug_claim

package sched

const bugClaim = true
