//go:build bug_forget

package mpsc

const bugForget = true
