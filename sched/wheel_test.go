package sched

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// wheelModel is a wheel that is obviously right: a list, in the order in which timers were started.
type wheelModel struct {
	t     testing.TB
	w     wheel
	now   int64
	live  []*modelTimer
	start int
	old   []*Timer // of lives that have ended, to be used again
	moves int      // at a time
	swept bool     // so those of one instant need not come in their order any more
	mid   func()   // called when some entries have been moved and others have not
}

type modelTimer struct {
	*Timer
	life Life
	due  int64
	seq  int
}

func (m *modelTimer) tick() int64 { return ticks(m.due) }

// lifetime is as long as the clock can run, 73 years, for the longest timer to fit on the wheel.
const lifetime = int64(MaxTimer)

func newWheelModel(t testing.TB, now int64) *wheelModel {
	m := &wheelModel{t: t, now: now, moves: moveMax}
	m.w.init()
	return m
}

// add starts a timer of d ns; every other one has had an earlier life, the entry of which may still be on the wheel.
func (m *wheelModel) add(d int64) {
	var x *Timer
	if n := len(m.old); n > 0 && m.start%2 == 0 {
		x, m.old = m.old[n-1], m.old[:n-1]
	} else {
		x = &(&loneTimer{}).timers[0]
		x.word.Store(2)
	}
	m.start++
	y := &modelTimer{x, Life(x.word.Load()), m.now + delay(time.Duration(d)), m.start}
	m.live = append(m.live, y)
	m.w.start(entry{x, y.life, y.tick()}, m.now)
	m.check()
}

// end ends a life.
func (m *wheelModel) end(x *modelTimer) {
	x.word.Store(uint64(x.life) + 2)
	m.old = append(m.old, x.Timer)
	m.live = slices.DeleteFunc(m.live, func(y *modelTimer) bool { return y == x })
}

func (m *wheelModel) cancel(i int) {
	if len(m.live) == 0 {
		return
	}
	m.end(m.live[i%len(m.live)])
	m.w.stale++
	m.check()
}

// sweep drops entries, some or all.
func (m *wheelModel) sweep(most int) {
	m.swept = true
	m.w.sweepSome(most)
	m.check()
}

// advance moves the clock on and compares what is due; at most most timers are taken, as when a worker fires them.
func (m *wheelModel) advance(d int64, most int) {
	m.now += d
	for m.w.collect(m.now, m.moves); m.w.next == 0; m.w.collect(m.now, m.moves) {
		if m.mid != nil {
			m.mid()
		}
	}
	var want []*modelTimer
	for _, x := range m.live {
		if x.tick() <= m.now>>tickShift {
			want = append(want, x)
		}
	}
	var got []entry
	for len(got) < most {
		e, ok := m.w.pop(&m.w.due)
		if !ok {
			break
		}
		m.w.entries--
		if !e.ended() {
			got = append(got, e)
		}
	}
	if len(got) != min(len(want), most) {
		m.t.Fatalf("at tick %d: %d timers are due, %d of at most %d came", m.now>>tickShift, len(want), len(got), most)
	}
	// In the order in which they are due, and those of one instant in the order in which they were started.
	slices.SortFunc(want, func(a, b *modelTimer) int {
		if a.tick() != b.tick() {
			return int(a.tick() - b.tick())
		}
		return a.seq - b.seq
	})
	for i, e := range got {
		x := want[i]
		if e.tick > m.now>>tickShift {
			m.t.Fatalf("a timer for tick %d came at tick %d", e.tick, m.now>>tickShift)
		}
		if m.swept && e.tick == x.tick() {
			k := slices.IndexFunc(m.live, func(y *modelTimer) bool { return y.Timer == e.t && y.life == e.life })
			if k < 0 {
				m.t.Fatalf("timer %d, for tick %d, has come before", i, e.tick)
			}
			x = m.live[k]
		}
		if e.t != x.Timer || e.life != x.life || e.tick != x.tick() {
			m.t.Fatalf("timer %d is for tick %d in place of that for tick %d, number %d", i, e.tick, x.tick(), x.seq)
		}
		m.end(x)
	}
	if !m.w.due.empty() {
		m.w.next = 0 // as fire does
	}
	m.check()
}

