//go:build !bug_queue_stamp

package mpsc

const bugQueueStamp = false
