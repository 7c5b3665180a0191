package load

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genserver"
)

var gencallOperation = &Operation{
	Name:     "gencall",
	Purpose:  "call, with a generic server (package genserver) in place of the state machine",
	Twin:     callOperation.Twin,
	MaxProcs: 1_000_000,
	thrum:    func(w *world) (target, error) { return newCall(w, "gencall", spawnServer) },
	twin:     func(w *world) (target, error) { return newCallTwin(w, "gencall"), nil },
}

// server is callee as a generic server.
type server struct {
	genserver.Base[*op, *op, struct{}]
	of  *call
	id  int
	seq uint64
}

// HandleCall implements genserver.Server.
func (s *server) HandleCall(_ *genserver.Ctx, o *op, _ genserver.From[*op]) (*op, error) {
	s.seq++
	if o.seq != s.seq {
		s.of.w.order(s.of.name, fmt.Sprintf("called server %d", s.id), o.seq, s.seq)
		return nil, genserver.NoReply
	}
	return o, nil
}

// HandleInfo implements genserver.InfoHandler.
func (s *server) HandleInfo(_ *genserver.Ctx, m proc.Message) error {
	if m.Body != stop {
		s.of.w.failf(s.of.name, fmt.Sprintf("called server %d", s.id), "message %+v", m)
	}
	return proc.Normal
}

func spawnServer(t *call, id int) (proc.PID, *uint64, error) {
	s := &server{of: t, id: id}
	pid, err := t.w.spawn(genserver.Factory(func() genserver.Server[*op, *op, struct{}] { return s })())
	return pid, &s.seq, err
}
