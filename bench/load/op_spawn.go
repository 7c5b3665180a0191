package load

import (
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

var spawnOperation = &Operation{
	Name:     "spawn",
	Purpose:  "a process is spawned, gets one message and ends; complete when it has handled that",
	Twin:     "go with an unbuffered channel, one message",
	MaxProcs: 1_000_000, // it has none that stay
	thrum:    newSpawn,
	twin:     newSpawnTwin,
}

// spawn has no processes of its own.
type spawn struct {
	w     *world
	child proc.Factory
	begun int64
	ended atomic.Int64
}

func newSpawn(w *world) (target, error) {
	t := &spawn{w: w}
	// Children have no state, so they can share one machine.
	var child proc.Machine = proc.Func(func(_ *proc.Ctx, m proc.Message) error {
		t.ended.Add(1)
		w.complete(m.Body.(*op), "spawn", int(m.Word))
		return proc.Normal
	})
	t.child = w.factory(func() proc.Machine { return child })
	return t, nil
}

func (t *spawn) begin(o *op) error {
	pid, err := t.w.rt.Spawn(t.child)
	if err != nil {
		return err
	}
	t.begun++
	return t.w.rt.SendWord(pid, o, uint64(t.begun))
}

func (t *spawn) stop() error { return nil }

func (t *spawn) verify() {
	if n := t.ended.Load(); n != t.begun {
		t.w.failf("spawn", "children", "%d have handled their message, %d were spawned", n, t.begun)
	}
}
