//go:build linux || darwin

package main

import (
	"os"
	"syscall"
	"unsafe"
)

// rawTerminal has the terminal give each key at once and without showing it, until restore is called. Ctrl-C still interrupts; Ctrl-Z, which
// would leave the terminal like this, does nothing.
func rawTerminal(f *os.File) (restore func(), err error) {
	var old syscall.Termios
	if err := termios(f, getTermios, &old); err != nil {
		return nil, err
	}
	raw := old
	raw.Lflag &^= syscall.ICANON | syscall.ECHO
	raw.Cc[syscall.VMIN], raw.Cc[syscall.VTIME] = 1, 0
	raw.Cc[syscall.VSUSP] = 0
	if err := termios(f, setTermios, &raw); err != nil {
		return nil, err
	}
	return func() { _ = termios(f, setTermios, &old) }, nil
}

func termios(f *os.File, what uintptr, t *syscall.Termios) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), what, uintptr(unsafe.Pointer(t))); errno != 0 {
		return errno
	}
	return nil
}
