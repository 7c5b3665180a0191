//go:build !bug_queue_round

package mpsc

const bugQueueRound = false
