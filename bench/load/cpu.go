package load

import "runtime/metrics"

// cpu is processor time in seconds, as Go tells it at the end of each garbage collection: what collections took, and all that the
// processors of GOMAXPROCS had, idle or not.
type cpu struct{ gc, all float64 }

func readCPU() cpu {
	s := [...]metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}}
	metrics.Read(s[:])
	return cpu{s[0].Value.Float64(), s[1].Value.Float64()}
}

func (c cpu) add(o cpu) cpu { return cpu{c.gc + o.gc, c.all + o.all} }

func (c cpu) since(before cpu) cpu { return cpu{c.gc - before.gc, c.all - before.all} }

// share is that of the collections, 0 when none ended.
func (c cpu) share() float64 {
	if c.all <= 0 {
		return 0
	}
	return min(max(c.gc/c.all, 0), 1)
}
