//go:build unix

package application

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

func raise(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		t.Fatal(err)
	}
}

func TestSIGTERMAndSIGINTStopAProgramInOrder(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			r, up := newRunner(t), make(chan bool)
			r.cfg.notify = nil // the real ones
			r.run(r.both(up)...)
			<-up
			raise(t, s)
			if err := r.ends(); err != nil {
				t.Errorf("Run: %v", err)
			}
			r.says(append(starts("store", "web"), stopsOrStart(r, "web", "store")...)...)
		})
	}
}

func TestASecondRealSignalEndsAtOnce(t *testing.T) {
	r, up, in := newRunner(t), make(chan bool), make(chan bool)
	r.cfg.notify = nil
	release := make(chan bool)
	defer close(release)
	a := r.app("a", up)
	a.Stop = func(context.Context) error { in <- true; <-release; return nil }
	r.run(a)
	<-up
	raise(t, syscall.SIGTERM)
	<-in
	raise(t, syscall.SIGINT)
	var s *SignalError
	if err := r.ends(); !errors.As(err, &s) || s.Signal != syscall.SIGINT {
		t.Errorf("Run: %v", err)
	}
}
