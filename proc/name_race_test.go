package proc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// Whoever is told of the end of a process, in whichever way, finds its name free and can give it to another at once (M14).
func TestNameIsFreeWhenTheEndIsHeard(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			for round := range scale(3000) {
				var ref MonitorRef
				pid, err := mortal(self, round/5, WithName("x"), WithLink(), WithMonitor(&ref))
				if err != nil {
					return fmt.Errorf("round %d: Spawn with the name of one whose end was heard: %w", round, err)
				}
				if round%11 == 0 {
					self.Blocking(func() {})
				}
				isDown := func(m Message) bool { d, ok := m.Body.(Down); return ok && d.PID == pid }
				isExit := func(m Message) bool { x, ok := m.Body.(Exit); return ok && x.From == pid }
				switch round % 5 {
				case 0:
					_ = self.Send(pid, nil)
					self.ReceiveMatch(isDown)
				case 1:
					_ = self.Send(pid, nil)
					self.ReceiveMatch(isExit)
				case 2:
					if _, err := self.Call(pid, nil, Forever); !errors.Is(err, errFault) {
						return fmt.Errorf("round %d: Call: %v", round, err)
					}
				case 3:
					_ = self.Exit(pid, Kill)
					if self.Alive(pid) {
						return fmt.Errorf("round %d: it lives", round)
					}
				case 4:
					_ = self.Runtime().Exit(pid, errFirst)
					self.ReceiveMatch(isExit)
				}
				if who, ok := self.Whereis("x"); ok {
					return fmt.Errorf("round %d: the name is %v's still", round, who)
				}
				if err := self.Register("x", self.PID()); err != nil {
					return fmt.Errorf("round %d: %w", round, err)
				}
				if err := self.Unregister("x"); err != nil {
					return fmt.Errorf("round %d: %w", round, err)
				}
				for self.Info().Messages > 0 {
					self.Receive()
				}
			}
			return nil
		}, WithTrapExit())
		end(t, rt)
	}
}

// The same for goroutines.
func TestNameIsFreeWhenAGoroutineHearsOfTheEnd(t *testing.T) {
	ctx := context.Background()
	for _, workers := range []int{1, 4} {
		rt := begin(t, Config{Workers: workers})
		for round := range scale(2000) {
			pid, err := rt.Spawn(Of(func(*Ctx, Message) error { return errFault }), WithName("x"))
			if err != nil {
				t.Fatalf("round %d: Spawn with the name of one whose end was heard: %v", round, err)
			}
			if round%2 == 0 {
				if _, err := rt.Call(ctx, pid, nil); !errors.Is(err, errFault) {
					t.Fatalf("round %d: Call: %v", round, err)
				}
			} else {
				send(t, rt, pid, nil)
				if reason, err := rt.Wait(ctx, pid); reason != errFault && reason != NoProc || err != nil {
					t.Fatalf("round %d: Wait: %v, %v", round, reason, err)
				}
			}
			if who, ok := rt.Whereis("x"); ok {
				t.Fatalf("round %d: the name is %v's still", round, who)
			}
		}
		end(t, rt)
	}
}

// A name that is given to a process while it ends is free as soon as both are over, whether Register was in time or not.
func TestRegisterOfAProcessThatEndsLeavesNoName(t *testing.T) {
	for _, workers := range []int{1, 4} {
		rt := begin(t, Config{Workers: workers})
		in, late := 0, 0
		for round := range scale(2000) {
			pid := handler(t, rt, func(*Ctx, Message) error { return errFault })
			var registered error
			var both sync.WaitGroup
			both.Go(func() { registered = rt.Register("x", pid) })
			both.Go(func() {
				_ = rt.Send(pid, nil)
				_, _ = rt.Wait(context.Background(), pid)
			})
			both.Wait()
			if registered == nil {
				in++
			} else if late++; !errors.Is(registered, ErrNoProc) {
				t.Fatalf("round %d: Register: %v", round, registered)
			}
			if who, ok := rt.Whereis("x"); ok {
				t.Fatalf("round %d: the name is %v's, which has ended", round, who)
			}
			other := handler(t, rt, ignore)
			if err := rt.Register("x", other); err != nil {
				t.Fatalf("round %d: Register of another: %v", round, err)
			}
			_ = rt.Exit(other, Kill)
			if _, err := rt.Wait(context.Background(), other); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%d workers: %d were in time, %d too late", workers, in, late)
		end(t, rt)
	}
}

// Of several who want the same name, or give the same process a name, at the same time, one gets it.
func TestOneOfSeveralGetsTheName(t *testing.T) {
	rt := begin(t, Config{Workers: 4})
	a, b := handler(t, rt, ignore), handler(t, rt, ignore)
	for round := range scale(500) {
		results := make([]error, 8)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() {
				switch i % 4 {
				case 0:
					results[i] = rt.Register("x", a)
				case 1:
					results[i] = rt.Register("x", b)
				default:
					_, results[i] = rt.Spawn(Of(ignore), WithName("x"))
				}
			})
		}
		all.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else if !errors.Is(err, ErrNameTaken) && !errors.Is(err, ErrHasName) {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d have got the name", round, won)
		}
		if err := rt.Unregister("x"); err != nil {
			t.Fatal(err)
		}
	}
	for round := range scale(500) {
		results := make([]error, 8)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() { results[i] = rt.Register(fmt.Sprint(i), a) })
		}
		all.Wait()
		won := 0
		for i, err := range results {
			if err == nil {
				won++
				_ = rt.Unregister(fmt.Sprint(i))
			} else if !errors.Is(err, ErrHasName) {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		if won != 1 {
			t.Fatalf("round %d: the process has got %d names", round, won)
		}
	}
}

