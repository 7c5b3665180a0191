package gid

import (
	"sync"
	"testing"
)

func TestGoroutinesAreToldApart(t *testing.T) {
	me := Current()
	var mu sync.Mutex
	seen := map[uintptr]bool{me: true}
	var all, out sync.WaitGroup
	all.Add(100)
	for range 100 {
		out.Go(func() {
			id := Current()
			mu.Lock()
			if id == 0 || seen[id] {
				t.Errorf("number %d twice among goroutines that live at a time", id)
			}
			seen[id] = true
			mu.Unlock()
			all.Done()
			all.Wait() // none ends before all have asked
			if Current() != id {
				t.Error("a goroutine's number has changed")
			}
		})
	}
	out.Wait()
	grow(1000)
	if Current() != me {
		t.Error("the number changed when the stack grew")
	}
}

func grow(n int) byte {
	var pad [512]byte
	if n > 0 {
		pad[n%512] = grow(n - 1)
	}
	return pad[0]
}

func BenchmarkCurrent(b *testing.B) {
	for b.Loop() {
		Current()
	}
}