// check compares the number of entries, and that next is not too late.
func (m *wheelModel) check() {
	n := 0
	each := func(l *list) {
		for c := l.head; c != nil; c = c.next {
			n += int(c.n - c.from)
		}
	}
	each(&m.w.due)
	each(&m.w.moving)
	for level := range m.w.slots {
		for slot := range m.w.slots[level] {
			l := &m.w.slots[level][slot]
			if each(l); l.empty() == (m.w.busy[level]>>slot&1 != 0) {
				m.t.Fatalf("slot %d of level %d is empty: %v, which is not what its bit says", slot, level, l.empty())
			}
		}
	}
	if n != m.w.entries || n < len(m.live) {
		m.t.Fatalf("the wheel has %d entries and counts %d; %d timers run", n, m.w.entries, len(m.live))
	}
	if len(m.live) == 0 {
		return
	}
	first := slices.MinFunc(m.live, func(a, b *modelTimer) int { return int(a.tick() - b.tick()) })
	if m.w.next > first.tick()<<tickShift {
		m.t.Fatalf("the wheel wants to be looked at when %d ns have passed, but a timer is due at %d", m.w.next, first.tick()<<tickShift)
	}
}

// finish lets all the time pass that is needed, in the wheel's own steps.
func (m *wheelModel) finish() {
	for steps := 0; len(m.live) > 0; steps++ {
		if steps > 100+20*m.start*wheelLevels {
			m.t.Fatalf("%d timers are left after %d steps", len(m.live), steps)
		}
		m.advance(max(0, m.w.next-m.now), 1<<30)
	}
	for range 2 { // the first may end one that was on
		for m.sweep(5); m.w.sweep != 0 || !m.w.moving.empty(); m.sweep(5) {
		}
	}
	m.swept = false
	m.advance(0, 1<<30) // what the sweep has found to be due
	if m.w.collect(m.now, m.moves); m.w.next != maxNext || m.w.entries != 0 || m.w.busy != [wheelLevels]uint64{} {
		m.t.Fatalf("the empty wheel is not empty: next %d, %d entries, busy %x", m.w.next, m.w.entries, m.w.busy)
	}
}

func TestWheelAgreesWithANaiveModel(t *testing.T) {
	for seed := range uint64(scale(2000)) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		spans := []int64{1, 1000, int64(Tick), 64 * int64(Tick), 4096 * int64(Tick), int64(time.Hour), 1000 * int64(time.Hour), int64(MaxTimer) / 500}
		m := newWheelModel(t, rnd.Int64N(spans[rnd.IntN(7)]))
		span := func() int64 { return spans[rnd.IntN(len(spans))] }
		for range 100 {
			switch rnd.IntN(9) {
			case 8:
				if seed%2 == 0 {
					m.sweep(1 + rnd.IntN(50))
				}
			case 0, 1, 2, 3:
				m.add(rnd.Int64N(span()))
			case 4:
				m.cancel(rnd.IntN(1000))
			case 5:
				m.advance(rnd.Int64N(min(span(), int64(time.Hour))), 1<<30)
			case 6:
				m.advance(rnd.Int64N(100*int64(Tick)), rnd.IntN(5))
			case 7:
				if len(m.live) > 0 {
					m.advance(max(0, m.w.next-m.now), 1<<30)
				}
			}
		}
		m.finish()
	}
}

// Timers that are cancelled while entries of their slot have moved and theirs have not: the wheel moves few at a time here.
func TestWheelAgreesWithANaiveModelWhenItMovesFewAtATime(t *testing.T) {
	for seed := range uint64(scale(1000)) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		m := newWheelModel(t, 0)
		m.moves = 1 + rnd.IntN(5)
		m.mid = func() {
			switch rnd.IntN(6) {
			case 0, 1:
				m.cancel(rnd.IntN(1000))
			case 2:
				m.sweep(1 + rnd.IntN(5))
			}
		}
		for range 60 {
			span := []int64{int64(Tick), 64 * int64(Tick), 4096 * int64(Tick)}[rnd.IntN(3)]
			switch d := rnd.Int64N(span); rnd.IntN(5) {
			case 0, 1:
				for range 1 + rnd.IntN(10) {
					m.add(d)
				}
			case 2:
				m.cancel(rnd.IntN(1000))
			case 3:
				m.advance(d, 1<<30)
			case 4:
				m.sweep(1 + rnd.IntN(5))
			}
		}
		m.finish()
	}
}

// A slot full of timers that must go down a level, or expire, is moved in pieces; so is what a sweep looks at.
func TestWheelMovesManyTimersInPieces(t *testing.T) {
	var h wheel
	h.init()
	const n = 10 * moveMax
	x := &(&loneTimer{}).timers[0]
	for range n {
		h.start(entry{x, Life(x.word.Load()), 100}, 0)
	}
	due := func() (k int) {
		for c := h.due.head; c != nil; c = c.next {
			k += int(c.n - c.from)
		}
		return k
	}
	rounds := 0
	for before := 0; before < n; rounds++ {
		h.collect(100<<tickShift, moveMax)
		now := due()
		if now-before > moveMax {
			t.Fatalf("%d timers were moved at a time", now-before)
		}
		if before = now; before < n && h.next != 0 {
			t.Fatalf("%d timers are due and not moved, but the wheel wants to be looked at again at %d", n-before, h.next)
		}
	}
	if h.collect(100<<tickShift, moveMax); rounds < n/moveMax || h.next != maxNext {
		t.Errorf("%d rounds for %d timers; next %d", rounds, n, h.next)
	}
	for range n {
		h.start(entry{x, Life(x.word.Load()), 1000}, 0)
	}
	x.word.Add(2)
	rounds = 0
	for before := h.entries; before > n; rounds++ {
		h.sweepSome(moveMax)
		if before-h.entries > moveMax {
			t.Fatalf("%d timers were swept at a time", before-h.entries)
		}
		before = h.entries
	}
	if rounds < n/moveMax || h.entries != n {
		t.Errorf("%d rounds for %d timers; %d entries are left", rounds, n, h.entries)
	}
}

