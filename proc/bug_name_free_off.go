//go:build !bug_name_free

package proc

const bugNameFree = false
