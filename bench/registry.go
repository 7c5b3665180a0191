package bench

import "time"

// workloads in the order in which they are listed. Each has a file of its own. A
// build with the tag thrumfault adds one whose messages are tampered with.
var workloads = []*Workload{
	pingWorkload,
	ringWorkload,
	floodWorkload,
	faninWorkload,
	bigWorkload,
	spawnWorkload,
	skynetWorkload,
	idleWorkload,
	fairWorkload,
	blockingWorkload,
	hostWorkload,
	pairsWorkload,
	curveWorkload,
}

// StandardTime is what the standard set may take, with a little in reserve.
const StandardTime = 27 * time.Second

// Standard returns the set that the load generator runs when nothing else is
// asked for: some 22 s on two cores, with the twins.
func Standard() []Setting {
	short := 1200 * time.Millisecond
	return []Setting{
		{pingWorkload, Params{Duration: short}},
		{ringWorkload, Params{Procs: 503, Duration: short}},
		{ringWorkload, Params{Procs: 10_000, Duration: short}},
		{floodWorkload, Params{Duration: short}},
		{faninWorkload, Params{Duration: short}},
		{bigWorkload, Params{Duration: short}},
		{spawnWorkload, Params{Duration: short}},
		{skynetWorkload, Params{Duration: 2 * time.Second}},
		{idleWorkload, Params{}},
		{fairWorkload, Params{Duration: 4 * time.Second}},
		{blockingWorkload, Params{}},
		{hostWorkload, Params{Duration: 3500 * time.Millisecond}},
	}
}
