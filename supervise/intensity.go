package supervise

import "time"

// window holds the times of the restarts within the last period, the oldest at first. It never grows beyond one more than the intensity.
type window struct {
	times []time.Duration // a ring
	first int
	n     int
}

// add notes a restart at the time now, drops those older than period, and reports whether there are more than intensity.
func (w *window) add(now, period time.Duration, intensity int) (over bool) {
	for w.n > 0 && w.times[w.first] < now-period {
		if w.first++; w.first == len(w.times) {
			w.first = 0
		}
		w.n--
	}
	if w.n >= intensity {
		return true
	}
	if w.n == len(w.times) {
		w.grow()
	}
	i := w.first + w.n
	if i >= len(w.times) {
		i -= len(w.times)
	}
	w.times[i] = now
	w.n++
	return false
}

func (w *window) grow() {
	times := make([]time.Duration, max(8, 2*len(w.times)))
	k := copy(times, w.times[w.first:])
	copy(times[k:], w.times[:w.first])
	w.times, w.first = times, 0
}
