//go:build !bug_link_id

package proc

const bugLinkID = false
