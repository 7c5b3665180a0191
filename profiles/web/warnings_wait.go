package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/profiles"
)

const (
	replyLimit = 5 * time.Second // in which who waits for nothing else should have its reply
	maxChain   = 100             // processes, each of which waits for the next, that are looked at
)

// ofWaits applies the rules that look at who waits for whom. A call to a process that has ended is over at once, with an error, so nobody waits for
// one; what is left is a process that never replies, and processes that wait for each other. Whoever waits for a process that waits itself is not told
// of: the one at the end of the chain is.
func ofWaits(r *profiles.Reading, limit time.Duration) []Warning {
	var silent, circle culprits
	asker, rings := map[proc.PID]profiles.Entry{}, map[proc.PID]string{}
	r.All(func(e profiles.Entry) bool {
		if e.Awaits == 0 || e.Awaited == 0 {
			return true
		}
		if ring := ringOf(r, e); ring != "" {
			rings[e.PID] = ring
			circle.add(e, float64(e.Awaited))
			return true
		}
		to, ok := r.Find(e.Awaits)
		if e.Awaited <= limit || !ok || to.Awaits != 0 || to.Status != proc.Waiting {
			return true // what runs or has messages may come to it, or another rule tells why not
		}
		if was, known := asker[to.PID]; !known || e.Awaited > was.Awaited {
			asker[to.PID] = e
		}
		return true
	})
	for pid, e := range asker {
		if to, ok := r.Find(pid); ok {
			silent.add(to, float64(e.Awaited))
		}
	}
	all := circle.warn("deadlock", "0", func(e profiles.Entry) string {
		return fmt.Sprintf("waits for the reply of %s, and has for at least %v", rings[e.PID], e.Awaited.Round(time.Millisecond))
	})
	return append(all, silent.warn("no reply", limit.String(), func(e profiles.Entry) string {
		by := asker[e.PID]
		return fmt.Sprintf("has nothing to do and has not replied to %s, which has waited for at least %v and handles nothing else meanwhile",
			called(by), by.Awaited.Round(time.Millisecond))
	})...)
}

// ringOf tells whom e waits for, and those for whom, if that leads back to e; else "". All of them were seen with the same requests twice, so that they
// were all open at one moment.
func ringOf(r *profiles.Reading, e profiles.Entry) string {
	var names []string
	for x, n := e, 0; n < maxChain; n++ {
		next, ok := r.Find(x.Awaits)
		if !ok || next.Awaits == 0 || next.Awaited == 0 {
			return ""
		}
		if next.PID == e.PID {
			return strings.Join(names, ", which waits for ") + ", which waits for the first"
		}
		if len(names) < 5 {
			names = append(names, called(next))
		}
		x = next
	}
	return ""
}
