//go:build bug_append

package mpsc

const bugAppend = true
