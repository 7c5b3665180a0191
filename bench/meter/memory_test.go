package meter

import (
	"runtime"
	"testing"
	"time"
)

// TestResidentFollowsWhatIsHeld bounds the growth from above only loosely: the
// race detector keeps shadows of every byte.
func TestResidentFollowsWhatIsHeld(t *testing.T) {
	const size = 64 << 20
	before := Resident()
	block := make([]byte, size)
	for i := 0; i < len(block); i += 512 {
		block[i] = 1
	}
	grown := Resident() - before
	runtime.KeepAlive(block)
	if grown < size*9/10 || grown > size*6 {
		t.Errorf("64 MB more are held, memory grew by %d bytes", grown)
	}
	block = nil
	if left := Resident() - before; left > grown-size*8/10 {
		t.Errorf("64 MB were let go, of %d bytes %d are still held", grown, left)
	}
}

func TestProcessorTimeCountsWork(t *testing.T) {
	before, ok := ProcessorTime()
	if !ok {
		t.Fatal("no processor time on this system")
	}
	// Enough work for any clock: until the counter moves, however coarse it is.
	for range 10_000 {
		Sink(Spin(1_000_000))
		if now, _ := ProcessorTime(); now-before > 10*time.Millisecond {
			return
		}
	}
	t.Error("10 billion rounds of work used less than 10 ms of processor time")
}

func TestSpinRoundsGrowWithTime(t *testing.T) {
	short, long := SpinRounds(1_000), SpinRounds(10_000)
	if short < 1 || long < 5*short {
		t.Errorf("1 µs is %d rounds, 10 µs is %d", short, long)
	}
}
