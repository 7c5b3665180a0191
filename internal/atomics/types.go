//go:build !explore

package atomics

import "go.uber.org/atomic"

// Uint64 is an atomic uint64; the zero value is 0.
type Uint64 = atomic.Uint64

// Uint32 is an atomic uint32; the zero value is 0.
type Uint32 = atomic.Uint32

// Int64 is an atomic int64; the zero value is 0.
type Int64 = atomic.Int64

// Int32 is an atomic int32; the zero value is 0.
type Int32 = atomic.Int32

// Bool is an atomic bool; the zero value is false.
type Bool = atomic.Bool

// Pointer is an atomic *T; the zero value is nil.
type Pointer[T any] = atomic.Pointer[T]
