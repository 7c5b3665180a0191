package proc

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strings"
	"testing"
)

type labelledMachine struct{ found chan bool }

// goroutinesLabel reports whether some goroutine has the label of the type, as seen by the process itself.
func goroutinesLabel(typ string) bool {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
	return strings.Contains(b.String(), `"`+LabelType+`":"`+typ+`"`)
}

func (l *labelledMachine) Handle(c *Ctx, m Message) error {
	l.found <- goroutinesLabel("*proc.labelledMachine")
	return nil
}

func TestProfileLabelsFollowTheProcess(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	found := make(chan bool)
	machine := spawn(t, rt, func() Machine { return &labelledMachine{found} })
	look := func(want bool) {
		t.Helper()
		until(t, "the label follows the switch", func() bool {
			send(t, rt, machine, nil)
			return await(t, "a look", found) == want
		})
	}
	look(false)
	if old := rt.SetProfileLabels(true); old {
		t.Error("labels were on at the beginning")
	}
	look(true)
	if old := rt.SetProfileLabels(false); !old {
		t.Error("labels were not on")
	}
	look(false)
}

// A process in direct style has the label on its coroutine, whether that began before or after the switch.
func TestProfileLabelsInDirectStyle(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	found := make(chan bool)
	f := func(self *Self) error {
		for {
			self.Receive()
			found <- goroutinesLabel(rt.table.find(self.PID()).typeName())
		}
	}
	old, err := rt.Go(f)
	if err != nil {
		t.Fatal(err)
	}
	look := func(pid PID, want bool) {
		t.Helper()
		until(t, "the label follows the switch", func() bool {
			send(t, rt, pid, nil)
			return await(t, "a look", found) == want
		})
	}
	look(old, false)
	rt.SetProfileLabels(true)
	look(old, true)
	young, err := rt.Go(f)
	if err != nil {
		t.Fatal(err)
	}
	look(young, true)
	rt.SetProfileLabels(false)
	until(t, "no label is left", func() bool { // both have the same type
		for _, pid := range []PID{old, young} {
			send(t, rt, pid, nil)
			if await(t, "a look", found) && pid == young {
				return false
			}
		}
		return true
	})
}

func TestWorkersKeepNoLabelOfWhoStartedThem(t *testing.T) {
	var rt *Runtime
	pprof.Do(context.Background(), pprof.Labels("who", "embedder"), func(context.Context) {
		rt = begin(t, Config{Workers: 2})
	})
	seen := make(chan bool)
	pid := spawn(t, rt, func() Machine { return inheritor{seen} })
	until(t, "the label is taken away", func() bool {
		send(t, rt, pid, nil)
		return !await(t, "a look", seen)
	})
}

type inheritor struct{ seen chan bool }

func (i inheritor) Handle(*Ctx, Message) error {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
	found := false
	for g := range strings.SplitSeq(b.String(), "\n\n") {
		found = found || strings.Contains(g, "inheritor") && strings.Contains(g, "embedder")
	}
	i.seen <- found
	return nil
}

// Turns of two types take turns for a second, with a look every 10 µs.
func TestLabelsOfShortTurnsAreRationed(t *testing.T) {
	simulate := func(turn int64) (changes int) {
		const second, look = 1_000_000_000, 10_000
		var b labelBudget
		on := false
		for now, looked := int64(0), int64(0); now < second; now += turn {
			if now-looked >= look {
				looked = now
				on = b.look(now)
			}
			if on = on && b.spend(); on {
				changes++
			}
		}
		return changes
	}
	changes := simulate(20)
	if most := 1_000_000_000/labelPrice + int(labelSavings/labelPrice); changes > most || changes < most/2 {
		t.Errorf("turns of 20 ns: %d changes in a second, want at most %d and not much less", changes, most)
	}
	const long = labelPrice + 100
	if changes := simulate(long); changes < 1_000_000_000/long*99/100 {
		t.Errorf("turns of %d ns: %d are labelled, want nearly all", long, changes)
	}
}

// Labels that are rationed favour no type: turns of 300 and of 75 ns take turns.
func TestRationedLabelsFavourNobody(t *testing.T) {
	var (
		b        labelBudget
		on       bool
		now      int64
		looked   int64
		labelled [2]int64 // ns
	)
	for i := 0; now < 1_000_000_000; i++ {
		if now-looked >= 10_000 {
			looked = now
			on = b.look(now)
		}
		turn := []int64{300, 75}[i%2]
		if on = on && b.spend(); on {
			labelled[i%2] += turn
		}
		now += turn
	}
	all := labelled[0] + labelled[1]
	if share := float64(labelled[0]) / float64(all); share < 0.79 || share > 0.81 {
		t.Errorf("%.3f of the labelled time is the type's that has 0.8 of all", share)
	}
	if all < 50_000_000 {
		t.Errorf("%d ns of a second are labelled, want a tenth of it about", all)
	}
}
