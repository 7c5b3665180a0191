package supervise

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"
	"strconv"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

// MaxPartitions is how many partitions there may be.
const MaxPartitions = 1 << 20

// PartitionConfig says what the partitions are (Elixir: PartitionSupervisor).
type PartitionConfig struct {
	// Count is how many there are; 0 means Runtime.Workers. It cannot be changed later: keys would change places.
	Count int
	// New makes the machine of the partition with this index, 0 to Count-1, in the process itself, and again at each restart.
	New func(index int) proc.Machine
	// Name, if it is not nil, gives the partition with this index its registered name.
	Name func(index int) string
	// Flags are those of the supervisor; SimpleOneForOne is not among them.
	Flags Flags
	// Child is how the partitions are restarted and stopped. Its ID, Factory, New and Start must not be set: the id is the index in decimal.
	Child Spec
}

// Partitions is a fixed number of processes of one kind under one supervisor, found by key. Which partition a key belongs to does not change as long as the value
// lives; another value, as after a restart of the program, has other places. Any goroutine or process may look up; it takes no lock.
//
// A partition that was restarted is found under its new PID from when its Init is done. Until then the PID is that of the process that has ended: what is
// sent there is a dead letter, a call fails with proc.ErrNoProc. Before the first start it is zero.
type Partitions struct {
	seed    maphash.Seed
	slots   []atomic.Uint64 // PIDs; written by the supervisor when a partition has started, read by everybody
	factory proc.Factory
}

// NewPartitions prepares partitions for the runtime rt. Start, or a child with the Spec, starts them. At one time one supervisor should have them: of two, keys lead to
// whichever has started a partition last.
//
// Errors: rt is nil; the field of cfg that is wrong; those of New.
func NewPartitions(rt *proc.Runtime, cfg PartitionConfig) (*Partitions, error) {
	bad := func(field, format string, args ...any) (*Partitions, error) {
		return nil, fmt.Errorf("supervise: PartitionConfig.%s: %w", field, fmt.Errorf(format, args...))
	}
	ch := &cfg.Child
	switch {
	case rt == nil:
		return nil, errors.New("supervise: NewPartitions: the runtime is nil")
	case cfg.Count < 0 || cfg.Count > MaxPartitions:
		return bad("Count", "is %d; use 1 to %d, or 0 for the number of workers", cfg.Count, MaxPartitions)
	case cfg.New == nil:
		return bad("New", "is nil; give a function that makes the machine of a partition")
	case cfg.Flags.Strategy == SimpleOneForOne:
		return bad("Flags.Strategy", "is %v; use OneForOne, OneForAll or RestForOne", SimpleOneForOne)
	case ch.ID != "" || ch.Factory != nil || ch.New != nil || ch.Start != nil:
		return bad("Child", "ID, Factory, New and Start must not be set; PartitionConfig.New starts the partitions")
	}
	n := cfg.Count
	if n == 0 {
		n = rt.Workers()
	}
	p := &Partitions{seed: maphash.MakeSeed(), slots: make([]atomic.Uint64, n)}
	specs := make([]Spec, n)
	for i := range specs {
		sp := cfg.Child
		sp.ID = strconv.Itoa(i)
		sp.Factory = func() proc.Machine { return cfg.New(i) }
		sp.placed = func(pid proc.PID) { p.slots[i].Store(uint64(pid)) }
		if cfg.Name != nil {
			sp.Options = append(append([]proc.SpawnOption(nil), sp.Options...), proc.WithName(cfg.Name(i)))
		}
		specs[i] = sp
	}
	f, err := New(cfg.Flags, specs...)
	if err != nil {
		return nil, err
	}
	p.factory = f
	return p, nil
}

// Start starts the supervisor and waits until all partitions have started.
//
// Errors: those of Start of this package.
func (p *Partitions) Start(k proc.Client, opts ...proc.SpawnOption) (proc.PID, error) {
	return k.Start(p.factory, opts...)
}

// Spec returns the Spec of a child that is the supervisor: permanent, with as much time to stop as it needs.
func (p *Partitions) Spec(id string) Spec { return Spec{ID: id, Type: Supervisor, Factory: p.factory} }

// Len returns how many partitions there are.
func (p *Partitions) Len() int { return len(p.slots) }

// At returns the PID of the partition with this index, zero when there is none.
func (p *Partitions) At(index int) proc.PID {
	if index < 0 || index >= len(p.slots) {
		return 0
	}
	return proc.PID(p.slots[index].Load())
}

// ByHash returns the PID of the partition that a key with this hash belongs to. The hash may be a poor one: keys numbered in sequence are spread too.
func (p *Partitions) ByHash(hash uint64) proc.PID { return proc.PID(p.slots[p.index(hash)].Load()) }

func (p *Partitions) index(hash uint64) int {
	hi, _ := bits.Mul64(hash*0x9E3779B97F4A7C15, uint64(len(p.slots))) // Fibonacci hashing, and a multiplication in place of a division
	return int(hi)
}

// PartitionOf returns the PID of the partition that key belongs to. It panics as a map does when key is an interface whose value cannot be compared.
func PartitionOf[K comparable](p *Partitions, key K) proc.PID {
	return p.ByHash(maphash.Comparable(p.seed, key))
}

// PartitionIndex returns the index of the partition that key belongs to.
func PartitionIndex[K comparable](p *Partitions, key K) int {
	return p.index(maphash.Comparable(p.seed, key))
}
