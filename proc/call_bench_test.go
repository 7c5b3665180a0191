package proc

import (
	"testing"
	"time"
)

// asking is a machine that makes calls, one after the other.
type asking struct {
	to      PID
	timeout time.Duration
	left    int
	then    func(c *Ctx, v any, err error) error
	done    chan struct{}
}

func (a *asking) Handle(c *Ctx, m Message) error {
	a.then = a.answered
	return c.Await(a.to, a, a.timeout, a.then)
}

func (a *asking) answered(c *Ctx, _ any, err error) error {
	if err != nil {
		return err
	}
	if a.left--; a.left == 0 {
		close(a.done)
		return nil
	}
	return c.Await(a.to, a, a.timeout, a.then)
}

// BenchmarkCall is a call with its reply, between two processes, with a timeout as calls have them and without one, and beside it two messages.
func BenchmarkCall(b *testing.B) {
	for name, timeout := range map[string]time.Duration{"timeout": 5 * time.Second, "forever": Forever} {
		b.Run(name, func(b *testing.B) {
			rt := begin(b, Config{Workers: 1})
			callee := handler(b, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
			a := &asking{to: callee, timeout: timeout, left: b.N, done: make(chan struct{})}
			caller := spawn(b, rt, func() Machine { return a })
			b.ReportAllocs()
			b.ResetTimer()
			send(b, rt, caller, nil)
			<-a.done
		})
	}
	b.Run("messages", func(b *testing.B) {
		rt := begin(b, Config{Workers: 1})
		left, done := b.N, make(chan struct{})
		echo := handler(b, rt, func(c *Ctx, m Message) error { return c.Send(m.From, m.Body) })
		body := new(int)
		caller := handler(b, rt, func(c *Ctx, m Message) error {
			if left--; left < 0 {
				close(done)
				return nil
			}
			return c.Send(echo, body)
		})
		b.ReportAllocs()
		b.ResetTimer()
		send(b, rt, caller, body)
		<-done
	})
}
