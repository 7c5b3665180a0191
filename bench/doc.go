// Package bench holds the workloads that show what Thrum's processes cost, each
// beside a twin that does the same work with goroutines and channels.
//
// A [Workload] is measured by [Workload.Run]: Thrum and the twin take turns for
// several rounds, and what is told is the median. Every workload checks its own
// result: messages are counted, their order between each pair of processes is
// followed by sequence numbers, and after the work nothing may be left behind. A
// failed check is a [Violation] that says what went wrong and where; a figure
// that comes with a violation is worth nothing.
//
// Tests, benchmarks and the load generator share this package. Package
// bench/meter has the instruments, bench/report writes results down.
//
// A new workload is a file of its own and a line in the registry.
package bench
