package proc

import (
	"errors"
	"flag"
	"sync"
	"testing"

	"github.com/thrum-go/thrum/mpsc"
)

var longRun = flag.Bool("long", false, "run the tests that take minutes in their long form")

// A nursery spawns processes in one slot, one after the other: the core uses the slot that has become free last.
type nursery struct {
	t     testing.TB
	rt    *Runtime
	spawn func(Factory, ...SpawnOption) (PID, error)
}

func newNursery(t *testing.T) *nursery {
	rt := begin(t, Config{Workers: 1})
	return &nursery{t: t, rt: rt, spawn: spawners(t, rt)["Ctx.Spawn"]}
}

func (n *nursery) start(f func(c *Ctx, m Message) error) PID {
	n.t.Helper()
	pid, err := n.spawn(Of(f))
	if err != nil {
		n.t.Fatal(err)
	}
	return pid
}

// life spawns a process that ends at once.
func (n *nursery) life() PID {
	n.t.Helper()
	pid := n.start(func(*Ctx, Message) error { return Normal })
	send(n.t, n.rt, pid, nil)
	gone(n.t, n.rt, pid)
	stats(n.t, n.rt)
	return pid
}

func slotOf(pid PID) uint64 { return uint64(pid) & addressMask }

func TestMessageToARecycledSlotReachesNobody(t *testing.T) {
	n := newNursery(t)
	rt := n.rt
	var lost []DeadLetter
	var mu sync.Mutex
	rt.WatchDeadLetters(func(d DeadLetter) {
		mu.Lock()
		defer mu.Unlock()
		lost = append(lost, d)
	})
	old := n.life()
	got := make(chan any, 10)
	fresh := n.start(func(c *Ctx, m Message) error { got <- m.Body; return nil })
	if fresh == old || slotOf(fresh) != slotOf(old) {
		t.Fatalf("%v should be in the slot of %v", fresh, old)
	}
	for way, send := range senders(t, rt) {
		if err := send(old, "for the dead"); !errors.Is(err, ErrNoProc) {
			t.Errorf("%s: %v", way, err)
		}
	}
	if _, err := rt.Info(old); !errors.Is(err, ErrNoProc) {
		t.Errorf("Info: %v", err)
	}
	send(t, rt, fresh, "for the living")
	if body := await(t, "a message", got); body != "for the living" {
		t.Errorf("the new process got %v", body)
	}
	end(t, rt)
	if len(lost) != 3 || len(got) != 0 {
		t.Errorf("%d dead letters, want 3; %d more messages for the new process", len(lost), len(got))
	}
	for _, d := range lost {
		if d.To != old || d.Message.Body != "for the dead" {
			t.Errorf("dead letter %+v", d)
		}
	}
}

func TestSlotIsRetiredAtItsLastGenerationAndNoPIDRepeats(t *testing.T) {
	n := newNursery(t)
	first := n.life()
	// As if the slot had had almost all of its lives.
	n.rt.table.find(first).mb.Open((mpsc.MaxGen-2)<<mpsc.GenShift, mpsc.Closed, false)
	seen := map[PID]bool{first: true}
	lives := 0
	for range 100 {
		pid := n.life()
		if seen[pid] {
			t.Fatalf("%v a second time", pid)
		}
		seen[pid] = true
		if slotOf(pid) == slotOf(first) {
			if lives++; uint64(pid)>>mpsc.GenShift < mpsc.MaxGen-2 {
				t.Fatalf("%v: the generation has wrapped", pid)
			}
		}
	}
	if lives != 3 {
		t.Errorf("%d lives from generation MaxGen-2 on, want 3", lives)
	}
	for _, pid := range []PID{first, PID(slotOf(first)), PID(slotOf(first)) + 1<<mpsc.GenShift} {
		if err := n.rt.Send(pid, nil); !errors.Is(err, ErrNoProc) {
			t.Errorf("Send to %v: %v", pid, err)
		}
	}
}

// Many processes one after the other in few slots: each gets its own messages and nobody else's.
func TestManySpawnsAndExitsThroughFewSlots(t *testing.T) {
	total := scale(300_000)
	if *longRun {
		total = 10_000_000
	}
	const chains, slots = 8, 1024
	rt := begin(t, Config{Workers: 2, MaxProcesses: slots})
	var done sync.WaitGroup
	type birth struct{ id, left int }
	var wrong, refused [chains]int
	var life Factory
	life = Of(func(c *Ctx, m Message) error {
		b, ok := m.Body.(*birth)
		if !ok {
			return nil
		}
		if m.Word != uint64(c.Self()) {
			wrong[b.id]++
		}
		if b.left--; b.left < 0 {
			done.Done()
			return Normal
		}
		next, err := c.Spawn(life)
		if err != nil {
			refused[b.id]++
			b.left++
			return c.SendWord(c.Self(), b, m.Word)
		}
		c.SendWord(next, b, uint64(next))
		return Normal
	})
	done.Add(chains)
	for i := range chains {
		pid := spawn(t, rt, life)
		if err := rt.SendWord(pid, &birth{i, total / chains}, uint64(pid)); err != nil {
			t.Fatal(err)
		}
	}
	done.Wait()
	s := stats(t, rt)
	if want := uint64(chains * (total/chains + 1)); s.Spawned != want || s.Exited != want || s.DeadLetters != 0 {
		t.Errorf("%d spawned, %d ended, %d dead letters; want %d, the same, none", s.Spawned, s.Exited, s.DeadLetters, want)
	}
	for i := range chains {
		if wrong[i] != 0 {
			t.Errorf("%d messages came to the wrong life", wrong[i])
		}
	}
	if rt.table.end > slots {
		t.Errorf("%d slots were used, %d allowed", rt.table.end, slots)
	}
}

func TestMoreProcessesThanMaxAreRefusedAndRoomComesBack(t *testing.T) {
	const most = 1000
	rt := begin(t, Config{Workers: 2, MaxProcesses: most})
	ways := spawners(t, rt)
	for _, way := range []string{"Runtime.Spawn", "Ctx.Spawn", "Ctx.Spawn of a detached process", "Runtime.Spawn"} {
		var pids []PID
		until(t, way+" has room", func() bool {
			for len(pids) <= most {
				pid, err := ways[way](Of(func(*Ctx, Message) error { return Normal }))
				if err != nil {
					if !errors.Is(err, ErrTooMany) {
						t.Fatal(err)
					}
					break
				}
				pids = append(pids, pid)
			}
			return len(pids) > 0
		})
		if len(pids) >= most {
			t.Errorf("%s: %d processes beside the one that spawns", way, len(pids))
		}
		for _, pid := range pids {
			send(t, rt, pid, nil)
		}
		for _, pid := range pids {
			gone(t, rt, pid)
		}
		if s := stats(t, rt); s.Processes != 1 {
			t.Errorf("%s: %d processes are left", way, s.Processes)
		}
	}
}

func TestPIDsAreDistinctAndPrintable(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	a, b := handler(t, rt, ignore), handler(t, rt, ignore)
	if a == b || a.String() == b.String() || a.String() == "" || PID(0).String() != "<none>" {
		t.Errorf("%v, %v, %v", a, b, PID(0))
	}
}
