package bench

// ping is a single pair; see pairs.go.
var pingWorkload = &Workload{
	Name:    "ping",
	Group:   OnMessages,
	Purpose: "two processes send one message back and forth, or several",
	Twin:    "two goroutines and two channels, unbuffered for one message",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes", 2, 2, 2), inflightParam("messages", maxPairInflight),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum: pairsThrum,
	twin:  pairsTwin,
	warm:  func(Params) int64 { return 50_000 },
	label: inflightLabel,
}
