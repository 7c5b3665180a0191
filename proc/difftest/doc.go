// Package difftest holds a differential test of proc against the real Erlang: random programs over processes, links,
// monitors, exits, names, aliases, timers, calls and selective receive run on both, and what they observe is compared.
//
// # Stepped programs
//
// A program is a list of instructions, each with the process that executes it. On both sides a process of the program is a
// process of the system, which executes its instructions itself: link is called by the process that links. A controller
// hands out one instruction at a time and waits until the system is at rest. So the traces must be equal, but for the orders
// that Erlang leaves open: EXIT and DOWN messages that come from different processes in one step are compared as sets, while
// what one process has sent to another must come in the same order on both.
//
// How rest is known, on Erlang: testdata/interp.erl. On Thrum: thrum_test.go. Neither asks a clock.
//
// # Concurrent programs
//
// Here every process runs a script of its own without anybody between them, so that signals cross. The outcome is not
// determined, but Erlang's rules say which ones there can be: model_test.go has them as a small abstract machine, and the
// test searches for a schedule of that machine which explains what each process has seen. What the machine cannot explain on
// Erlang is a fault of the machine, what it cannot explain on Thrum alone is a fault of Thrum.
//
// # How to run it
//
//	go test ./proc/difftest                                  some dozens of programs
//	go test ./proc/difftest -programs 2000                   the same with more; also THRUM_PROGRAMS=2000
//	go test ./proc/difftest -seed 7 -programs 1              one program; a failure names its seed
//	go test ./proc/difftest -run StillSays -record           writes testdata/recorded.txt.gz anew
//
// Without erl in the PATH the programs in testdata/recorded.txt.gz are replayed, whose traces come from Erlang/OTP 25. With
// it they are replayed as well. A failing program is cut down to the instructions that the failure needs, but with -short.
package difftest
