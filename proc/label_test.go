package proc

import (
	"bytes"
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
