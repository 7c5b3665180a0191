package mpsc

import "testing"

func TestEachSeesThePrivateQueueInOrder(t *testing.T) {
	r := newRig(t)
	for _, n := range []int{0, 1, 2, blockLen, blockLen + 1, blockLen + 2, 2*blockLen + 1, 2*blockLen + 2, 3*blockLen + 1} {
		for read := range min(n, blockLen+2) + 1 {
			r.m.Signal(r.c[0], rigTo, 0, 0)
			var want []int
			for v := 1; v <= n; v++ {
				r.send(0, v, Queued)
				if v > read {
					want = append(want, v)
				}
			}
			for range read {
				r.m.Next(r.c[0])
			}
			r.holds("private queue", r.waiting(), want...)
			if r.m.Len() != len(want) {
				t.Fatalf("Len is %d, want %d", r.m.Len(), len(want))
			}
			for range want {
				r.m.Next(r.c[0])
			}
			if !r.m.Release(rigGen, r.c[0].tag) {
				t.Fatal("Release fails")
			}
		}
	}
}

func TestEachStopsWhenItIsToldAndMayChangeMessages(t *testing.T) {
	r := owned(t)
	for v := 2; v <= blockLen+3; v++ {
		r.send(0, v, Queued)
	}
	for stop := 1; stop <= blockLen+3; stop++ {
		calls := 0
		r.m.Each(func(v *int) bool {
			calls++
			return *v != stop
		})
		if calls != stop {
			t.Errorf("%d calls, want %d", calls, stop)
		}
	}
	r.m.Each(func(v *int) bool {
		*v = -*v
		return true
	})
	for v := 1; v <= blockLen+3; v++ {
		if got := r.m.Next(r.c[0]); got != -v {
			t.Fatalf("Next returned %d, want %d", got, -v)
		}
	}
}

func TestEachSeesWhatWasFetchedInBlocks(t *testing.T) {
	r := owned(t)
	want := []int{1}
	for v := 2; v <= 2*blockLen+3; v++ {
		r.send(1, v, Queued)
		want = append(want, v)
	}
	r.holds("private queue before the fetch", r.waiting(), 1)
	r.fetch(2*blockLen + 2)
	r.holds("private queue", r.waiting(), want...)
}
