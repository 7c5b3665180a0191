package web

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/profiles"
)

// Bounds of the readings.
const (
	maxWaiting  = 16               // requests that wait for a reading
	readingRest = 4                // after a reading there is none for as many times as long as it took
	keepReading = 15 * time.Second // after the last request for one, and its window
)

var errBusy = errors.New("profiles/web: too many requests wait for the processes to be read; try again")

// looker reads the processes for all requests: one reading at a time, and one for all that ask at about the same time. The last reading is kept while
// somebody asks, to compare the next one with.
type looker struct {
	rt      *proc.Runtime
	turn    chan struct{} // holds who reads, or starts something else that costs O(processes)
	waiting chan struct{}

	// Under turn:
	sampler *profiles.Sampler
	last    *profiles.Reading

	mu     sync.Mutex
	asked  int         // processes that have answered, which the surveys' own processes have handled as messages
	begun  int         // processes begun to ask the others
	forget *time.Timer // drops the readings
}

func newLooker(rt *proc.Runtime) *looker {
	return &looker{rt: rt, turn: make(chan struct{}, 1), waiting: make(chan struct{}, maxWaiting)}
}

// alone runs f when nobody else reads. f returns how many processes it has begun, and how many have answered those.
func (l *looker) alone(ctx context.Context, f func() (begun, asked int, err error)) error {
	select {
	case l.waiting <- struct{}{}:
	default:
		return errBusy
	}
	defer func() { <-l.waiting }()
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.turn }()
	begun, asked, err := f()
	l.mu.Lock()
	l.begun += begun
	l.asked += asked
	l.mu.Unlock()
	return err
}

// cost returns what the pages have cost the runtime's statistics.
func (l *looker) cost() (begun, asked int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begun, l.asked
}

// fresh reads the processes without a comparison.
func (l *looker) fresh(ctx context.Context) (r *profiles.Reading, err error) {
	err = l.alone(ctx, func() (int, int, error) {
		var n int
		r, n, err = read(ctx, profiles.NewSampler(l.rt))
		return n, answers(r), err
	})
	return r, err
}

// read returns how many processes it has begun besides.
func read(ctx context.Context, s *profiles.Sampler) (r *profiles.Reading, begun int, err error) {
	if r, err = s.Read(ctx); errors.Is(err, proc.ErrShutdown) {
		return nil, 0, err
	}
	return r, 1, err
}

func answers(r *profiles.Reading) int {
	if r == nil {
		return 0
	}
	return r.Processes
}

// window returns a reading with what was done in about the window before it. Who asks again and again gets it at once, at the price of one
// reading; the first to ask waits for the window.
func (l *looker) window(ctx context.Context, window time.Duration) (*profiles.Reading, error) {
	for {
		var r *profiles.Reading
		var wait time.Duration
		err := l.alone(ctx, func() (begun, asked int, err error) {
			now := time.Now()
			age := window
			if l.last != nil {
				age = now.Sub(l.last.At)
			}
			switch {
			case l.last != nil && l.last.Span > 0 && age < window/2:
				r = l.last
				return 0, 0, nil
			case l.last != nil && age > 4*window+keepReading:
				l.sampler = nil // nobody wants to know what was done since then
			case l.last != nil && age < max(window*9/10, l.last.Took*readingRest):
				wait = max(window, l.last.Took*readingRest) - age
				return 0, 0, nil
			}
			if l.sampler == nil {
				l.sampler = profiles.NewSampler(l.rt)
			}
			got, begun, err := read(ctx, l.sampler)
			if err == nil {
				l.last, wait = got, window
				if got.Span > 0 {
					r = got
				}
			}
			return begun, answers(got), err
		})
		if r != nil || err != nil {
			l.keep(4*window + keepReading)
			return r, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

// keep has the readings dropped when nobody has asked for d.
func (l *looker) keep(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.forget != nil {
		l.forget.Stop()
	}
	l.forget = time.AfterFunc(d, l.drop)
}

// drop forgets the readings.
func (l *looker) drop() {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	l.sampler, l.last = nil, nil
	l.mu.Lock() // with the turn held: a timer that is set for the next reading must not be stopped
	defer l.mu.Unlock()
	if l.forget != nil {
		l.forget.Stop()
	}
}
