package genstatem

// Handler is a state machine with one handler for all its states (OTP: the callback mode handle_event_function). S is the type of the state;
// what else the machine knows is in the implementation itself, which a factory makes anew for each start.
type Handler[S comparable] interface {
	Initializer[S]
	// HandleEvent handles e in the state s. nil goes on, in s unless Ctx.Next was called; any other error ends the
	// process with that reason: proc.Normal for a normal end.
	HandleEvent(c *Ctx[S], s S, e Event) error
}

// Initializer begins a machine. Init returns the first state. It may set timeouts and insert events, which come before any message; to
// postpone has no effect. An error ends the process before it has begun; proc.Normal says that there is nothing to do
// (OTP: ignore).
type Initializer[S comparable] interface {
	Init(c *Ctx[S]) (S, error)
}

// StateEnterer is an implementation that wants to be called with an EnterEvent when a state is entered: after Init, when the state has changed,
// and after Ctx.Repeat. It is asked once for each implementation. (OTP: state_enter.)
type StateEnterer interface{ StateEnter() bool }

// Terminator is an implementation that has something to do at its end: after a callback has returned an error or panicked, after Stop,
// and when a machine that traps exits is told to end by its parent. Not when an exit signal ends it, nor when Init has failed.
type Terminator[S comparable] interface {
	Terminate(c *Ctx[S], reason error, s S)
}

// CodeChanger is an implementation that can take over from another: CodeChange gets the version, state and implementation of
// the old one, and returns the state to go on with. An error, and the old one stays. See sys.ChangeCode.
type CodeChanger[S comparable] interface {
	CodeChange(c *Ctx[S], old string, s S, impl any, extra any) (S, error)
}

// StatusFormatter is an implementation that says how it is shown in sys.GetStatus and crash reports, without secrets (OTP:
// format_status/1).
type StatusFormatter[S comparable] interface {
	FormatStatus(s S) any
}

// EventFormatter is an implementation that says how the last event is shown in crash reports.
type EventFormatter interface {
	FormatEvent(e Event) any
}

// StateFuncs is a state machine with one function for each state (OTP: the callback mode state_functions). The functions are methods, as a
// rule: D is the implementation, and (*D).open is the function of the state open. A table serves all machines of its kind and must not be
// changed.
type StateFuncs[S comparable, D Initializer[S]] map[S]func(d D, c *Ctx[S], e Event) error

// Of returns d as a Handler that calls the function of the state that it is in. A state that has none ends the machine with a *BadState.
func (f StateFuncs[S, D]) Of(d D) Handler[S] { return &bound[S, D]{d, f} }

type bound[S comparable, D Initializer[S]] struct {
	d D
	f StateFuncs[S, D]
}

// Init calls the implementation's.
func (b *bound[S, D]) Init(c *Ctx[S]) (S, error) { return b.d.Init(c) }

// HandleEvent calls the function of s.
func (b *bound[S, D]) HandleEvent(c *Ctx[S], s S, e Event) error {
	if f := b.f[s]; f != nil {
		return f(b.d, c, e)
	}
	return &BadState{s}
}

func (b *bound[S, D]) data() any { return b.d }

func (b *bound[S, D]) with(data any) (Handler[S], bool) {
	d, ok := data.(D)
	return &bound[S, D]{d, b.f}, ok
}

// binding is a Handler that stands for an implementation.
type binding[S comparable] interface {
	data() any
	with(data any) (Handler[S], bool)
}

// dataOf returns the implementation behind h.
func dataOf[S comparable](h Handler[S]) any {
	if b, ok := h.(binding[S]); ok {
		return b.data()
	}
	return h
}
