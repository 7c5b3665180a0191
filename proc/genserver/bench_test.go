package genserver

import (
	"testing"
	"time"
	"unsafe"

	"github.com/thrum-go/thrum/proc"
)

// caller is a machine that makes calls, one after the other.
type caller struct {
	to   proc.PID
	req  any
	left int
	then func(c *proc.Ctx, v any, err error) error
	done chan error
}

func (a *caller) Handle(c *proc.Ctx, _ proc.Message) error {
	a.then = a.replied
	return c.Await(a.to, a.req, 5*time.Second, a.then)
}

func (a *caller) replied(c *proc.Ctx, _ any, err error) error {
	if a.left--; err != nil || a.left <= 0 {
		a.done <- err
		return err
	}
	return c.Await(a.to, a.req, 5*time.Second, a.then)
}

// same replies to a request with the same pointer.
type same struct{ Base[*int, *int, int] }

func (same) HandleCall(_ *Ctx, req *int, _ From[*int]) (*int, error) { return req, nil }

// calls makes n calls to the process to and returns how long they took.
func calls(b testing.TB, rt *proc.Runtime, to proc.PID, n int) time.Duration {
	a := &caller{to: to, req: new(int), left: n, done: make(chan error, 1)}
	pid, err := rt.Spawn(func() proc.Machine { return a })
	if err != nil {
		b.Fatal(err)
	}
	begin := time.Now()
	if err := rt.Send(pid, nil); err != nil {
		b.Fatal(err)
	}
	if err := <-a.done; err != nil {
		b.Fatal(err)
	}
	took := time.Since(begin)
	_ = rt.Exit(pid, proc.Kill)
	return took
}

// BenchmarkCall is a call of a server beside a call that its callee's Handle replies to, in turns: ns/op is of the server's, bare-ns/op
// of the other, ratio the one by the other.
func BenchmarkCall(b *testing.B) {
	rt := begin(b, proc.Config{Workers: 1})
	server := started(b, rt, func() Server[*int, *int, int] { return same{} }).PID
	bare, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error { return c.Reply(m.Body) }))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var ours, theirs time.Duration
	const slice = 20_000
	for n := b.N; n > 0; n -= slice {
		k := min(n, slice)
		ours += calls(b, rt, server, k)
		theirs += calls(b, rt, bare, k)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(theirs.Nanoseconds())/float64(b.N), "bare-ns/op")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
}

// A server adds less than 200 bytes to a process, beside the implementation.
func TestServerAddsLessThan200Bytes(t *testing.T) {
	if n := unsafe.Sizeof(server[*int, *int, int]{}); n > 200 {
		t.Errorf("%d bytes", n)
	}
}
