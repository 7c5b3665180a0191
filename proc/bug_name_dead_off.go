//go:build !bug_name_dead

package proc

const bugNameDead = false
