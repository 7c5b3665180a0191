package proc

import (
	"slices"
	"testing"
)

// FuzzGateAgainstModel plays a program of sends, signals and receives on a bounded mailbox and on a slice.
func FuzzGateAgainstModel(f *testing.F) {
	f.Add(uint8(3), uint8(0), []byte{0, 0, 0, 0, 1, 2, 0, 1, 1})
	f.Add(uint8(2), uint8(2), []byte{0, 2, 0, 2, 0, 0, 1, 0, 0, 1, 1, 1})
	f.Add(uint8(1), uint8(1), []byte{0, 0, 1, 1, 0})
	f.Add(uint8(5), uint8(2), []byte{0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 2, 0, 0, 1, 1, 1, 1, 1, 3})
	f.Fuzz(func(t *testing.T, bound, policy uint8, program []byte) {
		if bound == 0 || policy > uint8(DropOldest) || len(program) > 2000 {
			return
		}
		const pid = PID(7)
		g := &gate{pid: pid, bound: int(bound), policy: Overflow(policy)}
		sig := Message{From: markSignal, Body: &signal{kind: sigExit}}
		var model []uint64 // words; 0 is a signal
		next, turned, told := uint64(1), 0, false
		messages := func() (n int) {
			for _, w := range model {
				if w != 0 {
					n++
				}
			}
			return n
		}
		signals := func() int { return len(model) - messages() }
		for _, op := range program {
			switch op % 4 {
			case 0:
				a := g.put(pid, Message{Word: next})
				tell, dropped, err := a.tell, a.dropped, a.err
				full := messages() >= int(bound)
				wantErr, wantDropped, takes := error(nil), false, true
				if full {
					turned++
					switch Overflow(policy) {
					case Reject:
						wantErr, takes = ErrMailboxFull, false
					case DropNewest:
						wantDropped, takes = true, false
					case DropOldest:
						wantDropped = true
						i := slices.IndexFunc(model, func(w uint64) bool { return w != 0 })
						model = slices.Delete(model, i, i+1)
					}
				}
				if takes {
					model = append(model, next)
				}
				if err != wantErr || dropped != wantDropped || tell != (takes && !told) {
					t.Fatalf("put: %v, %v, %v with %d in the mailbox, told %v", tell, dropped, err, messages(), told)
				}
				told = told || takes
				next++
			case 1:
				m, _, ok := g.get(false)
				if ok != (len(model) > 0) {
					t.Fatalf("get: %v, with %d in the mailbox", ok, len(model))
				}
				if !ok {
					told = false
					continue
				}
				if m.Word != model[0] {
					t.Fatalf("message %d in place of %d", m.Word, model[0])
				}
				model = model[1:]
			case 2:
				a := g.put(pid, sig)
				tell, dropped, err := a.tell, a.dropped, a.err
				if err != nil || dropped || tell != (!told || signals() == 0) {
					t.Fatalf("signal: %v, %v, %v; told %v, %d signals", tell, dropped, err, told, signals())
				}
				told = true
				model = append(model, 0)
			case 3:
				if a := g.put(pid+1, Message{}); a.err != ErrNoProc {
					t.Fatalf("put for another life: %v", a.err)
				}
			}
			if n, _ := g.state(); n != messages() || int(g.turned.Load()) != turned {
				t.Fatalf("%d messages, %d turned away; want %d and %d", n, g.turned.Load(), messages(), turned)
			}
		}
		var left []uint64
		g.close(func(m Message) { left = append(left, m.Word) })
		if !slices.Equal(left, model) {
			t.Fatalf("left at the end %v, want %v", left, model)
		}
		if a := g.put(pid, Message{}); a.err != ErrNoProc {
			t.Fatalf("put after the end: %v", a.err)
		}
	})
}
