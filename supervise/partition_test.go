package supervise

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

// part replies to a call with its index, and ends by an error.
type part struct{ index int }

func (m *part) Handle(c *proc.Ctx, msg proc.Message) error {
	if err, ok := msg.Body.(error); ok {
		return err
	}
	return c.Reply(m.index)
}

func (w *world) partitions(cfg PartitionConfig) (*Partitions, proc.PID) {
	w.t.Helper()
	cfg.New = func(i int) proc.Machine { return &part{i} }
	cfg.Flags = many(OneForOne)
	p, err := NewPartitions(w.rt, cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	sup, err := p.Start(w.k)
	if err != nil {
		w.t.Fatal(err)
	}
	return p, sup
}

func TestPartitionsGetTheirIndexAndName(t *testing.T) {
	w := newWorld(t)
	p, _ := w.partitions(PartitionConfig{Count: 5, Name: func(i int) string { return fmt.Sprint("shard-", i) }})
	for i := range p.Len() {
		v, err := w.k.Call(p.At(i), nil)
		if pid, _ := w.rt.Whereis(fmt.Sprint("shard-", i)); v != i || err != nil || pid != p.At(i) {
			t.Errorf("partition %d: %v %v %v", i, v, err, pid)
		}
	}
	if p.At(-1) != 0 || p.At(5) != 0 {
		t.Error("there are partitions beyond the last")
	}
}

func TestPartitionsAreByDefaultOneForEachWorker(t *testing.T) {
	w := newWorld(t)
	if p, _ := w.partitions(PartitionConfig{}); p.Len() != w.rt.Workers() {
		t.Errorf("%d partitions, %d workers", p.Len(), w.rt.Workers())
	}
}

func TestPartitionOfAKeyIsStableAndKeysAreSpread(t *testing.T) {
	w := newWorld(t)
	p, _ := w.partitions(PartitionConfig{Count: 8})
	byKey, byHash := map[proc.PID]int{}, map[proc.PID]int{}
	for i := range 8000 {
		key := fmt.Sprint(i)
		if PartitionOf(p, key) != p.At(PartitionIndex(p, key)) {
			t.Fatal("PID and index differ")
		}
		byKey[PartitionOf(p, key)]++
		byHash[p.ByHash(uint64(i))]++
	}
	for i := range 8 {
		if n, m := byKey[p.At(i)], byHash[p.At(i)]; n < 500 || n > 1500 || m < 500 || m > 1500 {
			t.Errorf("partition %d has %d keys, %d hashes", i, n, m)
		}
	}
}

func TestPartitionThatWasRestartedIsFoundUnderItsNewPID(t *testing.T) {
	w := newWorld(t)
	p, sup := w.partitions(PartitionConfig{Count: 4})
	i, old := PartitionIndex(p, "key"), PartitionOf(p, "key")
	w.crash(old, errBoom)
	w.eventually("restarted", func() bool { return w.pid(sup, fmt.Sprint(i)) != old })
	if pid := PartitionOf(p, "key"); pid != w.pid(sup, fmt.Sprint(i)) {
		t.Errorf("key leads to %v", pid)
	}
	if v, err := w.k.Call(PartitionOf(p, "key"), nil); v != i || err != nil {
		t.Errorf("reply %v, %v, want %d", v, err, i)
	}
}

func TestPartitionsAsAChildAreFoundAfterTheirSupervisorIsRestarted(t *testing.T) {
	w := newWorld(t)
	p, err := NewPartitions(w.rt, PartitionConfig{Count: 3, New: func(i int) proc.Machine { return &part{i} }})
	if err != nil {
		t.Fatal(err)
	}
	if p.At(0) != 0 {
		t.Error("a partition is found before it was started")
	}
	sup := w.start(many(OneForOne), p.Spec("parts"))
	old, parts := p.At(2), w.pid(sup, "parts")
	_ = w.rt.Exit(parts, proc.Kill)
	w.ends(parts, nil)
	w.eventually("restarted", func() bool { return p.At(2) != old })
	if v, err := w.k.Call(p.At(2), nil); v != 2 || err != nil {
		t.Errorf("reply %v, %v", v, err)
	}
}

func TestPartitionsAreLookedUpWhileTheyAreRestarted(t *testing.T) {
	w := newWorld(t)
	p, _ := w.partitions(PartitionConfig{Count: 4})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 100 {
				key := g*100 + i
				want := PartitionIndex(p, key)
				if i%10 == 0 {
					_ = w.rt.Send(PartitionOf(p, key), errBoom)
				}
				if v, err := w.k.Call(PartitionOf(p, key), nil); err == nil && v != want {
					t.Errorf("key %d came to partition %v, not %d", key, v, want)
				}
			}
		})
	}
	wg.Wait()
	w.eventually("all answer", func() bool {
		for i := range p.Len() {
			if v, err := w.k.Call(p.At(i), nil); err != nil || v != i {
				return false
			}
		}
		return true
	})
}

func TestPartitionConfigThatIsWrongIsNamed(t *testing.T) {
	w := newWorld(t)
	f := func(i int) proc.Machine { return &part{i} }
	for want, cfg := range map[string]PartitionConfig{
		"PartitionConfig.Count":          {Count: -1, New: f},
		"PartitionConfig.New":            {Count: 1},
		"PartitionConfig.Flags.Strategy": {New: f, Flags: Flags{Strategy: SimpleOneForOne}},
		"PartitionConfig.Child":          {New: f, Child: Spec{ID: "x"}},
		"Restart":                        {New: f, Child: Spec{Restart: 9}},
	} {
		if _, err := NewPartitions(w.rt, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one of %s", err, want)
		}
	}
	if _, err := NewPartitions(nil, PartitionConfig{New: f}); err == nil {
		t.Error("a nil runtime is taken")
	}
	p, err := NewPartitions(w.rt, PartitionConfig{Count: 1, New: f})
	if err != nil {
		t.Fatal(err)
	}
	_, err = StartChild(w.k, 0, p.Spec("x"))
	if err == nil {
		t.Error("an unknown supervisor is taken")
	}
}

func BenchmarkPartitionOf(b *testing.B) {
	rt, k := benchWorld(b)
	p, err := NewPartitions(rt, PartitionConfig{Count: 16, New: func(i int) proc.Machine { return &part{i} }})
	if err == nil {
		_, err = p.Start(k)
	}
	if err != nil {
		b.Fatal(err)
	}
	var sum proc.PID
	b.Run("string", func(b *testing.B) {
		for b.Loop() {
			sum += PartitionOf(p, "user-4711")
		}
	})
	b.Run("int", func(b *testing.B) {
		for b.Loop() {
			sum += PartitionOf(p, 4711)
		}
	})
	b.Run("hash", func(b *testing.B) {
		for b.Loop() {
			sum += p.ByHash(4711)
		}
	})
}
