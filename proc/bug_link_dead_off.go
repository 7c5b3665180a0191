//go:build !bug_link_dead

package proc

const bugLinkDead = false
