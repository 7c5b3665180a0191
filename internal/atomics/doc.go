// Package atomics is the one place that names the atomic types of the library.
//
// Every word that two threads of mpsc or sched share comes from here, so that one build tag decides what it is:
//
//   - normally the types are aliases of go.uber.org/atomic's, which the compiler inlines to single instructions;
//   - under the build tag explore they are types of our own that announce each operation to the interleaving
//     explorer (internal/explore) before they carry it out. Outside of an exploration these behave as ordinary
//     atomics, so that the whole test-suite also runs under -tags explore.
//
// Users call Load, Store, Swap and CompareAndSwap, and Add on the integers; the explored types have no other methods,
// so anything else fails to build under the tag. All of these are sequentially consistent, as Go's memory model
// says. On amd64 a Load is a plain MOV (0.4 ns); every other operation is a locked instruction (5 to 6 ns), and a
// Store is no cheaper than a Swap. Pointer's Store, Swap and CompareAndSwap are calls, for the garbage collector's
// write barrier.
//
// [Mark] and [Barrier] are the two halves of an asymmetric handshake: one side pays a plain store, the other side
// stops the world. See Barrier for the reasoning.
//
// The 64-bit types promise alignment on 64-bit platforms only.
package atomics
