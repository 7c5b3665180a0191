package difftest

import "testing"

// TestErlangDeterminesTheTrace holds what the comparison rests on: on Erlang itself a program leaves the same trace every
// time, however many schedulers there are.
func TestErlangDeterminesTheTrace(t *testing.T) {
	e, ok := theErlang(t)
	if !ok {
		t.Skip("no erl in the PATH")
	}
	ps := generated()
	ps = ps[:min(len(ps), max(100, len(ps)/3))] // Erlang is here to be compared with, not to be tested
	first, err := e.run(ps, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, schedulers := range []int{1, 2, 4} {
		again, err := e.run(ps, schedulers)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range ps {
			if d := difference(first[p.id], again[p.id]); d != "" {
				t.Errorf("seed %d with %d schedulers: %s", p.id, schedulers, d)
			}
		}
	}
}
