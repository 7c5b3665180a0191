package sched

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// crash is what a task does instead of returning.
var crashes = []struct {
	name string
	do   func()
	want string // of the value that the hook is given
}{
	{"panic", func() { panic("a fault") }, "a fault"},
	{"panic of nil", func() { panic(nil) }, "PanicNilError"},
	{"runtime error", func() { var none []int; none[len(none)] = 1 }, "index out of range"},
	{"Goexit", runtime.Goexit, "<nil>"},
}

// A task that panics or calls runtime.Goexit, with its core or without, is handed to the hook, and its worker goes on.
func TestCrashEndsATurnAndNothingElse(t *testing.T) {
	for _, c := range crashes {
		for _, where := range []string{"holding the core", "away", "given up"} {
			for _, next := range []Next{Done, Yield, Spent} {
				t.Run(fmt.Sprintf("%s/%s/%d", c.name, where, next), func(t *testing.T) {
					type call struct {
						t     Task
						v     any
						stack string
						kept  bool
					}
					calls := make(chan call, 10)
					s := begin(t, Config{Workers: 1, Crashed: func(w *Worker, task Task, v any, stack []byte, kept bool) Next {
						calls <- call{task, v, string(stack), kept}
						if !kept {
							_ = w.Sched().Submit(task)
							return Done
						}
						return next
					}})
					runs := 0
					again := make(chan struct{})
					x := &job{}
					x.run = func(w *Worker) Next {
						if runs++; runs == 2 {
							close(again)
							return Done
						}
						switch where {
						case "away":
							w.Leave()
						case "given up":
							w.GiveUp()
							w.Leave()
						}
						c.do()
						return Done
					}
					submit(t, s, x)
					got := await(t, "the hook", calls)
					if got.t != Task(x) || !strings.Contains(fmt.Sprintf("%T %v", got.v, got.v), c.want) || got.kept != (where != "given up") {
						t.Errorf("hook: task %v, value %v, kept %v", got.t == Task(x), got.v, got.kept)
					}
					if got.v != nil && !strings.Contains(got.stack, "goroutine") {
						t.Errorf("stack: %s", got.stack)
					}
					if next != Done || where == "given up" {
						await(t, "the task's next turn", again)
					}
					works(t, s)
					until(t, "the scheduler is quiet", s.Quiet)
					if len(calls) != 0 {
						t.Error("the hook was called twice")
					}
				})
			}
		}
	}
}

// syncBuffer is a buffer for a logger.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestCrashWithoutHookIsLogged(t *testing.T) {
	for _, own := range []bool{true, false} {
		for _, c := range crashes {
			t.Run(fmt.Sprintf("%s/own=%v", c.name, own), func(t *testing.T) {
				var out syncBuffer
				log := slog.New(slog.NewTextHandler(&out, nil))
				cfg := Config{Workers: 1, Logger: log}
				if !own {
					old := slog.Default()
					slog.SetDefault(log)
					defer slog.SetDefault(old)
					cfg.Logger = nil
				}
				s, err := New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				submit(t, s, once(func(*Worker) { c.do() }))
				submit(t, s, Func(func(*Worker) { c.do() }))
				works(t, s)
				until(t, "the scheduler is quiet", s.Quiet)
				end(t, s)
				if n := strings.Count(out.String(), "panicked"); n != 2 {
					t.Errorf("%d crashes are logged, want 2:\n%s", n, out.String())
				}
			})
		}
	}
}

func TestManyCrashesLeaveNoGoroutine(t *testing.T) {
	base := runtime.NumGoroutine()
	s := begin(t, Config{Workers: 4})
	var all sync.WaitGroup
	n := scale(2000)
	all.Add(n)
	for i := range n {
		submit(t, s, once(func(w *Worker) {
			all.Done()
			crashes[i%len(crashes)].do()
		}))
	}
	all.Wait()
	until(t, "the scheduler is quiet", s.Quiet)
	works(t, s)
	end(t, s)
	until(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= base })
}
