package bench

import "github.com/thrum-go/thrum/bench/meter"

// goroutineCost is what a goroutine with a channel takes, generously.
const goroutineCost = 3 << 10

// goroutinesFit says whether a goroutine a process would fit half of the memory
// that is free. Where that is not known, 300,000 are taken to fit.
func goroutinesFit(p Params) bool {
	free, ok := meter.Available()
	if !ok {
		return p.Procs <= 300_000
	}
	return int64(p.Procs)*goroutineCost < free/2
}
