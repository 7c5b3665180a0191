//go:build !bug_link_exit

package proc

const bugLinkExit = false
