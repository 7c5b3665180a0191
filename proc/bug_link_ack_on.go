//go:build bug_link_ack

package proc

const bugLinkAck = true
