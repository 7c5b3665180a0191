package sched

import (
	"runtime"
	"sync"
)

// hostPs keeps one P for the program around the schedulers, whatever their number: while at least one of them uses
// every P, GOMAXPROCS is one more than the user's own setting.
type hostPs struct {
	mu    sync.Mutex
	users map[*Scheduler]int // workers of each
	user  int                // the user's setting, while raised
	set   int                // what we set GOMAXPROCS to; 0 when it is not raised
}

var ps = hostPs{users: map[*Scheduler]int{}}

// base returns the user's own setting.
func (h *hostPs) base() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.baseLocked()
}

func (h *hostPs) baseLocked() int {
	n := runtime.GOMAXPROCS(0)
	if h.set != 0 && n == h.set {
		return h.user
	}
	return n
}

func (h *hostPs) add(s *Scheduler, workers int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.users[s] = workers
	h.adjust(h.baseLocked())
}

func (h *hostPs) remove(s *Scheduler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.users[s]; ok {
		user := h.baseLocked()
		delete(h.users, s)
		h.adjust(user)
	}
}

// wish returns how many workers s, which follows GOMAXPROCS, should have, and raises it again when the user has changed it.
func (h *hostPs) wish(s *Scheduler) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	user := h.baseLocked()
	n := min(user, MaxWorkers)
	if _, ok := h.users[s]; ok {
		h.users[s] = n
		h.adjust(user)
	}
	return n
}

// adjust sets GOMAXPROCS to one more than user if some scheduler uses every P, and to user otherwise.
func (h *hostPs) adjust(user int) {
	want := user
	for _, n := range h.users {
		if n >= user {
			want = user + 1
			break
		}
	}
	now := runtime.GOMAXPROCS(0)
	switch {
	case now != want:
		runtime.GOMAXPROCS(want) // stops the world; only at New, Stop and a change by the user
	}
	if want == user {
		h.set = 0
		return
	}
	h.user, h.set = user, want
}
