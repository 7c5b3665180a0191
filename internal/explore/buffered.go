package explore

import (
	"runtime"
	"sync/atomic"
)

// Buffered is a word that one thread at a time writes by plain stores: the model of a processor with store buffers
// (total store order, as amd64 has it). A write of an explored thread goes into the thread's buffer, where only the
// thread itself sees it, until it is drained: at any moment, as the explorer chooses; or at the thread's next atomic
// write, successful or failed compare-and-swap, or operation on a Semaphore; or at a Barrier. Writes are drained in
// their order. An atomic load drains nothing, so it may take effect before the thread's earlier plain writes.
// A write while writes of another thread to the same word are in its buffer is a failure: the word has two owners.
//
// The moments of draining are not enumerated one by one: the explorer chooses when another thread reads the word,
// which is the only moment at which it makes a difference. The write itself is a step, although nobody sees anything
// of it: a Barrier of another thread may come before or after it.
//
// Outside of explored threads it is an ordinary atomic word. The zero value is 0. It must not be read in a condition
// of Wait, where nobody could choose: spin with Yield, after which a value left unseen is drained in the end.
type Buffered struct {
	v atomic.Uint32
}

// write is a write that has not been drained.
type write struct {
	word  *Buffered
	value uint32
}

// Store writes the word.
func (b *Buffered) Store(v uint32) {
	if t := currentThread(); t != nil {
		raceRelease(b)
		t.announce(op{kind: kindWriteWord, addr: address(b), word: b, arg: int(v)})
		return
	}
	countPlain()
	b.v.Store(v)
}

// Load reads the word.
func (b *Buffered) Load() uint32 {
	if t := currentThread(); t != nil {
		v := t.announce(op{kind: kindReadWord, addr: address(b), word: b})
		raceAcquire(b)
		return uint32(v)
	}
	if inCondition {
		panic("explore: Buffered.Load in a condition of Wait: spin with Yield instead")
	}
	return b.v.Load()
}

// Barrier drains the store buffers of all threads, in one step. Outside of an explored thread it is a process-wide
// barrier by stopping the world.
func Barrier() {
	if t := currentThread(); t != nil {
		t.announce(op{kind: kindBarrier})
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
}

// write puts a write into the thread's buffer.
func (e *explorer) write(t *thread) {
	for _, other := range e.threads[:e.n] {
		if other != t && holds(other.buffer, t.op.word) > 0 {
			e.fail("thread %s writes a Buffered word while a write of thread %s to it is not drained: it has two owners",
				t.name, other.name)
			return
		}
	}
	t.buffer = append(t.buffer, write{t.op.word, uint32(t.op.arg)})
}

// read returns what the thread sees of a word: its own last write, or what the explorer chooses to drain for it.
func (e *explorer) read(t *thread) int {
	word := t.op.word
	for i := len(t.buffer) - 1; i >= 0; i-- {
		if t.buffer[i].word == word {
			return int(t.buffer[i].value)
		}
	}
	for _, other := range e.threads[:e.n] {
		held := holds(other.buffer, word)
		if held == 0 {
			continue
		}
		seen := 0
		if t.insist {
			seen = 1 + e.choose(held)
		} else {
			seen = e.choose(held + 1)
		}
		if seen < held {
			t.stale = true
		}
		t.insist = false
		for i, w := range other.buffer {
			if seen == 0 {
				break
			}
			if w.word == word {
				if seen--; seen == 0 {
					e.drain(other, i+1)
				}
			}
		}
	}
	var v uint32
	unseen(func() { v = word.v.Load() })
	return int(v)
}

// drain makes the oldest n writes of a thread visible.
func (e *explorer) drain(t *thread, n int) {
	unseen(func() {
		for _, w := range t.buffer[:n] {
			w.word.v.Store(w.value)
		}
	})
	t.buffer = append(t.buffer[:0], t.buffer[n:]...)
}

func (e *explorer) drainAll() {
	for _, t := range e.threads[:e.n] {
		if len(t.buffer) > 0 {
			e.drain(t, len(t.buffer))
		}
	}
}

func holds(buffer []write, word *Buffered) (n int) {
	for _, w := range buffer {
		if w.word == word {
			n++
		}
	}
	return n
}
