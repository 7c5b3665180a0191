//go:build !bug_queue_aba

package mpsc

const bugQueueABA = false
