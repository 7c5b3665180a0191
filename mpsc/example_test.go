package mpsc_test

import (
	"fmt"
	"sync"

	"github.com/thrum-go/thrum/mpsc"
)

// A log that many goroutines write to and one puts out. The queue never blocks a writer; a channel of one tells the
// consumer that there is something to do, once for however many lines.
func Example() {
	var (
		lines   mpsc.Queue[string]
		arrived = make(chan struct{}, 1)
		done    = make(chan struct{})
		writers sync.WaitGroup
	)
	go func() {
		defer close(done)
		count := 0
		for range arrived {
			count += lines.DrainAll(func(string) {})
		}
		fmt.Println(count, "lines")
	}()
	for w := range 4 {
		writers.Go(func() {
			for i := range 1000 {
				lines.Push(fmt.Sprintf("writer %d, line %d", w, i))
				select {
				case arrived <- struct{}{}:
				default: // it is told already, and will see this line
				}
			}
		})
	}
	writers.Wait()
	close(arrived)
	<-done
	// Output: 4000 lines
}

func ExampleQueue() {
	var q mpsc.Queue[string]

	q.Push("one")
	q.PushAll([]string{"two", "three", "four"})

	first, ok := q.Pop()
	fmt.Println(first, ok)

	q.DrainAll(func(s string) { fmt.Println(s) })
	fmt.Println("empty:", q.Empty())
	// Output:
	// one true
	// two
	// three
	// four
	// empty: true
}

// A consumer with room for a few elements at a time, as for the entries of one write to a disk.
func ExampleQueue_Drain() {
	var q mpsc.Queue[int]
	q.PushAll([]int{1, 2, 3, 4, 5, 6, 7})

	page := make([]int, 3)
	for {
		n := q.Drain(page)
		if n == 0 {
			break
		}
		fmt.Println(page[:n])
	}
	// Output:
	// [1 2 3]
	// [4 5 6]
	// [7]
}
