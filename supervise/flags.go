package supervise

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Strategy says what becomes of the other children when one is restarted (OTP: supervisor, restart strategies).
type Strategy uint8

const (
	// OneForOne: nothing.
	OneForOne Strategy = iota
	// OneForAll: all others are stopped, and then all are started.
	OneForAll
	// RestForOne: those after it, in the order of start, are stopped, and then it and they are started.
	RestForOne
	// SimpleOneForOne: nothing; all children have the same specification and are started by StartDynamic.
	SimpleOneForOne
)

// String returns the strategy as OTP writes it.
func (s Strategy) String() string {
	return name(int(s), "one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one")
}

// AutoShutdown says whether a supervisor ends, with the reason proc.Shutdown, when significant children have ended by themselves.
type AutoShutdown uint8

const (
	// Never: no.
	Never AutoShutdown = iota
	// AnySignificant: when one has.
	AnySignificant
	// AllSignificant: when the last one has.
	AllSignificant
)

// String returns the setting as OTP writes it.
func (a AutoShutdown) String() string {
	return name(int(a), "never", "any_significant", "all_significant")
}

// Flags say how a supervisor treats its children (OTP: supervisor:sup_flags()). The zero Flags are OTP's defaults.
type Flags struct {
	Strategy Strategy

	// A supervisor ends, with the reason proc.Shutdown, when it would restart children more than Intensity times within Period. A restart that
	// fails and is tried again counts each time. Both zero mean 1 in 5 s; only Period zero means 5 s. Period has the resolution
	// of the clock, where OTP's is a second.
	Intensity int
	Period    time.Duration

	AutoShutdown AutoShutdown

	// Backoff, if it is not nil, delays restarts. OTP has no such thing.
	Backoff *Backoff

	// KillGrace is how long a child that was killed may take to end. Kill takes effect between two messages, so a handler or an Init that
	// never returns does not end by it; after KillGrace the supervisor reports that and goes on without the child. 0 means 5 s.
	KillGrace time.Duration
}

// Backoff says how long a supervisor waits before it restarts a child: Min the first time, twice as long each time after it, Max at the
// most; of that, a random part between half and the whole. A child that has run for Reset begins with Min again. Meanwhile the child is
// restarting, and the others, also in a OneForAll, run.
type Backoff struct {
	Min, Max time.Duration
	// Reset 0 means Max.
	Reset time.Duration
}

// delay returns how long to wait after tries restarts.
func (b *Backoff) delay(tries int) time.Duration {
	d := b.Min
	for range tries {
		if d > b.Max/2 {
			d = b.Max
			break
		}
		d *= 2
	}
	return d/2 + rand.N(d/2+1)
}

// resetAfter returns how long a child runs until it is taken for healthy.
func (b *Backoff) resetAfter() time.Duration {
	if b.Reset == 0 {
		return b.Max
	}
	return b.Reset
}

const (
	intensityDefault = 1
	periodDefault    = 5 * time.Second
	graceDefault     = 5 * time.Second
)

// check fills in defaults; its errors name the field.
func (f *Flags) check() error {
	switch {
	case f.Strategy > SimpleOneForOne:
		return fmt.Errorf("supervise: Flags.Strategy %d is unknown; use OneForOne, OneForAll, RestForOne or SimpleOneForOne", f.Strategy)
	case f.AutoShutdown > AllSignificant:
		return fmt.Errorf("supervise: Flags.AutoShutdown %d is unknown; use Never, AnySignificant or AllSignificant", f.AutoShutdown)
	case f.Intensity < 0:
		return fmt.Errorf("supervise: Flags.Intensity is %d; it must not be negative (0 with a Period: no restart)", f.Intensity)
	case f.Period < 0:
		return fmt.Errorf("supervise: Flags.Period is %v; it must not be negative", f.Period)
	case f.KillGrace < 0:
		return fmt.Errorf("supervise: Flags.KillGrace is %v; it must not be negative (0 means %v)", f.KillGrace, graceDefault)
	}
	if b := f.Backoff; b != nil {
		switch {
		case b.Min <= 0:
			return fmt.Errorf("supervise: Flags.Backoff.Min is %v; it must be positive", b.Min)
		case b.Max < b.Min:
			return fmt.Errorf("supervise: Flags.Backoff.Max is %v; it must not be below Min, %v", b.Max, b.Min)
		case b.Reset < 0:
			return fmt.Errorf("supervise: Flags.Backoff.Reset is %v; it must not be negative (0 means Max)", b.Reset)
		}
		copied := *b
		f.Backoff = &copied
	}
	if f.Period == 0 {
		f.Period = periodDefault
		if f.Intensity == 0 {
			f.Intensity = intensityDefault
		}
	}
	if f.KillGrace == 0 {
		f.KillGrace = graceDefault
	}
	return nil
}
