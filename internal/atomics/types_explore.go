//go:build explore

package atomics

import (
	"sync/atomic"
	"unsafe"

	"github.com/thrum-go/thrum/internal/explore"
)

// In this build each operation is a scheduling point of the explorer before it is an atomic operation. The remark after
// it is for traces.

// integer is what the four integer types have in common: word is the type of sync/atomic that does the work.
type integer[T uint64 | uint32 | int64 | int32, W any, P interface {
	*W
	Load() T
	Store(T)
	Swap(T) T
	CompareAndSwap(old, new T) bool
	Add(T) T
}] struct {
	word W
}

func (i *integer[T, W, P]) Load() T {
	explore.Point(explore.Load, uintptr(unsafe.Pointer(i)))
	v := P(&i.word).Load()
	if explore.Tracing() {
		explore.Notef("%#x", v)
	}
	return v
}

func (i *integer[T, W, P]) Store(v T) {
	explore.Point(explore.Store, uintptr(unsafe.Pointer(i)))
	P(&i.word).Store(v)
	if explore.Tracing() {
		explore.Notef("%#x", v)
	}
}

func (i *integer[T, W, P]) Swap(v T) T {
	explore.Point(explore.Swap, uintptr(unsafe.Pointer(i)))
	old := P(&i.word).Swap(v)
	if explore.Tracing() {
		explore.Notef("%#x, was %#x", v, old)
	}
	return old
}

func (i *integer[T, W, P]) CompareAndSwap(old, new T) bool {
	explore.Point(explore.CompareAndSwap, uintptr(unsafe.Pointer(i)))
	done := P(&i.word).CompareAndSwap(old, new)
	if explore.Tracing() {
		explore.Notef("%#x to %#x: %t", old, new, done)
	}
	return done
}

func (i *integer[T, W, P]) Add(delta T) T {
	explore.Point(explore.Add, uintptr(unsafe.Pointer(i)))
	v := P(&i.word).Add(delta)
	if explore.Tracing() {
		explore.Notef("%#x, was %#x", v, v-delta)
	}
	return v
}

// Uint64 is an atomic uint64; the zero value is 0.
type Uint64 struct {
	integer[uint64, atomic.Uint64, *atomic.Uint64]
}

// Uint32 is an atomic uint32; the zero value is 0.
type Uint32 struct {
	integer[uint32, atomic.Uint32, *atomic.Uint32]
}

// Int64 is an atomic int64; the zero value is 0.
type Int64 struct {
	integer[int64, atomic.Int64, *atomic.Int64]
}

// Int32 is an atomic int32; the zero value is 0.
type Int32 struct {
	integer[int32, atomic.Int32, *atomic.Int32]
}

// Bool is an atomic bool; the zero value is false.
type Bool struct {
	word atomic.Bool
}

// Load returns the value.
func (b *Bool) Load() bool {
	explore.Point(explore.Load, uintptr(unsafe.Pointer(b)))
	v := b.word.Load()
	if explore.Tracing() {
		explore.Notef("%t", v)
	}
	return v
}

// Store sets the value.
func (b *Bool) Store(v bool) {
	explore.Point(explore.Store, uintptr(unsafe.Pointer(b)))
	b.word.Store(v)
	if explore.Tracing() {
		explore.Notef("%t", v)
	}
}

// Swap sets the value and returns the old one.
func (b *Bool) Swap(v bool) bool {
	explore.Point(explore.Swap, uintptr(unsafe.Pointer(b)))
	old := b.word.Swap(v)
	if explore.Tracing() {
		explore.Notef("%t, was %t", v, old)
	}
	return old
}

// CompareAndSwap sets the value to new if it is old, and reports whether it was.
func (b *Bool) CompareAndSwap(old, new bool) bool {
	explore.Point(explore.CompareAndSwap, uintptr(unsafe.Pointer(b)))
	done := b.word.CompareAndSwap(old, new)
	if explore.Tracing() {
		explore.Notef("%t to %t: %t", old, new, done)
	}
	return done
}

// Pointer is an atomic *T; the zero value is nil.
type Pointer[T any] struct {
	word atomic.Pointer[T]
}

// Load returns the pointer.
func (p *Pointer[T]) Load() *T {
	explore.Point(explore.Load, uintptr(unsafe.Pointer(p)))
	v := p.word.Load()
	if explore.Tracing() {
		explore.Notef("%p", v)
	}
	return v
}

// Store sets the pointer.
func (p *Pointer[T]) Store(v *T) {
	explore.Point(explore.Store, uintptr(unsafe.Pointer(p)))
	p.word.Store(v)
	if explore.Tracing() {
		explore.Notef("%p", v)
	}
}

// Swap sets the pointer and returns the old one.
func (p *Pointer[T]) Swap(v *T) *T {
	explore.Point(explore.Swap, uintptr(unsafe.Pointer(p)))
	old := p.word.Swap(v)
	if explore.Tracing() {
		explore.Notef("%p, was %p", v, old)
	}
	return old
}

// CompareAndSwap sets the pointer to new if it is old, and reports whether it was.
func (p *Pointer[T]) CompareAndSwap(old, new *T) bool {
	explore.Point(explore.CompareAndSwap, uintptr(unsafe.Pointer(p)))
	done := p.word.CompareAndSwap(old, new)
	if explore.Tracing() {
		explore.Notef("%p to %p: %t", old, new, done)
	}
	return done
}
