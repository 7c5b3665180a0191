package proc

import "log/slog"

// Message is what a process receives. It is 32 bytes and passed by value.
type Message struct {
	// From is the sender; zero when the message came from outside any process.
	From PID
	// Body is any value. Pointers, PIDs held by pointer, small integers and empty structs travel without allocation;
	// other values are boxed by Go when they become an any.
	Body any
	// Word is a scalar beside the body that never allocates.
	Word uint64
}

// Machine is a process written as a state machine: Handle is called with one message at a time, by one worker at a time. nil
// goes on; any other error ends the process with that error as its exit reason: Normal for a normal end.
//
// Handle should not block: while it does, it holds up the processes behind it until a spare worker takes over,
// after some 10 ms. Ctx.Blocking and Ctx.Offload are for code that must.
type Machine interface {
	Handle(c *Ctx, m Message) error
}

// Initializer is a Machine that has something to do before its first message, in the process itself. An error ends the process
// with that reason.
type Initializer interface {
	Init(c *Ctx) error
}

// Terminator is a Machine that has something to do at its end. Terminate is called after the last message, whatever the reason,
// but not when the process is killed or Init has failed, as in OTP's gen_server.
type Terminator interface {
	Terminate(c *Ctx, reason error)
}

// Reporter is a Machine that adds to the report of its own crash. CrashReport is called in the process, before Terminate; a panic in it is
// noted in the report, runtime.Goexit counts as a crash of Terminate.
type Reporter interface {
	CrashReport(reason error) []slog.Attr
}

// Factory makes the state of a new process. It is called in the process itself, and again for every restart, which so starts
// from fresh state.
type Factory func() Machine

// Func is a Machine without state of its own.
type Func func(c *Ctx, m Message) error

// Handle calls f.
func (f Func) Handle(c *Ctx, m Message) error { return f(c, m) }

// Of returns a factory of processes that handle every message with f.
func Of(f func(c *Ctx, m Message) error) Factory {
	return func() Machine { return Func(f) }
}

// pending stands in a process's place for its machine until its first turn.
type pending Factory

// Handle is never called: the first turn replaces the pending factory by the machine it makes.
func (pending) Handle(*Ctx, Message) error { return ErrFactory }
