//go:build !bug_settle

package sched

const bugSettle = false
