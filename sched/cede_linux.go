package sched

import "syscall"

// osYield offers the processor to whichever thread waits for it. RawSyscall keeps the P: other goroutines have the spare one.
func osYield() { syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
