//go:build !bug_queue_revoke

package mpsc

const bugQueueRevoke = false
