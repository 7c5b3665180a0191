package mpsc

import (
	"slices"
	"testing"
)

// rig is a receiver in its first life, and two cores that send to it. Signals are noted when they are acted upon; those above
// 1,000 leave a message, themselves.
type rig struct {
	t     *testing.T
	pool  *Pool[int]
	c     [2]*Cache[int]
	m     Mailbox[int]
	acted []int
	saw   [][]int // the private queue when each of them was acted upon
}

const (
	rigGen = State(1) << GenShift
	rigTo  = uint64(rigGen) | 5
)

func newRig(t *testing.T) *rig {
	r := &rig{t: t, pool: NewPool[int]()}
	for i := range r.c {
		r.c[i] = r.pool.NewCache(i)
		r.c[i].OnSignal = func(m *Mailbox[int], v int) {
			if m != &r.m {
				t.Error("OnSignal with another mailbox")
			}
			r.acted = append(r.acted, v)
			r.saw = append(r.saw, r.waiting())
			if v > 1000 {
				*m.Put(r.c[i]) = v
			}
		}
	}
	r.m.Leave()
	r.m.Open(rigGen, Idle, false)
	return r
}

// owned returns a rig whose receiver core 0 owns, with message 1 in its private queue.
func owned(t *testing.T) *rig {
	r := newRig(t)
	r.send(0, 1, Schedule)
	return r
}

func (r *rig) send(core, v int, want Sent) {
	r.t.Helper()
	if got := r.m.Send(r.c[core], rigTo, 0, 0, v); got != want {
		r.t.Fatalf("Send of %d from core %d: %d, want %d", v, core, got, want)
	}
}

func (r *rig) signal(core, v int, want Sent) {
	r.t.Helper()
	if got := r.m.Signal(r.c[core], rigTo, 0, v); got != want {
		r.t.Fatalf("Signal of %d from core %d: %d, want %d", v, core, got, want)
	}
}

func (r *rig) waiting() (vs []int) {
	r.m.Each(func(v *int) bool {
		vs = append(vs, *v)
		return true
	})
	return vs
}

