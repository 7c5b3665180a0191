//go:build !bug_queue_order

package mpsc

const bugQueueOrder = false
