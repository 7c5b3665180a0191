package genevent_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
)

type counting struct{ n int }

func (h *counting) HandleEvent(_ *proc.Ctx, e *int) error { h.n++; return nil }

// BenchmarkNotify is an event from one process to a manager with some handlers.
func BenchmarkNotify(b *testing.B) {
	for _, handlers := range []int{1, 10} {
		b.Run(fmt.Sprintf("handlers=%d", handlers), func(b *testing.B) {
			rt, err := proc.New(proc.Config{})
			if err != nil {
				b.Fatal(err)
			}
			ctx := context.Background()
			defer rt.Shutdown(ctx)
			k := rt.Client(ctx)
			m, err := genevent.Start[*int](k)
			if err != nil {
				b.Fatal(err)
			}
			hs := make([]counting, handlers)
			for i := range hs {
				if err := genevent.Add(k, m, fmt.Sprint(i), &hs[i]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			e := new(int)
			done := make(chan error, 1)
			if _, err := rt.Go(func(self *proc.Self) error {
				for range b.N {
					_ = genevent.Notify(self, m, e)
				}
				done <- genevent.SyncNotify(self.Client(proc.Forever), m, e)
				return nil
			}); err != nil {
				b.Fatal(err)
			}
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			for i := range hs {
				if hs[i].n != b.N+1 {
					b.Fatalf("handler %d got %d of %d events", i, hs[i].n, b.N+1)
				}
			}
		})
	}
}
