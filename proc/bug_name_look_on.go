//go:build bug_name_look

package proc

const bugNameLook = true
