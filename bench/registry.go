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
	ubenchWorkload,
	hackWorkload,
	callWorkload,
	gencallWorkload,
	receiveWorkload,
	timersWorkload,
	linksWorkload,
	namesWorkload,
	churnWorkload,
	stormWorkload,
	treeWorkload,
	spawnWorkload,
	spawnRemoteWorkload,
	stealWorkload,
	chainWorkload,
	chainSpawnWorkload,
	skynetWorkload,
	idleWorkload,
	overloadWorkload,
	fairWorkload,
	blockingWorkload,
	hostWorkload,
	pairsWorkload,
	curveWorkload,
}

// StandardTime is what the standard set may take, with a little in reserve.
const StandardTime = 27 * time.Second

// Standard returns the set that the load generator runs when nothing else is
// asked for: some 25 s on two cores, with the twins.
func Standard() []Setting {
	short := 800 * time.Millisecond
	return []Setting{
		{pingWorkload, Params{Duration: short}},
		{ringWorkload, Params{Procs: 503, Duration: short}},
		{ringWorkload, Params{Procs: 10_000, Duration: short}},
		{floodWorkload, Params{Duration: short}},
		{faninWorkload, Params{Duration: short}},
		{bigWorkload, Params{Duration: short}},
		{callWorkload, Params{Style: callMachine, Duration: short}},
		{callWorkload, Params{Style: callDirect, Duration: short}},
		{callWorkload, Params{Style: callGoroutine, Duration: short}},
		{gencallWorkload, Params{Duration: short / 2}},
		{receiveWorkload, Params{Duration: short}},
		{namesWorkload, Params{Style: namesWhereis, Duration: short}},
		{timersWorkload, Params{Size: 200_000, Rounds: 2, Duration: 1800 * time.Millisecond}},
		{spawnWorkload, Params{Duration: short}},
		{stormWorkload, Params{Style: stormQuiet, Duration: 500 * time.Millisecond}},
		{skynetWorkload, Params{Duration: 1500 * time.Millisecond}},
		{idleWorkload, Params{}},
		{fairWorkload, Params{Duration: 3500 * time.Millisecond}},
		{blockingWorkload, Params{}},
		{hostWorkload, Params{Duration: 3 * time.Second}},
	}
}
