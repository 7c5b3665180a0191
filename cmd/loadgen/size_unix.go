//go:build linux || darwin

package main

import (
	"os"
	"syscall"
	"unsafe"
)

// terminalSize asks the terminal for its columns and rows. Some do not know.
func terminalSize(f *os.File) (cols, rows int, known bool) {
	var size struct{ rows, cols, width, height uint16 }
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	if errno != 0 || size.cols == 0 || size.rows == 0 {
		return 0, 0, false
	}
	return int(size.cols), int(size.rows), true
}
