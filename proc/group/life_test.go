package group

import (
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// While there are too many events to send, each change takes its time.
func TestChangesAreHeldBackWhileTheScopeIsFarBehind(t *testing.T) {
	l := newLife[string](1) // without a process, so nothing is sent
	l.watch(MonitorRef{}, l.group("g"))
	change := func() {
		l.mu.Lock()
		l.changed(l.group("g"), true, []proc.PID{2})
		l.unlock(nil)
	}
	l.taken = farBehind
	begun := time.Now()
	for range 10 {
		change()
	}
	if d := time.Since(begun); d < 10*holdBack {
		t.Errorf("10 changes took %v", d)
	}
}
