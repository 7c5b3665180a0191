// Package supervise starts processes, watches them, starts them again when they fail and stops them in order: OTP's supervisor.
//
// A supervisor is an ordinary process, started from a list of child specifications. Its children are linked to it. When one ends, its Spec
// says whether it is restarted, and the supervisor's Strategy whether others are with it. When that happens more than Flags.Intensity
// times within Flags.Period, the supervisor stops what it has and ends, and it is for its own supervisor to start all of it
// again from fresh state.
//
//	sup, err := supervise.Start(rt.Client(ctx), supervise.Flags{Intensity: 5, Period: 10 * time.Second}, []supervise.Spec{
//		{ID: "store", Factory: newStore},
//		{ID: "front", Type: supervise.Supervisor, Factory: frontSupervisor},
//	})
//
// Children start in the order of the list, each when the Init of the one before is done, and stop in the opposite order: an exit signal with the
// reason proc.Shutdown, Spec.Shutdown to obey it, then proc.Kill. They stop with the supervisor, which ends when its parent or
// Runtime.Shutdown tells it to, by Stop, or because of Intensity or AutoShutdown. A supervisor that is killed takes its children with it
// through their links.
//
// A SimpleOneForOne supervisor has any number of children of one specification, started by StartDynamic. Those starts overlap, and the
// children are stopped together.
//
// Processes that are made when somebody first asks for them, one for each user or device, are dynamic children with names: FindOrStart.
//
// A supervisor never waits inside a handler. While a child starts or stops, requests and the ends of other children are kept, in order; the
// end of its parent, Kill and the functions of package sys are not held up, even by a child whose Init never returns. A handler of a
// child that never returns cannot be killed in Go: after Spec.Shutdown and then Flags.KillGrace such a child is reported with ErrStuck and given up.
//
// Children that are supervisors are given by Nested, or as Factory, by New or Init. Whoever starts a supervisor, by whatever function, waits
// until its children have been started. State machines, which must not wait, ask a supervisor with the request types, as in
//
//	id, err := c.Request(sup, supervise.StartDynamicRequest{Arg: conn}, time.Second)
//
// Flags.Backoff delays restarts, which OTP cannot do.
package supervise
