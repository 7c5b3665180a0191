package genevent

// AddRequest is what Add and AddSupervised send to the manager as a call. State machines send it with Ctx.Request; the Value of the Reply
// is nil, or a *HandlerError and then the handler is not there. So with the other requests.
type AddRequest[E any] struct {
	ID         string
	Handler    Handler[E]
	Supervised bool // by the caller
}

// DeleteRequest is what Delete sends. The Value of the Reply is what Terminate has returned, or a *HandlerError.
type DeleteRequest struct {
	ID  string
	Why any // for Terminate
}

// SwapRequest is what Swap and SwapSupervised send.
type SwapRequest[E any] struct {
	Old        string
	Why        any // for Terminate of the old handler
	ID         string
	Handler    Handler[E]
	Supervised bool // by the caller
}

// CallRequest is what Call sends. The Value of the Reply is the handler's reply, or a *HandlerError.
type CallRequest struct {
	ID      string
	Request any
}

// SyncRequest is what SyncNotify sends. The Value of the Reply is nil.
type SyncRequest[E any] struct{ Event E }

// WhichRequest is what Which sends. The Value of the Reply is a []string.
type WhichRequest struct{}

// request is any of them, for events of any type.
type request interface{ request() }

func (AddRequest[E]) request()  {}
func (DeleteRequest) request()  {}
func (SwapRequest[E]) request() {}
func (CallRequest) request()    {}
func (SyncRequest[E]) request() {}
func (WhichRequest) request()   {}
