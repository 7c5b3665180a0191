package sched

import (
	"testing"
)

// offering is a worker whose core has so many tasks, and a clock that moves when the test says so.
func offering(now *int64, tasks int) *Worker {
	w := handMade(func() int64 { return *now })
	for range tasks {
		w.core.pushSpent(once(func(*Worker) {}), Normal)
	}
	return w
}

// A worker that is woken for tasks needs longer than two looks at the clock to come.
func TestOfferedTasksStayUntilWhoeverIsWokenCanCome(t *testing.T) {
	if Shuffled {
		t.Skip("shuffled, offers are taken back earlier at random")
	}
	var now int64
	w := offering(&now, ringLen)
	c := w.core
	c.expose(w)
	offered := c.ring.len()
	if offered == 0 {
		t.Fatal("nothing was offered")
	}
	look := func() {
		c.now = now
		c.reclaim()
	}
	for look(); now < offerLasts-checkEvery; look() {
		now += checkEvery
		if c.ring.len() != offered {
			t.Fatalf("%d of %d tasks are left %d ns after they were offered; they must wait %d ns for a thief", c.ring.len(), offered, now, offerLasts)
		}
	}
	// Somebody comes: what they leave waits for them as long again.
	var loot [ringLen / 2]Task
	n := thief{&c.ring}.steal(loot[:])
	left := offered - n
	if n == 0 || left == 0 {
		t.Fatalf("a thief took %d of %d", n, offered)
	}
	look()
	for end := now + offerLasts - checkEvery; now < end; look() {
		now += checkEvery
		if c.ring.len() != left {
			t.Fatalf("%d of the %d tasks are left that a thief did not take", c.ring.len(), left)
		}
	}
	now += 2 * checkEvery
	look()
	if c.ring.len() != 0 || c.waiting() != ringLen-n {
		t.Errorf("%d tasks are still offered and %d are private when nobody has come for %d ns; want 0 and %d", c.ring.len(), c.waiting(), offerLasts, ringLen-n)
	}
}

// Each offer has its time, also one that is as large as the one before it.
func TestEachOfferLastsAsLongAsTheFirst(t *testing.T) {
	if Shuffled {
		t.Skip("shuffled, offers are taken back earlier at random")
	}
	var now int64
	w := offering(&now, ringLen)
	c := w.core
	var sizes [2]int
	for round := range sizes {
		c.expose(w)
		sizes[round] = c.ring.len()
		for range 3 {
			c.now = now
			c.reclaim()
			now += checkEvery
		}
		if c.ring.len() != sizes[round] {
			t.Fatalf("offer %d was taken back after %d ns", round+1, 3*checkEvery)
		}
		now += offerLasts
		c.now = now
		c.reclaim()
		if c.ring.len() != 0 {
			t.Fatalf("offer %d of %d tasks was not taken back", round+1, sizes[round])
		}
	}
	if sizes[0] != sizes[1] {
		t.Errorf("the offers were of %d and %d tasks: the test is about two alike", sizes[0], sizes[1])
	}
}

// A worker that runs out of work takes its offer back by halves, so the one that was woken for it still finds some.
func TestWorkerWithoutWorkLeavesHalfOfItsOffer(t *testing.T) {
	var now int64
	w := offering(&now, ringLen)
	c := w.core
	c.expose(w)
	offered, taken := c.ring.len(), 0
	for c.next() != nil {
	}
	for c.ring.len() > 0 {
		before := c.ring.len()
		if w.poll() == nil {
			t.Fatalf("%d tasks are offered and the worker finds none", before)
		}
		taken++
		if left := c.ring.len(); left != (before-1)-(before-1)/2 {
			t.Fatalf("of %d offered tasks %d are left after a look, want %d", before, left, (before-1)-(before-1)/2)
		}
		for c.next() != nil {
			taken++
		}
	}
	if taken != offered {
		t.Errorf("%d of %d offered tasks came back", taken, offered)
	}
}

// A task above Normal that nobody has taken by the second look at the clock is the core's again: it comes before all others there.
func TestUrgentTaskDoesNotWaitForAThief(t *testing.T) {
	if Shuffled {
		t.Skip("shuffled, offers are taken back earlier at random")
	}
	for _, p := range []Priority{High, Max} {
		var now int64
		w := handMade(func() int64 { return now })
		c := w.core
		urgent := &job{run: func(*Worker) Next { return Done }, p: p}
		c.pushFresh(urgent, p)
		for range 4 {
			c.pushFresh(once(func(*Worker) {}), Normal)
		}
		c.expose(w)
		for range 2 {
			now += checkEvery
			c.now = now
			c.reclaim()
		}
		if got := c.next(); got != Task(urgent) {
			t.Errorf("%v: another task runs before it; %d are offered", p, c.ring.len())
		}
	}
}
