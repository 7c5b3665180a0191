package main

import (
	"os"
	"syscall"
	"unsafe"
)

// isTerminal asks for the terminal's settings: only terminals have any. A
// character device alone could be /dev/null.
func isTerminal(f *os.File) bool {
	var settings syscall.Termios
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&settings)))
	return errno == 0
}
