package proc

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A process starts timers and cancels them; the same with time.AfterFunc and Stop. Both are measured in batches, and what is
// reported is the median batch, so that what else the machine does has little influence. start-ns and cancel-ns are for one
// timer; the ratio of two lines of one run is what counts.

const timerBatch = 100

// batches are the times that batches took.
type batches []time.Duration

func (s *batches) time(f func()) {
	begun := time.Now()
	f()
	*s = append(*s, time.Since(begun))
}

func (s batches) report(b *testing.B, what string) {
	slices.Sort(s)
	b.ReportMetric(float64(s[len(s)/2].Nanoseconds())/timerBatch, what)
}

// inProcess calls f n times, each in a turn of its own of one process, and waits for the last.
func inProcess(b *testing.B, n int, f func(c *Ctx, i int)) {
	rt := begin(b, Config{Workers: 1})
	done := make(chan struct{})
	i := 0
	pid := handler(b, rt, func(c *Ctx, m Message) error {
		f(c, i)
		if i++; i < n {
			return c.Send(c.Self(), nil)
		}
		close(done)
		return nil
	})
	b.ReportAllocs()
	b.ResetTimer()
	send(b, rt, pid, nil)
	<-done
	b.StopTimer()
}

// Each timer is cancelled right after its start, as most timeouts are soon.
func BenchmarkTimerStartAndCancel(b *testing.B) {
	b.Run("thrum", func(b *testing.B) {
		var both batches
		inProcess(b, b.N/timerBatch+1, func(c *Ctx, _ int) {
			both.time(func() {
				for range timerBatch {
					t, err := c.SendAfter(time.Second, c.Self(), nil)
					if err != nil || !c.Cancel(t) {
						b.Fail()
					}
				}
			})
		})
		both.report(b, "both-ns")
	})
	b.Run("go", func(b *testing.B) {
		var both batches
		f := func() {}
		b.ReportAllocs()
		for range b.N/timerBatch + 1 {
			both.time(func() {
				for range timerBatch {
					if !time.AfterFunc(time.Second, f).Stop() {
						b.Fail()
					}
				}
			})
		}
		both.report(b, "both-ns")
	})
}

// So many timers run at a time; they are cancelled in the order in which they were started, or in any. A round is one iteration.
func BenchmarkTimerMany(b *testing.B) {
	for _, many := range []struct {
		name string
		n    int
	}{{"1k", 1000}, {"100k", 100_000}, {"1M", 1_000_000}} {
		order := make([]int, many.n)
		for i := range order {
			order[i] = i
		}
		for _, how := range []string{"in-order", "shuffled"} {
			if how == "shuffled" {
				rand.Shuffle(many.n, func(i, k int) { order[i], order[k] = order[k], order[i] })
			}
			delay := func(i int) time.Duration { return time.Hour + time.Duration(i*7919%1_000_000)*time.Microsecond }
			b.Run(many.name+"/"+how+"/thrum", func(b *testing.B) {
				timers := make([]Timer, many.n)
				var start, cancel batches
				round := many.n / timerBatch
				inProcess(b, 2*round*b.N, func(c *Ctx, i int) {
					if from := i % (2 * round) * timerBatch; from < many.n {
						start.time(func() {
							for k := from; k < from+timerBatch; k++ {
								timers[k], _ = c.SendAfter(delay(k), c.Self(), nil)
							}
						})
					} else {
						cancel.time(func() {
							for _, k := range order[from-many.n:][:timerBatch] {
								if !c.Cancel(timers[k]) {
									b.Fail()
								}
							}
						})
					}
				})
				start.report(b, "start-ns")
				cancel.report(b, "cancel-ns")
			})
			b.Run(many.name+"/"+how+"/go", func(b *testing.B) {
				timers := make([]*time.Timer, many.n)
				var start, cancel batches
				f := func() {}
				b.ReportAllocs()
				for range b.N {
					for from := 0; from < many.n; from += timerBatch {
						start.time(func() {
							for k := from; k < from+timerBatch; k++ {
								timers[k] = time.AfterFunc(delay(k), f)
							}
						})
					}
					for from := 0; from < many.n; from += timerBatch {
						cancel.time(func() {
							for _, k := range order[from:][:timerBatch] {
								if !timers[k].Stop() {
									b.Fail()
								}
							}
						})
					}
				}
				start.report(b, "start-ns")
				cancel.report(b, "cancel-ns")
			})
		}
	}
}

// Timers that are not cancelled: all are started, then all come.
func BenchmarkTimerFire(b *testing.B) {
	b.Run("thrum", func(b *testing.B) {
		rt := begin(b, Config{Workers: 1})
		started, came := 0, 0
		done := make(chan struct{})
		to := handler(b, rt, func(*Ctx, Message) error {
			if came++; came == b.N {
				close(done)
			}
			return nil
		})
		from := handler(b, rt, func(c *Ctx, m Message) error {
			for k := 0; k < timerBatch && started < b.N; k++ {
				if _, err := c.SendAfter(time.Duration(started%100)*time.Millisecond, to, nil); err != nil {
					return err
				}
				started++
			}
			if started < b.N {
				return c.Send(c.Self(), nil)
			}
			return nil
		})
		b.ReportAllocs()
		b.ResetTimer()
		send(b, rt, from, nil)
		<-done
	})
	b.Run("go", func(b *testing.B) {
		done := make(chan struct{})
		came := make(chan struct{}, 1024)
		go func() {
			for range b.N {
				<-came
			}
			close(done)
		}()
		f := func() { came <- struct{}{} }
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			time.AfterFunc(time.Duration(i%100)*time.Millisecond, f)
		}
		<-done
	})
}
