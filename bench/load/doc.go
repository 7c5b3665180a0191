// Package load puts a load on a Thrum runtime from outside and measures what it makes
// of it.
//
// A [Plan] is a sequence of phases. In an open loop a phase begins operations at
// instants that a schedule has laid down, whether or not those before are done; the
// latency of each counts from its scheduled instant, so that a system which stalls
// cannot hide it by holding back the generator (coordinated omission). In a closed loop
// a number of operations is kept under way, and there is no schedule. A phase is one or
// the other, never both.
//
// An [Operation] is a kind of work whose completion is seen: a call, a message, a
// process that is spawned and ends. Every operation checks itself: what was begun is
// completed exactly once, the order between each two is followed by sequence numbers,
// and in the end the program must be as it was before. A result of which the generator
// was the limit says so.
package load
