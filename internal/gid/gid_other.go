//go:build !amd64 && !arm64

package gid

import "runtime"

// Current returns a number that no other goroutine has. It costs about a microsecond.
func Current() uintptr {
	var buf [64]byte
	n := uintptr(0)
	for _, b := range buf[len("goroutine "):runtime.Stack(buf[:], false)] {
		if b < '0' || b > '9' {
			break
		}
		n = 10*n + uintptr(b-'0')
	}
	return n
}
