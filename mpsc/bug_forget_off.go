//go:build !bug_forget

package mpsc

const bugForget = false
