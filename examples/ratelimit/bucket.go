package main

import (
	"time"

	"github.com/thrum-go/thrum/proc"
)

// bucket is the process of one key: a token bucket. It holds at most Burst tokens, gets Rate of them a second, and each request takes one.
type bucket struct {
	lim    *Limiter
	name   string
	tokens float64   // at the time of
	at     time.Time // the last request
}

// allow is what a bucket is called with. It replies true or false.
type allow struct{}

// Init takes the name. Two callers may start a bucket for the same key at the same time: the second finds the name taken, and says that there is nothing
// to do.
func (b *bucket) Init(c *proc.Ctx) error {
	if err := c.Register(b.name, c.Self()); err != nil {
		return proc.Normal
	}
	b.tokens, b.at = float64(b.lim.cfg.Burst), b.lim.now()
	return c.ReceiveTimeout(b.lim.idle) // for the case that its first request never comes
}

func (b *bucket) Handle(c *proc.Ctx, m proc.Message) error {
	switch m.Body.(type) {
	case allow:
		b.refill()
		ok := b.tokens >= 1
		if ok {
			b.tokens--
		}
		_ = c.Reply(ok) // a caller that has given up is not our fault
	case proc.ReceiveTimeout:
		// Nobody has asked for a while. A bucket that is full is as good as none: the next request starts one, full. So it can end, and nothing
		// is forgotten. A request that comes at this moment finds the process ended, and its caller asks again: see Limiter.Allow.
		if b.refill(); b.tokens == float64(b.lim.cfg.Burst) {
			return proc.Normal
		}
	}
	return c.ReceiveTimeout(b.lim.idle)
}

func (b *bucket) refill() {
	now := b.lim.now()
	b.tokens = min(b.tokens+now.Sub(b.at).Seconds()*b.lim.cfg.Rate, float64(b.lim.cfg.Burst))
	b.at = now
}
