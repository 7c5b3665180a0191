package genevent_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
)

// model says what a manager must do: the handlers, the oldest first, and what is written down and sent.
type model struct {
	list  []modelled
	lines []string
	tell  map[*adder][]string
}

type modelled struct {
	id string // and name: ids may be doubled, so n tells handlers apart
	n  int
	by *adder
}

func (h modelled) String() string { return fmt.Sprintf("%s#%d", h.id, h.n) }

func (m *model) find(id string) int {
	for i, h := range slices.Backward(m.list) {
		if h.id == id {
			return i
		}
	}
	return -1
}

func (m *model) gone(h modelled, why, reason string) {
	m.lines = append(m.lines, fmt.Sprintf("%v ends %s", h, why))
	if h.by != nil {
		m.tell[h.by] = append(m.tell[h.by], h.id+" "+reason)
	}
}

func (m *model) take(i int) modelled {
	h := m.list[i]
	m.list = slices.Delete(m.list, i, i+1)
	return h
}

// command is an event that tells some handlers to do something.
type command struct{ id, do, next string }

func parse(e string) (c command) {
	_, _ = fmt.Sscanf(e, "%s %s %s", &c.id, &c.do, &c.next)
	return c
}

// TestRandomProgramsDoWhatTheModelSays runs random programs of everything that can be done with handlers, by goroutines and by adders, and compares each step with the model.
func TestRandomProgramsDoWhatTheModelSays(t *testing.T) {
	programs, steps := 30, 120
	if testing.Short() {
		programs = 5
	}
	for seed := range uint64(programs) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { program(t, seed, steps) })
	}
}

