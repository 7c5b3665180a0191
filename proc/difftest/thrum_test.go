package difftest

import (
	"testing"
	"time"
)

// TestThrumDoesWhatErlangDid replays recorded programs, with or without Erlang on the machine. Under the race detector each is replayed in one of the
// settings only.
func TestThrumDoesWhatErlangDid(t *testing.T) {
	all, traces := recorded(t)
	for i, how := range settings {
		ps := all
		if underRace {
			ps = all[i*len(all)/len(settings) : (i+1)*len(all)/len(settings)]
		}
		t.Run(how.String(), func(t *testing.T) { compare(t, ps, traces, how) })
	}
}

// TestThrumDoesWhatErlangDoes runs new programs on both.
func TestThrumDoesWhatErlangDoes(t *testing.T) {
	e, ok := theErlang(t)
	if !ok {
		t.Skip("no erl in the PATH; the recorded programs have been replayed")
	}
	ps := generated()
	traces, err := e.run(ps, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range settings {
		t.Run(how.String(), func(t *testing.T) { compare(t, ps, traces, how) })
	}
}

func compare(t *testing.T, ps []program, want map[int]trace, how setting) {
	th := newThrum(t, how)
	failures := 0
	for _, p := range ps {
		d := difference(want[p.id], th.run(t, p))
		if d == "" {
			continue
		}
		t.Errorf("program %d: %s", p.id, d)
		if failures++; failures == 1 {
			explain(t, p, how)
		}
		if failures == 10 {
			t.Fatal("too many failures")
		}
	}
}

// explain cuts a failing program down and shows what is left of it, with both traces.
func explain(t *testing.T, p program, how setting) {
	e, ok := theErlang(t)
	if !ok || testing.Short() {
		t.Logf("the program:\n%s", p)
		return
	}
	th := newThrum(t, how)
	th.patience = 3 * time.Second // many candidates may hang
	fails := func(ps []program) (int, error) {
		traces, err := e.run(ps, 1)
		if err != nil {
			return -1, err
		}
		for i, p := range ps {
			if difference(traces[p.id], th.run(t, p)) != "" {
				return i, nil
			}
		}
		return -1, nil
	}
	small, err := minimise(p, fails)
	if err != nil {
		t.Fatal(err)
	}
	traces, err := e.run([]program{small}, 1)
	if err != nil {
		t.Fatal(err)
	}
	got := th.run(t, small)
	t.Logf("the least of it that fails:\n%s%s\nErlang:\n%sThrum:\n%s", small, difference(traces[small.id], got),
		formatTrace(small.id, traces[small.id]), formatTrace(small.id, got))
}
