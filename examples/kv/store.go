package main

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genserver"
	"github.com/thrum-go/thrum/supervise"
)

// store finds the shard of a key. Any goroutine may use it.
type store struct {
	rt   *proc.Runtime
	seed maphash.Seed
	n    int
}

var (
	// errUnavailable is for a key whose shard has just failed. Its keys are lost; it will be back in a moment, empty.
	errUnavailable = errors.New("shard is down, try again")
	// errSlow says that a shard has not replied in time. What it was asked for may have been done, or may be done later.
	errSlow = errors.New("shard does not reply in time")
)

func newStore(rt *proc.Runtime, shards int) *store {
	return &store{rt: rt, seed: maphash.MakeSeed(), n: shards}
}

// shardName is the registered name of a shard: it is the same after a restart, when the PID is another.
func shardName(i int) string { return fmt.Sprintf("kv.shard.%d", i) }

// tree returns the factory of the shards' supervisor. A shard that fails is started again, and the others go on (one_for_one).
func (s *store) tree() (proc.Factory, error) {
	specs := make([]supervise.Spec, s.n)
	for i := range specs {
		specs[i] = supervise.Spec{
			ID:      shardName(i),
			Factory: genserver.Factory(newShard),
			Options: []proc.SpawnOption{proc.WithName(shardName(i))},
		}
	}
	return supervise.New(supervise.Flags{Strategy: supervise.OneForOne, Intensity: 10}, specs...)
}

// shardOf returns which shard has the key.
func (s *store) shardOf(key string) int { return int(maphash.String(s.seed, key) % uint64(s.n)) }

// ask asks the shard that has the key.
//
// Errors: errUnavailable, errSlow, and what the shard says.
func (s *store) ask(ctx context.Context, key string, req any) (result, error) {
	ref, ok := genserver.Whereis[any, result, any](s.rt, shardName(s.shardOf(key)))
	if !ok {
		return result{}, errUnavailable
	}
	r, err := ref.CallContext(ctx, s.rt, req)
	return r, told(err)
}

// count returns how many keys there are, and how many shards are down and so not counted.
func (s *store) count(ctx context.Context) (keys int64, down int) {
	var up []shardRef
	for i := range s.n {
		if ref, ok := genserver.Whereis[any, result, any](s.rt, shardName(i)); ok {
			up = append(up, ref)
		}
	}
	results, _ := genserver.MultiCall(s.rt.Client(ctx), up, any(length{}), proc.Forever)
	for _, r := range results {
		keys += r.n
	}
	return keys, s.n - len(results)
}

// told turns an error of a call into one for clients.
func told(err error) error {
	var said *genserver.ReplyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said): // the shard has said no
		return said.Err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errSlow
	}
	return errUnavailable // it has ended before it replied
}
