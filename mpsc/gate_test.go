package mpsc

import "testing"

func TestGatedReceiverTakesOnlyWhatPassesTheGate(t *testing.T) {
	r := owned(t)
	o := r.pool.NewOutside()
	r.send(1, 2, Queued)
	r.send(1, 3, Queued) // in a block that stays open
	r.m.Gate()
	r.m.Gate()
	for core, c := range r.c {
		if got := r.m.Reach(rigGen, c.tag); got != Slow {
			t.Errorf("Reach from core %d: %d, want Slow", core, got)
		}
	}
	room := r.c[1].Open(rigTo, 0)
	if room == nil {
		t.Fatal("no open block before the fetch")
	}
	*room = 4
	if !r.c[1].Commit(rigTo) {
		t.Fatal("the open block takes no append before the fetch")
	}
	r.fetch(3)
	r.holds("private queue after the fetch", r.waiting(), 1, 2, 3, 4)
	if room = r.c[1].Open(rigTo, 0); room != nil {
		*room = 5
		if r.c[1].Commit(rigTo) {
			t.Fatal("an append gets past the gate")
		}
	}
	for core := range r.c {
		r.send(core, 6, Gate)
		r.signal(core, 7, Gate)
	}
	ch := o.Prepare(6)
	if got := r.m.Post(ch, rigTo, 0); got != Gate {
		t.Errorf("Post: %d, want Gate", got)
	}
	o.Discard(ch)
	if got := r.m.Signal(r.c[0], rigTo, Gated, 8); got != Direct {
		t.Errorf("Signal through the gate from the owner's core: %d, want Direct", got)
	}
	if got := r.m.Signal(r.c[1], rigTo, Gated, 9); got != Queued {
		t.Errorf("Signal through the gate: %d, want Queued", got)
	}
	r.fetch(0)
	r.holds("acted upon", r.acted, 9)
	for range 4 {
		r.m.Next(r.c[0])
	}
	if !r.m.Release(rigGen, r.c[0].tag) || !r.m.State().Gated() {
		t.Errorf("the word is %#x after Release", uint64(r.m.State()))
	}
	if got := r.m.Signal(r.c[1], rigTo, Gated, 10); got != Schedule {
		t.Errorf("Signal through the gate to an idle receiver: %d, want Schedule", got)
	}
}

// Who is told of the gate puts what it sends there: its next message must not get into a block below.
func TestWhoIsToldOfTheGateAppendsNoMore(t *testing.T) {
	for name, tell := range map[string]func(*rig){
		"by Send":   func(r *rig) { r.send(1, 9, Gate) },
		"by Signal": func(r *rig) { r.signal(1, 9, Gate) },
	} {
		t.Run(name, func(t *testing.T) {
			r := owned(t)
			r.send(1, 2, Queued)
			r.send(1, 3, Queued)
			r.m.Gate()
			tell(r)
			if r.c[1].Open(rigTo, 0) != nil {
				t.Error("the block is open still")
			}
		})
	}
}

func TestAGatesPassIsGoodWhereThereIsNoGate(t *testing.T) {
	r := newRig(t)
	if got := r.m.Signal(r.c[0], rigTo, Gated, 7); got != Schedule {
		t.Errorf("Signal to an idle receiver: %d, want Schedule", got)
	}
	if got := r.m.Signal(r.c[0], rigTo, Gated, 7); got != Direct {
		t.Errorf("Signal to an owned receiver: %d, want Direct", got)
	}
	if got := r.m.Send(r.c[0], rigTo, Gated, 0, 1); got != Queued {
		t.Errorf("Send to an owned receiver: %d, want Queued", got)
	}
	r.m.Next(r.c[0])
	r.m.Release(rigGen, r.c[0].tag)
	if got := r.m.Send(r.c[1], rigTo, Gated, 0, 2); got != Schedule {
		t.Errorf("Send to an idle receiver: %d, want Schedule", got)
	}
	if r.m.State().Gated() {
		t.Error("a pass has made a gate")
	}
	r.holds("private queue", r.waiting(), 2)
}
