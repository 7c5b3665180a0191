package application

// LoadRequest is what Load sends to the controller as a call. State machines send it with Ctx.Request; the Value of the Reply is nil or an error. So with the
// other requests.
type LoadRequest struct{ App App }

// UnloadRequest is Unload's.
type UnloadRequest struct{ App string }

// StartRequest is Start's. The reply comes when the application runs.
type StartRequest struct{ App string }

// StopRequest is Stop's. The reply comes when the application has stopped.
type StopRequest struct{ App string }

// WhichRequest is Which's. The reply is an []Info.
type WhichRequest struct{}

// EnvRequest is Settings'. The reply is a map[string]any, or an error.
type EnvRequest struct{ App string }

// SetEnvRequest is SetEnv's.
type SetEnvRequest struct {
	App, Key string
	Value    any
}

// planRequest asks what must be started, in order, for apps to run. The reply is a []string or an error.
type planRequest struct{ apps []string }
