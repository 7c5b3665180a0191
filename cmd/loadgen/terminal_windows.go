package main

import (
	"os"
	"syscall"
)

// isTerminal asks for the console's mode: only consoles have one.
func isTerminal(f *os.File) bool {
	var mode uint32
	return syscall.GetConsoleMode(syscall.Handle(f.Fd()), &mode) == nil
}
