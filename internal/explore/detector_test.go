//go:build race

package explore_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// publish hands a plain variable over through a flag; with the bug, the variable is written after the flag. The reader
// looks at the variable only if it has seen the flag, so in most executions the bug does no harm, and the
// explorer's own hand-over from thread to thread must not hide it in the others.
func publish(bug bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		flag := new(word)
		plain := 0
		x.Go("writer", func() {
			if !bug {
				plain = 1
			}
			flag.store(1)
			if bug {
				plain = 1
			}
		})
		x.Go("reader", func() {
			if flag.load() == 1 && plain == 0 {
				x.Failf("the flag is set, the variable is not")
			}
		})
	}
}

// The failing exploration marks its test as failed, so it happens in a process of its own.
func TestDataRaceIsFoundInTheExecutionsThatHaveIt(t *testing.T) {
	const request = "EXPLORE_TEST_DATA_RACE"
	if os.Getenv(request) != "" {
		explore.Run(t, explore.Config{Name: "publish"}, publish(true))
		return
	}
	explore.Run(t, explore.Config{}, publish(false))
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), request+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("the data race was not found:\n%s", out)
	}
	for _, want := range []string{"WARNING: DATA RACE", "publish: execution", "the race detector has reported a data race", "schedule: "} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the report does not say %q:\n%s", want, out)
		}
	}
}

// What synchronises in the model does so for the race detector, too: none of these plain variables is a race.
func TestModelledSynchronisationIsNoDataRace(t *testing.T) {
	explore.Run(t, explore.Config{}, func(x *explore.Exec) {
		s := explore.NewSemaphore(1)
		flag, mark := new(word), new(explore.Buffered)
		var bySemaphore, byTry, byWait, byStart, byBarrier int
		x.Go("a", func() {
			mark.Store(1)
			byBarrier++
			mark.Store(0)
			bySemaphore++
			byTry++
			s.Release()
			byWait++
			flag.v.Store(1)
			byStart++
			x.Go("child", func() { byStart++ })
		})
		x.Go("b", func() {
			s.Acquire()
			bySemaphore++
			explore.Barrier()
			if mark.Load() == 0 {
				byBarrier++
			}
		})
		x.Go("c", func() {
			explore.Wait(func() bool { return flag.v.Load() == 1 })
			byWait++
			if s.TryAcquire() {
				byTry++
				s.Release()
			}
		})
		x.After(func() {
			if bySemaphore != 2 || byWait != 2 || byStart != 2 || byBarrier != 2 {
				x.Failf("lost: %d %d %d %d", bySemaphore, byWait, byStart, byBarrier)
			}
		})
	})
}
