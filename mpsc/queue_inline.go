package mpsc

import "github.com/thrum-go/thrum/internal/atomics"

// queueInlines is never called. Where generic code is instantiated in another package, the compiler can inline a method
// that it calls only if this package's export data has the method's body; and it has the bodies of those methods only
// that the package's own code calls outside of generic functions. Without this function every atomic operation of a
// Queue is a function call in the code of its users.
//
//lint:ignore U1000 it is there for the compiler, as said
func queueInlines(a *atomics.Uint64, b *atomics.Uint32, c *atomics.Int32) {
	a.Load()
	a.Store(0)
	a.CompareAndSwap(0, 0)
	a.Add(0)
	b.Load()
	b.Store(0)
	b.Add(0)
	c.Load()
	c.Add(0)
}
