//go:build !bug_mon_down

package proc

const bugMonDown = false
