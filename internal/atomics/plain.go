//go:build !explore

package atomics

// Plain stands before a plain access to memory that a protocol hands from thread to thread. It costs nothing; under the
// explore tag it is a scheduling point, so that an explorer sees what a broken protocol does to that memory.
func Plain() {}
