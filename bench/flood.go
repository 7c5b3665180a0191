package bench

// flood is fan-in with a single sender; see fanin.go.
var floodWorkload = &Workload{
	Name:    "flood",
	Group:   OnMessages,
	Purpose: "one process sends to another as fast as it can",
	Twin:    "two goroutines and a channel of 1,024",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes, the receiver among them", 2, 2, 2),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum: faninThrum,
	twin:  faninTwin,
	warm:  func(Params) int64 { return 200_000 },
}
