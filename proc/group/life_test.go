package group

import (
	"context"
	"log/slog"
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

// The scope keeps nothing for groups without members, for processes that have left, and for monitors that are over.
func TestNothingIsLeftOfWhatIsOver(t *testing.T) {
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rt.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	s, err := Start[int](rt, "scope")
	if err != nil {
		t.Fatal(err)
	}
	var pids []proc.PID
	ready := make(chan bool)
	for i := range 60 {
		pid, err := rt.Go(func(self *proc.Self) error {
			var refs []MonitorRef
			for g := range 20 {
				ref, _, err := s.Monitor(self, g*(i%3))
				if err != nil {
					t.Error(err)
				}
				if refs = append(refs, ref); g%5 == 0 {
					if ref, _, err = s.MonitorScope(self); err != nil {
						t.Error(err)
					}
					refs = append(refs, ref)
				}
				if err := s.Join(g, self.PID(), self.PID()); err != nil {
					t.Error(err)
				}
			}
			ready <- true
			for {
				if self.Receive().Body != "clear up" {
					continue
				}
				for _, ref := range refs {
					if !s.Demonitor(self, ref) {
						t.Error("Demonitor of an active monitor is false")
					}
				}
				for g := range 20 {
					if err := s.Leave(g, self.PID(), self.PID()); err != nil {
						t.Error(err)
					}
				}
				ready <- true
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
		<-ready
	}
	for i, pid := range pids {
		if i%2 == 0 {
			if err := rt.Send(pid, "clear up"); err != nil {
				t.Fatal(err)
			}
			<-ready
		} else if err := rt.Exit(pid, proc.Kill); err != nil {
			t.Fatal(err)
		}
	}
	l := s.live()
	left := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.groups.Len() + len(l.members) + len(l.monitors) + l.all.n
	}
	for end := time.Now().Add(time.Minute); left() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d groups, %d members, %d monitors, %d of the scope are left", l.groups.Len(), len(l.members), len(l.monitors), l.all.n)
		}
	}
}