func program(t *testing.T, seed uint64, steps int) {
	r := rand.New(rand.NewPCG(seed, 1))
	w := begin(t)
	m := &model{tell: map[*adder][]string{}}
	ids := []string{"a", "b", "c", "d"}
	n := 0
	adders := []*adder{w.adder(), w.adder(), w.adder()}
	var fresh func(id string) (modelled, *puppet)
	fresh = func(id string) (modelled, *puppet) {
		n++
		h := modelled{id: id, n: n}
		return h, &puppet{name: h.String(), j: w.j, event: func(_ *proc.Ctx, e string) error {
			c := parse(e)
			if c.id != id {
				return nil
			}
			switch c.do {
			case "fail":
				return errFault
			case "panic":
				panic(errFault)
			case "remove":
				return genevent.Remove
			case "swap":
				_, p := fresh(c.next)
				return genevent.SwapTo[string]("swapped", c.next, p)
			}
			return nil
		}}
	}
	begins := func(h modelled, fail bool, swap string) {
		if swap != "" {
			m.lines = append(m.lines, fmt.Sprintf("%v takes over %s", h, swap))
		} else {
			m.lines = append(m.lines, fmt.Sprintf("%v init", h))
		}
		if !fail {
			m.list = append(m.list, h)
		}
	}
	by := func() (*adder, bool) {
		if r.IntN(2) == 0 {
			return nil, false
		}
		return adders[r.IntN(len(adders))], true
	}
	for step := range steps {
		id, id2 := ids[r.IntN(len(ids))], ids[r.IntN(len(ids))]
		fail := r.IntN(5) == 0
		what := ""
		switch op := r.IntN(10); op {
		case 0, 1, 2:
			what = "add " + id
			h, p := fresh(id)
			if fail {
				p.init = func(*proc.Ctx) error { return errFault }
			}
			check := func(err error) error {
				if errors.Is(err, errFault) != fail {
					return fmt.Errorf("add: %w", err)
				}
				return nil
			}
			a, supervised := by()
			h.by = a
			if supervised {
				a.does(func(_ *proc.Self, k proc.Client) error { return check(genevent.AddSupervised(k, w.m, id, p)) })
			} else {
				w.must(check(genevent.Add(w.k, w.m, id, p)))
			}
			begins(h, fail, "")
		case 3:
			what = "delete " + id
			v, err := genevent.Delete(w.k, w.m, id, "deleted")
			i := m.find(id)
			if i < 0 {
				if !errors.Is(err, genevent.ErrNotFound) {
					t.Fatalf("step %d: %s: %v", step, what, err)
				}
				break
			}
			h := m.take(i)
			m.gone(h, "string deleted", "normal")
			if err != nil || v != h.String()+"'s last" {
				t.Fatalf("step %d: %s returned %v, %v", step, what, v, err)
			}
		case 4, 5:
			what = "swap " + id + " " + id2
			h, p := fresh(id2)
			if fail {
				p.takeOver = func(*proc.Ctx, any, bool) error { return errFault }
			}
			a, supervised := by()
			h.by = a
			i := m.find(id)
			last := "<nil> false"
			if i >= 0 {
				old := m.take(i)
				if !supervised {
					h.by = old.by
				}
				m.gone(old, "string swapped", "swapped "+id2)
				last = old.String() + "'s last true"
			}
			check := func(err error) error {
				if errors.Is(err, errFault) != fail {
					return fmt.Errorf("swap: %w", err)
				}
				return nil
			}
			if supervised {
				a.does(func(_ *proc.Self, k proc.Client) error {
					return check(genevent.SwapSupervised(k, w.m, id, "swapped", id2, p))
				})
			} else {
				w.must(check(genevent.Swap(w.k, w.m, id, "swapped", id2, p)))
				if fail && h.by != nil {
					m.tell[h.by] = append(m.tell[h.by], id2+" fault")
				}
			}
			begins(h, fail, last)
		case 6:
			k := r.IntN(len(adders))
			a := adders[k]
			what = "exit signal of an adder"
			a.does(func(self *proc.Self, _ proc.Client) error { return self.Exit(w.m.PID, errFault) })
			a.does(func(_ *proc.Self, c proc.Client) error { _, err := genevent.Which(c, w.m); return err })
			for i := len(m.list) - 1; i >= 0; i-- {
				if m.list[i].by == a {
					m.gone(m.take(i), "genevent.AdderEnded {fault}", "shutdown")
				}
			}
			for _, h := range slices.Backward(m.list) {
				m.lines = append(m.lines, fmt.Sprintf("%v info {%v fault}", h, a.pid))
			}
		default:
			do := []string{"nothing", "fail", "panic", "remove", "swap"}[r.IntN(5)]
			e := fmt.Sprintf("%s %s %s", id, do, id2)
			what = "event " + e
			born := n // handlers that take over are numbered in the order in which they do
			w.sync(e)
			for i := len(m.list) - 1; i >= 0; i-- {
				h := m.list[i]
				m.lines = append(m.lines, fmt.Sprintf("%v event %s", h, e))
				if h.id != id {
					continue
				}
				switch do {
				case "fail":
					m.gone(m.take(i), "genevent.Failed {fault}", "fault")
				case "panic":
					m.gone(m.take(i), "genevent.Failed {proc: panic: fault}", "fault")
				case "remove":
					m.gone(m.take(i), "genevent.Removed {}", "normal")
				case "swap":
					m.gone(h, "string swapped", "swapped "+id2)
					born++
					next := modelled{id2, born, h.by}
					m.list[i] = next
					m.lines = append(m.lines, fmt.Sprintf("%v takes over %v's last true", next, h))
				}
			}
		}
		if got := w.j.take(); !slices.Equal(got, m.lines) {
			t.Fatalf("seed %d, step %d: %s: the handlers were called\n%q\nwant\n%q", seed, step, what, got, m.lines)
		}
		m.lines = nil
		var want []string
		for _, h := range slices.Backward(m.list) {
			want = append(want, h.id)
		}
		w.has(want...)
		for a, l := range m.tell {
			for _, want := range l {
				e := next[genevent.Exited](a)
				var s *genevent.Swapped
				got := e.ID + " "
				switch {
				case e.Reason == proc.Normal:
					got += "normal"
				case e.Reason == proc.Shutdown:
					got += "shutdown"
				case errors.As(e.Reason, &s):
					got += "swapped " + s.ID
				case errors.Is(e.Reason, errFault):
					got += "fault"
				}
				if got != want {
					t.Fatalf("seed %d, step %d: %s: an adder was told %q, want %q", seed, step, what, got, want)
				}
			}
			delete(m.tell, a)
		}
	}
	for _, a := range adders {
		a.hearsNothing()
	}
}
