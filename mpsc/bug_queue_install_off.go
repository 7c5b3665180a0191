//go:build !bug_queue_install

package mpsc

const bugQueueInstall = false
