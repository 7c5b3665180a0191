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
	live  []*Timer
	start int
	seq   map[*Timer]int
	moves int    // at a time
	mid   func() // called when some timers have been moved and others have not
}

// lifetime is as long as the clock can run, nine years, for the longest timer to fit on the wheel.
const lifetime = int64(MaxTimer)

func newWheelModel(t testing.TB, now int64) *wheelModel {
	m := &wheelModel{t: t, now: now, seq: map[*Timer]int{}, moves: moveMax}
	m.w.init()
	return m
}

// add starts a timer of d ns.
func (m *wheelModel) add(d int64) *Timer {
	x := NewTimer(expiryFunc(nil))
	x.due.set(m.now + delay(time.Duration(d)))
	m.start++
	m.seq[x] = m.start
	m.live = append(m.live, x)
	m.w.start(x, m.now)
	m.check()
	return x
}

func (m *wheelModel) cancel(i int) {
	if len(m.live) == 0 {
		return
	}
	i %= len(m.live)
	m.w.remove(m.live[i])
	m.live = slices.Delete(m.live, i, i+1)
	m.check()
}

// advance moves the clock on and compares what is due; at most most timers are taken, as when a worker fires them.
func (m *wheelModel) advance(d int64, most int) {
	m.now += d
	for m.w.collect(m.now, m.moves); !m.w.moving.empty(); m.w.collect(m.now, m.moves) {
		if m.w.next != 0 {
			m.t.Fatalf("%d timers were moved of many that are due, and the wheel wants to be looked at again at %d", m.moves, m.w.next)
		}
		if len(m.live) > 0 && m.mid != nil {
			m.mid()
		}
	}
	var want []*Timer
	for _, x := range m.live {
		if x.tick() <= m.now>>tickShift {
			want = append(want, x)
		}
	}
	var got []*Timer
	for !m.w.due.empty() && len(got) < most {
		x := m.w.due.next.timer()
		m.w.remove(x)
		got = append(got, x)
	}
	if len(got) != min(len(want), most) {
		m.t.Fatalf("at tick %d: %d timers are due, %d of at most %d came", m.now>>tickShift, len(want), len(got), most)
	}
	// In the order in which they are due, and those of one instant in the order in which they were started.
	slices.SortFunc(want, func(a, b *Timer) int {
		if a.tick() != b.tick() {
			return int(a.tick() - b.tick())
		}
		return m.seq[a] - m.seq[b]
	})
	for i, x := range got {
		if x.tick() > m.now>>tickShift {
			m.t.Fatalf("a timer for tick %d came at tick %d", x.tick(), m.now>>tickShift)
		}
		if x != want[i] {
			m.t.Fatalf("timer %d (for tick %d, started as number %d) came in place of that for tick %d, number %d", i, x.tick(), m.seq[x], want[i].tick(), m.seq[want[i]])
		}
		m.live = slices.DeleteFunc(m.live, func(y *Timer) bool { return y == x })
	}
	if !m.w.due.empty() {
		m.w.next = 0 // as fire does
	}
	m.check()
}

// check compares the count, and that next is not too late.
func (m *wheelModel) check() {
	if m.w.count != len(m.live) {
		m.t.Fatalf("the wheel has %d timers, want %d", m.w.count, len(m.live))
	}
	if len(m.live) == 0 {
		return
	}
	first := slices.MinFunc(m.live, func(a, b *Timer) int { return int(a.tick() - b.tick()) })
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
	if m.w.collect(m.now, m.moves); m.w.next != maxNext || m.w.busy != [wheelLevels]uint64{} {
		m.t.Fatalf("the empty wheel is not empty: next %d, busy %x", m.w.next, m.w.busy)
	}
}

func TestWheelAgreesWithANaiveModel(t *testing.T) {
	for seed := range uint64(scale(2000)) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		spans := []int64{1, 1000, int64(Tick), 64 * int64(Tick), 4096 * int64(Tick), int64(time.Hour), 1000 * int64(time.Hour), int64(MaxTimer) / 500}
		m := newWheelModel(t, rnd.Int64N(spans[rnd.IntN(7)]))
		span := func() int64 { return spans[rnd.IntN(len(spans))] }
		for range 100 {
			switch rnd.IntN(8) {
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

// Timers that are cancelled while others of their slot have moved and they have not: the wheel moves few at a time here.
func TestWheelAgreesWithANaiveModelWhenItMovesFewAtATime(t *testing.T) {
	for seed := range uint64(scale(1000)) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		m := newWheelModel(t, 0)
		m.moves = 1 + rnd.IntN(5)
		m.mid = func() {
			if rnd.IntN(3) == 0 {
				m.cancel(rnd.IntN(1000))
			}
		}
		for range 60 {
			span := []int64{int64(Tick), 64 * int64(Tick), 4096 * int64(Tick)}[rnd.IntN(3)]
			switch d := rnd.Int64N(span); rnd.IntN(4) {
			case 0, 1:
				for range 1 + rnd.IntN(10) {
					m.add(d)
				}
			case 2:
				m.cancel(rnd.IntN(1000))
			case 3:
				m.advance(d, 1<<30)
			}
		}
		m.finish()
	}
}

// A slot full of timers that must go down a level, or expire, is moved in pieces.
func TestWheelMovesManyTimersInPieces(t *testing.T) {
	var h wheel
	h.init()
	const n = 10 * moveMax
	for range n {
		x := NewTimer(expiryFunc(nil))
		x.due.set(100 << tickShift)
		h.start(x, 0)
	}
	due := func() (k int) {
		for x := h.due.next; x != &h.due; x = x.next {
			k++
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
	if rounds < n/moveMax || h.next != maxNext {
		t.Errorf("%d rounds for %d timers; next %d", rounds, n, h.next)
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
		x := NewTimer(expiryFunc(func(*Worker) { t.Error("it came") }))
		life := s.StartTimer(x, d, 0)
		if r := x.Remaining(life); r > MaxTimer+Tick || r < MaxTimer-patience {
			t.Errorf("a timer of %v has %v to run", d, r)
		}
		works(t, s)
		if _, ok := x.Cancel(life); !ok {
			t.Error("Cancel came too late")
		}
	}
	if years := MaxTimer.Hours() / 24 / 365; years < 9 || years > 10 {
		t.Errorf("the longest timer is of %.1f years, documented as nine", years)
	}
}

// expiryFunc is an Expiry made of a function.
type expiryFunc func(w *Worker)

func (f expiryFunc) Expire(w *Worker) { f(w) }

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
			switch op % 7 {
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
