package proc

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// A server that fails again and again is called by many goroutines: what ended with ErrNoProc or ErrMailboxFull has never been handled, so all of it
// can be called again, and then each request has been handled once, or ended with the reason of the process.
func TestCallThatMayBeRepeatedWasNotHandled(t *testing.T) {
	const callers, calls = 4, 30
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(2, Reject)}, {WithMailboxBound(2, DropOldest)}} {
		rt := begin(t, Config{})
		var handled [callers * calls]atomic.Int32
		var server atomic.Uint64
		birth := func() {
			server.Store(uint64(handler(t, rt, func(c *Ctx, m Message) error {
				i := m.Body.(int)
				handled[i].Add(1)
				if i%7 == 3 {
					return errFault
				}
				return c.Reply(i)
			}, opts...)))
		}
		birth()
		var wg sync.WaitGroup
		var mu sync.Mutex
		for a := range callers {
			wg.Go(func() {
				for i := a * calls; i < (a+1)*calls; i++ {
					for {
						to := PID(server.Load())
						v, err := rt.Call(t.Context(), to, i)
						if errors.Is(err, ErrNoProc) || errors.Is(err, ErrMailboxFull) {
							if n := handled[i].Load(); n != 0 {
								t.Errorf("%d: %v, and it was handled", i, err)
							}
							mu.Lock()
							if PID(server.Load()) == to && errors.Is(err, ErrNoProc) {
								birth()
							}
							mu.Unlock()
							continue
						}
						if n := handled[i].Load(); err == nil && (n != 1 || v != i) || err != nil && (n > 1 || !errors.Is(err, errFault)) {
							t.Errorf("%d: %v, %v, handled %d times", i, v, err, n)
						}
						break
					}
				}
			})
		}
		wg.Wait()
		end(t, rt)
	}
}
