//go:build !bug_mon_tell

package proc

const bugMonTell = false
