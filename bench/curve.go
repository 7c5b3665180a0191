package bench

// curve is the ring at growing sizes; see ring.go.
var curveWorkload = &Workload{
	Name:    "curve",
	Group:   OnMessages,
	Purpose: "time for a hop of the ring from 2 processes to a million, a row each",
	Twin:    ringWorkload.Twin,
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes in the largest ring", 1_000_000, 2, 10_000_000),
		messagesParam(), durationParam(20e9), roundsParam(3),
	},
	thrum:    ringThrum,
	twin:     ringTwin,
	twinFits: goroutinesFit,
	warm:     ringWarm,
	label:    ringLabel,
	rows: func(p Params) []Params {
		var rows []Params
		for size := 1; size < p.Procs; size *= 10 {
			for _, step := range []int{1, 3} {
				if n := max(2, size*step); n < p.Procs {
					row := p
					row.Procs = n
					rows = append(rows, row)
				}
			}
		}
		return append(rows, p)
	},
}
