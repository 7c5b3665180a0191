//go:build bug_link_cross

package proc

const bugLinkCross = true