// A process in the slot of another has none of its name.
func TestProcessInARecycledSlotHasNoName(t *testing.T) {
	rt := begin(t, Config{Workers: 1, MaxProcesses: 1})
	for i := range scale(300) {
		name := fmt.Sprint(i % 3)
		a, err := rt.Spawn(Of(ignore), WithName(name))
		if err != nil {
			t.Fatal(err)
		}
		_ = rt.Exit(a, Kill)
		stats(t, rt)
		b := handler(t, rt, ignore)
		if got := rt.nameOf(b); got != "" {
			t.Fatalf("round %d: the name is %q", i, got)
		}
		if err := rt.Register("other", b); err != nil {
			t.Fatal(err)
		}
		if err := rt.Register(name, a); !errors.Is(err, ErrNoProc) {
			t.Fatalf("round %d: Register of the one before: %v", i, err)
		}
		_ = rt.Exit(b, Kill)
		stats(t, rt)
	}
}

// Names given and taken, and processes that end, all at random and at once: at the end every name is that of a process which
// lives, and no process has two.
func TestNamesAgreeAfterAStorm(t *testing.T) {
	for seed := range uint64(3) {
		rt := begin(t, Config{Workers: 4})
		var all sync.WaitGroup
		pids := make([]PID, 8)
		for i := range pids {
			pids[i] = handler(t, rt, ignore)
		}
		for g := range uint64(4) {
			all.Go(func() {
				rnd := seeded(seed<<8 | g)
				mine := pids[2*g : 2*g+2]
				for range scale(3000) {
					name := fmt.Sprint(rnd.below(6))
					switch i := rnd.below(2); rnd.below(8) {
					case 0, 1, 2:
						_ = rt.Register(name, mine[i])
					case 3:
						_ = rt.Register(name, pids[rnd.below(2)]) // of the first goroutine's, which it replaces meanwhile
					case 4:
						_ = rt.Unregister(name)
					case 5:
						if pid, ok := rt.Whereis(name); ok && pid == 0 {
							t.Error("a name of nobody")
						}
					case 6:
						_ = rt.Exit(mine[i], Kill)
					case 7:
						if g == 0 {
							continue // others read its part of the list
						}
						_ = rt.Exit(mine[i], Kill)
						if pid, err := rt.Spawn(Of(ignore), WithName(name)); err == nil {
							mine[i] = pid
						}
					}
				}
			})
		}
		all.Wait()
		stats(t, rt)
		has := map[PID]string{}
		for name, pid := range rt.Names() {
			if has[pid] != "" {
				t.Errorf("%v has the names %q and %q", pid, has[pid], name)
			}
			has[pid] = name
		}
		n := &rt.names
		n.mu.Lock()
		if len(n.byPID) != len(has) {
			t.Errorf("%d processes with names, %d names", len(n.byPID), len(has))
		}
		for pid, name := range n.byPID {
			word, bit := rt.table.namedBit(pid)
			if has[pid] != name || !rt.lives(pid) || word.Load()&bit == 0 {
				t.Errorf("%q is %v's, which has %q; lives: %v", name, pid, has[pid], rt.lives(pid))
			}
		}
		n.mu.Unlock()
		end(t, rt)
	}
}
