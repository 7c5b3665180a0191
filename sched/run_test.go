package sched

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// counted is a task that counts its runs and has another one follow it.
type counted struct {
	runs  []atomic.Int32 // of each task of the test
	id    int
	all   *sync.WaitGroup
	turns int // how often it wants to run on before it is done
	then  []*counted
}

func (c *counted) Publish(*Worker)    {}
func (c *counted) Detach()            {}
func (c *counted) Priority() Priority { return Priority(c.id % 4) }
func (c *counted) Run(w *Worker) Next {
	if c.turns--; c.turns >= 0 {
		return [2]Next{Spent, Yield}[c.turns%2]
	}
	c.runs[c.id].Add(1)
	for i, next := range c.then {
		switch i % 4 {
		case 0:
			w.Schedule(next, next.Priority())
		case 1:
			w.Begin(next, next.Priority())
		case 2:
			_ = w.Sched().Submit(next)
		case 3:
			if next.Priority() != Normal || !w.Next(next) {
				w.Schedule(next, next.Priority())
			}
		}
	}
	w.Used += int32(c.id % 5000)
	c.all.Done()
	return Done
}

// Tasks submitted by goroutines and queued by tasks in every way, with every priority, run once each.
func TestEveryTaskRunsExactlyOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 8, 64, 255} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			s := begin(t, Config{Workers: workers})
			n := scale(20_000)
			var all sync.WaitGroup
			all.Add(n)
			runs := make([]atomic.Int32, n)
			tasks := make([]*counted, n)
			for i := range tasks {
				tasks[i] = &counted{runs: runs, id: i, all: &all, turns: i % 7 / 5}
			}
			// The first hundred have the rest follow them, in trees of fan-out 5.
			const roots = 100
			for i := roots; i < n; i++ {
				parent := tasks[(i-roots)/5]
				parent.then = append(parent.then, tasks[i])
			}
			var from sync.WaitGroup
			for g := range 4 {
				from.Go(func() {
					for i := g; i < roots; i += 4 {
						if err := s.Submit(tasks[i]); err != nil {
							t.Error(err)
						}
					}
				})
			}
			from.Wait()
			done := make(chan struct{})
			go func() { all.Wait(); close(done) }()
			await(t, "the last task", done)
			until(t, "the scheduler is quiet", s.Quiet)
			for i := range runs {
				if r := runs[i].Load(); r != 1 {
					t.Fatalf("task %d ran %d times", i, r)
				}
			}
			var st Stats
			s.ReadStats(&st)
			if st.Queued != 0 {
				t.Errorf("%d tasks are still queued", st.Queued)
			}
			extra := 0
			for i := range n {
				extra += i % 7 / 5
			}
			if int(st.Turns) != n+extra {
				t.Errorf("%d turns, want %d", st.Turns, n+extra)
			}
		})
	}
}

// Bursts with pauses between them: each burst finds the workers parked, or about to park.
func TestNoTaskIsForgottenWhileWorkersPark(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		s := begin(t, Config{Workers: workers, Spin: 1})
		for i := range scale(3000) {
			done := make(chan struct{}, 3)
			for range 1 + i%3 {
				submit(t, s, once(func(w *Worker) {
					w.Schedule(once(func(*Worker) { done <- struct{}{} }), Normal)
				}))
			}
			for range 1 + i%3 {
				await(t, "a task of a burst", done)
			}
		}
	}
}

func TestFuncRunsOnceAndMayBlock(t *testing.T) {
	s := begin(t, Config{Workers: 1})
	let, got := make(chan struct{}), make(chan int, 10)
	submit(t, s, Func(func(w *Worker) {
		w.Ready(Func(func(w *Worker) { got <- 1 }))
		<-let
		w.Ready(Func(func(w *Worker) { got <- 2 })) // without a core by now
	}))
	if v := await(t, "a task made ready by one that blocks", got); v != 1 {
		t.Fatalf("%d", v)
	}
	works(t, s)
	close(let)
	if v := await(t, "a task made ready by one that has lost its core", got); v != 2 {
		t.Fatalf("%d", v)
	}
	until(t, "the scheduler is quiet", s.Quiet)
	if len(got) != 0 {
		t.Error("a task ran twice")
	}
}

func TestSubmitRefusesNilAndAStoppedScheduler(t *testing.T) {
	s := begin(t, Config{Workers: 1})
	if err := s.Submit(nil); err == nil || err.Error() != "sched: Submit: task is nil" {
		t.Errorf("Submit(nil): %v", err)
	}
	end(t, s)
	if err := s.Submit(once(func(*Worker) { t.Error("a task ran after Stop") })); !errors.Is(err, ErrStopped) {
		t.Errorf("Submit after Stop: %v", err)
	}
}

// A task that never ends must not keep another one from its turn, whatever it says it wants, alone or with others.
func TestTaskThatGoesOnForEverLetsOthersRun(t *testing.T) {
	for _, next := range []Next{Spent, Yield} {
		for _, workers := range []int{1, 2} {
			s := begin(t, Config{Workers: workers})
			var stop atomic.Bool
			for range 2 * workers {
				submit(t, s, &job{run: func(w *Worker) Next {
					w.Used += TurnReductions
					if stop.Load() {
						return Done
					}
					return next
				}})
			}
			for range 20 {
				works(t, s)
			}
			stop.Store(true)
			until(t, "the scheduler is quiet", s.Quiet)
		}
	}
}

// Independent work spreads over the workers: each of these tasks waits for all the others to have begun, on as many workers.
func TestTasksRunInParallel(t *testing.T) {
	for _, workers := range []int{2, 8} {
		for _, from := range []string{"outside", "a task"} {
			t.Run(fmt.Sprintf("%d/%s", workers, from), func(t *testing.T) {
				s := begin(t, Config{Workers: workers})
				var begun atomic.Int32
				done := make(chan struct{}, workers)
				task := func() Task {
					return &job{run: func(w *Worker) Next {
						begun.Add(1)
						w.Leave()
						until(t, "all tasks run at once", func() bool { return int(begun.Load()) == workers })
						if !w.Resume() {
							done <- struct{}{}
							return Done
						}
						done <- struct{}{}
						return Done
					}}
				}
				if from == "outside" {
					for range workers {
						submit(t, s, task())
					}
				} else {
					submit(t, s, once(func(w *Worker) {
						for range workers {
							w.Schedule(task(), Normal)
						}
					}))
				}
				for range workers {
					await(t, "a task", done)
				}
			})
		}
	}
}