// Who starts and stops long timers for ever has a wheel of about the size of what runs.
func TestWheelIsSweptWhenMostOfItsEntriesAreOfEndedLives(t *testing.T) {
	now := int64(0)
	w := handMade(func() int64 { return now })
	const running = 3000
	var most int
	var timers [running]*Timer
	var lives [running]Life
	for i := range 100 * running {
		k := i % running
		if timers[k] != nil {
			w.StopTimer(timers[k], lives[k])
		}
		timers[k], lives[k] = w.StartTimer(time.Hour, 0)
		if i%20 == 0 {
			now += int64(20 * time.Microsecond)
			w.look(now)
		}
		most = max(most, w.core.wheel.entries)
	}
	if most > 2*running+2*sweepMin {
		t.Errorf("up to %d entries for %d timers that run", most, running)
	}
	for i := range timers {
		if _, ok := w.StopTimer(timers[i], lives[i]); !ok {
			t.Fatal("a timer was lost in a sweep")
		}
	}
}

// The boundaries between the wheel's levels, from every side.
func TestWheelAtTheEdgesOfItsLevels(t *testing.T) {
	for _, from := range []int64{0, 1, 62, 63, 64, 65, 4095, 4096, 4097, 1<<18 - 1, 1 << 18, 1 << 24, 1<<30 + 1, 1<<36 - 1} {
		for level := range wheelLevels {
			for _, off := range []int64{-2, -1, 0, 1, 2} {
				for _, by := range []int64{1, 2, 63, 64} {
					d := (by<<(level*wheelBits) + off) << tickShift
					if d < 0 || d > int64(MaxTimer) {
						continue
					}
					m := newWheelModel(t, from<<tickShift)
					m.add(d)
					m.add(d / 2)
					m.finish()
					m.add(d) // once more with a wheel that has turned
					m.finish()
				}
			}
		}
	}
}

func TestTimersLongerThanTheLongestAreCut(t *testing.T) {
	s := begin(t, Config{Workers: 1})
	for _, d := range []time.Duration{MaxTimer, MaxTimer + 1, 1<<63 - 1} {
		x, life := after(s, d, func(*Worker) { t.Error("it came") })
		if r := x.Remaining(life); r > MaxTimer+Tick || r < MaxTimer-patience {
			t.Errorf("a timer of %v has %v to run", d, r)
		}
		works(t, s)
		if _, ok := x.Cancel(life); !ok {
			t.Error("Cancel came too late")
		}
	}
	if years := MaxTimer.Hours() / 24 / 365; years < 73 || years > 74 {
		t.Errorf("the longest timer is of %.1f years, documented as 73", years)
	}
}

// FuzzWheelAgainstModel plays a program of starts, cancels and clock steps on the wheel and on its model.
func FuzzWheelAgainstModel(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 7, 2, 1, 1, 4, 9, 3, 0})
	f.Add([]byte{0, 63, 0, 64, 0, 65, 3, 63, 3, 1, 3, 1, 3, 1})
	f.Add([]byte{1, 255, 1, 255, 0, 0, 2, 1, 3, 255, 3, 255, 4, 255})
	f.Add([]byte{5, 40, 5, 41, 6, 40, 0, 3, 6, 1, 2, 0, 2, 0})
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) > 400 {
			return
		}
		m := newWheelModel(t, 0)
		for len(program) >= 2 {
			op, x := program[0], int64(program[1])
			program = program[2:]
			switch op % 8 {
			case 7:
				m.sweep(int(x) + 1)
			case 0:
				m.add(x << tickShift)
			case 1:
				m.add(x << (tickShift + 4))
			case 2:
				m.cancel(int(x))
			case 3:
				m.advance(x<<(tickShift-2), 1<<30)
			case 4:
				m.advance(x<<(tickShift+2), 3)
			case 5:
				m.add(1 << min(x, 57))
			case 6:
				m.advance(min(1<<min(x, 57), lifetime-m.now), 1<<30)
			}
			if m.now > lifetime {
				return
			}
		}
		m.finish()
	})
}
