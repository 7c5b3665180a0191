//go:build bug_arrive

package mpsc

const bugArrive = true
