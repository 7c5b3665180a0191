package difftest

import (
	"fmt"
	"testing"
	"time"
)

// races are half as many programs as the flags ask for: to explain one takes longer than to compare two traces.
func races() []program {
	ps := make([]program, (*programsFlag+1)/2)
	for i := range ps {
		ps[i] = generateRace(*seedFlag + uint64(i))
	}
	return ps
}

// TestErlangsRacesFollowTheRules holds the model against Erlang: there is an order of signals for whatever it does.
func TestErlangsRacesFollowTheRules(t *testing.T) {
	e, ok := theErlang(t)
	if !ok {
		t.Skip("no erl in the PATH")
	}
	all := races()
	for i, schedulers := range []int{1, 2, 4} {
		ps := all[i*len(all)/3 : (i+1)*len(all)/3]
		t.Run(fmt.Sprintf("schedulers=%d", schedulers), func(t *testing.T) {
			traces, err := e.run(ps, schedulers)
			if err != nil {
				t.Fatal(err)
			}
			var o outcome
			for _, p := range ps {
				if d := o.judge(p, traces[p.id]); d != "" {
					t.Errorf("seed %d: %s\n%s%s", p.id, d, p, formatTrace(p.id, traces[p.id]))
				}
			}
			o.report(t)
		})
	}
}

// TestThrumsRacesFollowTheRules holds Thrum against the model.
func TestThrumsRacesFollowTheRules(t *testing.T) {
	ps := races()
	for _, how := range settings {
		t.Run(how.String(), func(t *testing.T) {
			th := newThrum(t, how)
			var o outcome
			failures := 0
			for _, p := range ps {
				tr := th.run(t, p)
				d := o.judge(p, tr)
				if d == "" {
					continue
				}
				t.Errorf("seed %d: %s\n%s%s", p.id, d, p, formatTrace(p.id, tr))
				if failures++; failures == 1 && !testing.Short() {
					cutRace(t, p, how)
				}
				if failures == 5 {
					t.Fatal("too many failures")
				}
			}
			o.report(t)
		})
	}
}

// outcome counts what has become of races.
type outcome struct{ explained, undecided int }

// judge returns why a trace has no explanation, "" when it has one or the search was given up.
func (o *outcome) judge(p program, t trace) string {
	d, err := explainRace(p, t)
	switch {
	case err == errUndecided:
		o.undecided++
		return ""
	case err != nil:
		return err.Error()
	case d == "":
		o.explained++
	}
	return d
}

// report fails when too much was left undecided.
func (o *outcome) report(t *testing.T) {
	t.Logf("%d explained, %d undecided", o.explained, o.undecided)
	if o.undecided > 2+(o.explained+o.undecided)/50 {
		t.Error("too many searches were given up")
	}
}

// cutRace cuts a race without explanation down, as far as what is left still fails in some tries.
func cutRace(t *testing.T, p program, how setting) {
	const tries = 30
	th := newThrum(t, how)
	th.patience = 3 * time.Second
	var last string
	fails := func(ps []program) (int, error) {
		for i, p := range ps {
			for range tries {
				tr := th.run(t, p)
				if d, err := explainRace(p, tr); err == nil && d != "" {
					last = d + "\n" + formatTrace(p.id, tr)
					return i, nil
				}
			}
		}
		return -1, nil
	}
	small, err := minimise(p, fails)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the least of it that still fails at times:\n%s%s", small, last)
}
