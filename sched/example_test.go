package sched_test

import (
	"context"
	"fmt"
	"log"
	"sync"
	"sync/atomic"

	"github.com/thrum-go/thrum/sched"
)

// The scheduler as a plain pool for fork and join: each task splits its range until it is small, and queues both
// halves on its own worker, from where others take what they can.
func Example() {
	s, err := sched.New(sched.Config{})
	if err != nil {
		log.Fatal(err)
	}
	var sum atomic.Int64
	var open sync.WaitGroup // tasks that have not run
	var add func(from, to int64) sched.Func
	add = func(from, to int64) sched.Func {
		return func(w *sched.Worker) {
			defer open.Done()
			if to-from <= 100 {
				for i := from; i < to; i++ {
					sum.Add(i)
				}
				return
			}
			open.Add(2)
			middle := (from + to) / 2
			w.Ready(add(from, middle))
			w.Ready(add(middle, to))
		}
	}
	open.Add(1)
	if err := s.Submit(add(1, 10_001)); err != nil {
		log.Fatal(err)
	}
	open.Wait()
	fmt.Println(sum.Load())
	if err := s.Stop(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: 50005000
}

// countdown is a task that lives on from turn to turn. It never hands out the core it runs on, so Publish and Detach have
// nothing to do.
type countdown struct {
	n    int
	done chan bool
}

func (t *countdown) Run(w *sched.Worker) sched.Next {
	fmt.Println(t.n)
	if t.n--; t.n > 0 {
		return sched.Yield // again, after the others
	}
	close(t.done)
	return sched.Done // until somebody submits it again
}

func (t *countdown) Publish(*sched.Worker)    {}
func (t *countdown) Detach()                  {}
func (t *countdown) Priority() sched.Priority { return sched.Normal }

// A task of one's own runs in turns and says after each what becomes of it.
func ExampleTask() {
	s, err := sched.New(sched.Config{Workers: 1})
	if err != nil {
		log.Fatal(err)
	}
	t := &countdown{n: 3, done: make(chan bool)}
	if err := s.Submit(t); err != nil {
		log.Fatal(err)
	}
	<-t.done
	if err := s.Stop(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 3
	// 2
	// 1
}
