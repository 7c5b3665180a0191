// Package profiles looks into a program that runs processes of package proc, with the formats of Go's own tools: nothing needs to
// be built in beforehand, and nothing costs anything while nobody looks.
//
//   - Capture takes CPU, heap, allocation, mutex, block and goroutine profiles, an execution trace and a process-tree profile of the same
//     seconds, with the CPU samples labelled by process type.
//   - ReadTree and WriteTree take the process-tree profile alone: a pprof profile whose stacks are supervision paths and whose values are
//     the processes, their queued messages, their reductions, the age of their oldest message, their memory and their restarts. MeasureTree
//     adds how long they have run in a window and how long their messages have waited.
//   - Spawns says who has spawned the processes that live.
//   - Top finds the processes that did most in a window, or have waited longest.
//   - Watch keeps a flight recorder running and writes it down once, when something has taken too long.
//
// Package profiles/web serves the same as an http.Handler. docs/profiling.md goes through a search for a slow process, step by step.
package profiles
