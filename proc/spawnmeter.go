package proc

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/thrum-go/thrum/internal/atomics"
)

// SpawnSample is a process that lives and whose spawn was sampled.
type SpawnSample struct {
	PID   PID
	Type  string    // as in Info
	Stack []uintptr // of who has spawned it, for runtime.CallersFrames; it must not be changed
	Count int       // processes that it stands for
}

// maxSpawnEvery bounds the rate: what is rarer is never seen.
const maxSpawnEvery = 1 << 30

// spawns is what a runtime knows of sampled spawns.
type spawns struct {
	every atomics.Int32 // one in so many, on average; 0: none. Anyone may load it
	left  atomics.Int64 // spawns from outside until the next sample; anyone takes from it, but sets it under mu

	mu    sync.Mutex
	of    map[PID]spawned
	limit int // when of has more, those that have ended are thrown out
}

type spawned struct {
	stack []uintptr
	count int
}

// SetSpawnSampling has the stack of who spawns a process kept for one spawn in every, chosen at random, and returns what was set before. 0, as it is
// at the beginning, samples none and forgets what there is; 1 samples all. SpawnSamples tells who has spawned those that live. A sample costs a
// walk of the stack, and the memory for it until the process has ended; without sampling a spawn costs a load and a branch. Any goroutine may call it; workers follow within
// about a millisecond.
//
// Errors: every is below 0 or above 2^30; nothing changes then.
func (rt *Runtime) SetSpawnSampling(every int) (old int, err error) {
	if every < 0 || every > maxSpawnEvery {
		return rt.SpawnSampling(), fmt.Errorf("proc: SetSpawnSampling: every is %d; it must be from 1 to %d, or 0 for no samples", every, maxSpawnEvery)
	}
	s := &rt.spawns
	s.mu.Lock()
	defer s.mu.Unlock()
	old = int(s.every.Swap(int32(every)))
	if every == 0 {
		s.of = nil
	} else {
		s.left.Store(spawnGap(every))
	}
	return old, nil
}

// SpawnSampling returns what SetSpawnSampling has set.
func (rt *Runtime) SpawnSampling() int { return int(rt.spawns.every.Load()) }

// ErrNoSamples is returned by SpawnSamples when no spawns are sampled.
var ErrNoSamples = errors.New("proc: spawns are not sampled; see Runtime.SetSpawnSampling")

// SpawnSamples returns the sampled processes that live, in no particular order. Any goroutine may call it. Errors: ErrNoSamples.
func (rt *Runtime) SpawnSamples() ([]SpawnSample, error) {
	s := &rt.spawns
	if s.every.Load() == 0 {
		return nil, ErrNoSamples
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clean(rt)
	all := make([]SpawnSample, 0, len(s.of))
	for pid, x := range s.of {
		typ := rt.table.find(pid).typeName()
		if rt.lives(pid) { // else it may be the type of the slot's next process
			all = append(all, SpawnSample{PID: pid, Type: typ, Stack: x.stack, Count: x.count})
		}
	}
	return all, nil
}

const minSpawns = 1024

// clean throws out what has ended. The lock must be held.
func (s *spawns) clean(rt *Runtime) {
	maps.DeleteFunc(s.of, func(pid PID, _ spawned) bool { return !rt.lives(pid) })
	s.limit = max(minSpawns, 2*len(s.of))
}

// sample keeps who has spawned the process. The lock must be held.
func (s *spawns) sample(rt *Runtime, pid PID, every int) {
	if s.every.Load() == 0 {
		return
	}
	var pcs [64]uintptr
	stack := append([]uintptr(nil), pcs[:runtime.Callers(3, pcs[:])]...)
	if s.of == nil {
		s.of = make(map[PID]spawned)
	}
	if len(s.of) >= max(s.limit, minSpawns) {
		s.clean(rt)
	}
	s.of[pid] = spawned{stack, every}
}

// spawnGap returns a random number of spawns to the next sample, every on average: a fixed one might go with what a program does regularly.
func spawnGap(every int) int64 { return 1 + rand.Int64N(2*int64(every)-1) }

// followSpawns takes over what the runtime wants. It is part of a look.
func (c *Ctx) followSpawns() {
	every := int(c.rt.spawns.every.Load())
	if every == c.spawnEvery {
		return
	}
	c.spawnEvery = every
	if every > 0 {
		c.spawnLeft = spawnGap(every)
	}
}

// sampleSpawn is called for each spawn while they are sampled.
func (c *Ctx) sampleSpawn(pid PID) {
	if c.spawnLeft--; c.spawnLeft <= 0 {
		c.spawnLeft = spawnGap(c.spawnEvery)
		s := &c.rt.spawns
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sample(c.rt, pid, c.spawnEvery)
	}
}

// sampleSpawn is the same for spawns without a core.
func (rt *Runtime) sampleSpawn(pid PID) {
	s := &rt.spawns
	if s.left.Add(-1) > 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	every := int(s.every.Load())
	if every == 0 || s.left.Load() > 0 {
		return // somebody else has come first, with a sample or another rate
	}
	s.left.Store(spawnGap(every))
	s.sample(rt, pid, every)
}