func (r *rig) holds(what string, got []int, want ...int) {
	r.t.Helper()
	if !slices.Equal(got, want) {
		r.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (r *rig) fetch(want int) {
	r.t.Helper()
	if n := r.m.Fetch(r.c[0], rigGen); n != want {
		r.t.Errorf("Fetch returned %d, want %d messages", n, want)
	}
	if s := r.m.State(); s.Urgent() || !s.Empty() {
		r.t.Errorf("the word is %#x after a fetch", uint64(s))
	}
}

func TestSignalToAnIdleReceiverIsActedUponByItsSender(t *testing.T) {
	r := newRig(t)
	r.signal(0, 7, Schedule)
	if s := r.m.State(); s.Kind() != Owned || s.Owner() != 0 || s.Urgent() || !s.Empty() {
		t.Errorf("the word is %#x: core 0 must own it", uint64(s))
	}
	if !r.m.Release(rigGen, r.c[0].tag) {
		t.Error("Release fails though nothing has come in")
	}
	r.signal(1, 8, Schedule)
	r.send(0, 9, Queued)
	if r.m.Release(rigGen, r.c[1].tag) {
		t.Error("Release succeeds though a message has come in: it would never be received")
	}
	if len(r.acted) != 0 {
		t.Errorf("OnSignal was called for what the sender acts upon: %v", r.acted)
	}
}

func TestSignalToAReceiverOnTheSendersCoreIsDirectUnlessSomethingIsBeforeIt(t *testing.T) {
	r := owned(t)
	r.signal(0, 7, Direct)
	r.send(1, 2, Queued)
	r.signal(0, 8, Queued)
	r.holds("acted upon before the fetch", r.acted)
	r.fetch(1)
	r.holds("acted upon", r.acted, 8)
	r.holds("private queue at signal 8", r.saw[0], 1, 2)
	r.signal(0, 9, Direct)
}

func TestSignalFromElsewhereIsUrgentAndTakesItsPlaceAmongMessages(t *testing.T) {
	r := owned(t)
	r.send(1, 2, Queued)
	if r.m.State().Urgent() {
		t.Error("a message is urgent")
	}
	r.signal(1, 7, Queued)
	for v := 3; v <= 5; v++ {
		r.send(1, v, Queued)
		if !r.m.State().Urgent() {
			t.Fatalf("message %d has taken the urgent bit away", v)
		}
	}
	r.signal(1, 1001, Queued)
	r.send(1, 6, Queued)
	if own, empty := r.m.Owns(r.c[0], rigGen); !own || empty {
		t.Errorf("Owns with a signal in the inbox: %v, %v", own, empty)
	}
	r.fetch(5)
	r.holds("acted upon", r.acted, 7, 1001)
	r.holds("private queue at signal 7", r.saw[0], 1, 2)
	r.holds("private queue at signal 1001", r.saw[1], 1, 2, 3, 4, 5)
	r.holds("private queue in the end", r.waiting(), 1, 2, 3, 4, 5, 1001, 6)
}

func TestPostedSignalOnAnIdleReceiverIsActedUponByWhoClaimsIt(t *testing.T) {
	r := newRig(t)
	o := r.pool.NewOutside()
	if got := r.m.Post(o.PrepareSignal(7), rigTo, 0); got != Inject {
		t.Fatalf("Post: %d, want Inject", got)
	}
	if s := r.m.State(); s.Kind() != Public || !s.Urgent() {
		t.Errorf("the word is %#x: public and urgent is right", uint64(s))
	}
	if got := r.m.Post(o.Prepare(1), rigTo, 0); got != Queued {
		t.Fatalf("Post: %d, want Queued", got)
	}
	r.m.Claim(r.c[1], rigGen)
	r.holds("acted upon", r.acted, 7)
	r.holds("private queue at the signal", r.saw[0])
	r.holds("private queue", r.waiting(), 1)
	if r.m.State() != rigGen|r.c[1].tag {
		t.Errorf("the word is %#x after Claim", uint64(r.m.State()))
	}
}

func TestUrgencyOutlastsDetachAndPublishDoesNotHideIt(t *testing.T) {
	r := owned(t)
	r.signal(1, 7, Queued)
	if r.m.Publish(rigGen, r.c[0].tag) {
		t.Error("Publish succeeds with a signal in the inbox")
	}
	r.m.Detach()
	if s := r.m.State(); s.Kind() != Public || !s.Urgent() {
		t.Errorf("the word is %#x after Detach: public and urgent is right", uint64(s))
	}
	r.m.Claim(r.c[1], rigGen)
	r.holds("acted upon", r.acted, 7)
}

func TestSignalWithoutOnSignalIsAMessage(t *testing.T) {
	r := owned(t)
	r.c[0].OnSignal = nil
	r.signal(1, 7, Queued)
	r.fetch(1)
	r.holds("private queue", r.waiting(), 1, 7)
}

func TestActionMaySendToItsOwnReceiverBehindWhatHasComeIn(t *testing.T) {
	r := owned(t)
	r.c[0].OnSignal = func(m *Mailbox[int], v int) {
		r.acted = append(r.acted, v)
		if v == 7 {
			r.send(0, 3, Queued)
			r.signal(0, 8, Queued)
		}
	}
	r.signal(1, 7, Queued)
	r.send(0, 2, Queued)
	if n := r.m.Fetch(r.c[0], rigGen); n != 1 {
		t.Errorf("Fetch returned %d, want 1", n)
	}
	if !r.m.State().Urgent() {
		t.Error("signal 8 is in the inbox and the word is not urgent")
	}
	r.holds("private queue", r.waiting(), 1, 2)
	r.fetch(1)
	r.holds("acted upon", r.acted, 7, 8)
	r.holds("private queue", r.waiting(), 1, 2, 3)

	r.signal(1, 7, Queued) // nothing above it: the direct way is right
	r.c[0].OnSignal = func(*Mailbox[int], int) { r.send(0, 4, Queued) }
	r.fetch(0)
	r.holds("private queue", r.waiting(), 1, 2, 3, 4)
}

func TestSignalToAnEndedLifeIsGone(t *testing.T) {
	r := owned(t)
	r.signal(1, 7, Queued) // fills the core's list of chunks
	free := r.c[1].nfree
	r.m.Close(r.c[0], func(int) {})
	r.holds("acted upon in the end", r.acted, 7)
	r.signal(1, 8, Gone)
	r.m.Open(rigGen+1<<GenShift, Idle, false)
	r.signal(1, 9, Gone)
	if got := r.m.Post(r.c[1].PrepareSignal(9), rigTo, 0); got != Gone {
		t.Errorf("Post: %d, want Gone", got)
	}
	if r.c[1].nfree != free-1 { // what was posted is its sender's
		t.Errorf("%d chunks are free, want %d", r.c[1].nfree, free-1)
	}
	if s := r.m.State(); s.Kind() != Idle || s.Urgent() {
		t.Errorf("the next life's word is %#x", uint64(s))
	}
}

func TestShutLetsNothingInAndDrainHandsOutWhatIsLeft(t *testing.T) {
	r := owned(t)
	r.send(1, 2, Queued)
	r.signal(1, 1001, Queued)
	r.send(1, 3, Queued)
	r.signal(1, 7, Queued)
	rest := r.m.Shut()
	for core := range r.c {
		r.send(core, 4, Gone)
		r.signal(core, 8, Gone)
	}
	r.holds("acted upon by Shut", r.acted)
	var dropped []int
	r.m.Drain(r.c[0], rest, func(v int) { dropped = append(dropped, v) })
	r.holds("acted upon", r.acted, 1001, 7)
	r.holds("dropped", dropped, 1, 2, 1001, 3)
	if s := r.m.State(); s.Kind() != Closed || s.Gen() != rigGen+1<<GenShift || s.Urgent() {
		t.Errorf("the word is %#x", uint64(s))
	}
	if r.m.HasNext() {
		t.Error("the private queue is not empty")
	}
}

func TestSignalsDoNotAllocate(t *testing.T) {
	r := newRig(t)
	for _, c := range r.c {
		c.OnSignal = func(*Mailbox[int], int) {}
	}
	idle := func() {
		r.signal(0, 7, Schedule)
		r.signal(0, 7, Direct)
		r.m.Release(rigGen, r.c[0].tag)
	}
	elsewhere := func() {
		r.signal(0, 7, Schedule)
		r.signal(1, 7, Queued)
		r.m.Fetch(r.c[0], rigGen)
		r.m.Release(rigGen, r.c[0].tag)
	}
	for name, f := range map[string]func(){"on one core": idle, "between cores": elsewhere} {
		for range 4 * slabLen { // chunks go from core 1 to core 0 until that hands them on
			f()
		}
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}
