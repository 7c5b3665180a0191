package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func TestARoomHearsItsMembersAndNobodyElse(t *testing.T) {
	s := serve(t, nil)
	ann, bob, eve := s.dial(t, "ann", "tea"), s.dial(t, "bob", "tea"), s.dial(t, "eve", "coffee")
	ann.hears("* bob has joined tea")
	eve.says("psst")
	ann.says("hello\x1b[2J")
	bob.hears("ann: hello?[2J")
	ann.hears("ann: hello")
	eve.hears("eve: psst")
	bob.says("/join coffee")
	ann.hears("* bob has left")
	eve.hears("* bob has joined")
}

func TestANameBelongsToOneClientUntilItLeaves(t *testing.T) {
	s := serve(t, nil)
	ann := s.dial(t, "ann", "tea")
	other := s.dial(t, "", "")
	other.says("two words")
	other.hears("! A name is")
	other.says("ann")
	other.hears("! Somebody has that name")
	ann.says("/quit")
	ann.hears("* Goodbye")
	ann.ends()
	eventually(t, "the name is free", func() bool { _, taken := s.rt.Whereis("chat.user.ann"); return !taken })
	other.says("ann")
	other.hears("* Hello ann")
}

func TestACrashOfASessionHarmsNobodyElse(t *testing.T) {
	s := serve(t, func(cfg *config) {
		cfg.heard = func(text string) {
			if text == "break" {
				panic("the test broke it")
			}
		}
	})
	ann, bob, eve := s.dial(t, "ann", "tea"), s.dial(t, "bob", "tea"), s.dial(t, "eve", "coffee")
	ann.hears("* bob has joined tea")
	bob.says("break")
	bob.ends()
	ann.hears("* bob has left")
	ann.says("still here")
	ann.hears("ann: still here")
	eve.says("me too")
	eve.hears("eve: me too")
	s.dial(t, "bob", "tea") // may come again
}

func TestAKilledSessionGivesItsConnectionUp(t *testing.T) {
	s := serve(t, nil)
	ann := s.dial(t, "ann", "tea")
	pid, _ := s.rt.Whereis("chat.user.ann")
	must(t, s.rt.Exit(pid, proc.Kill))
	ann.ends()
}

// The other end of a net.Pipe has no buffer: a write lasts until all of it has been read.
func TestAClientThatDoesNotReadIsDisconnectedAtTheBound(t *testing.T) {
	const lines, size = 100, 100
	const joined = "* ann has joined tea\n"
	s := serve(t, func(cfg *config) { cfg.MaxBehind, cfg.WriteTimeout = len(joined)+lines*size, time.Hour })
	here, there := net.Pipe()
	k := newClient(t, there)
	must(t, s.startSession(t.Context(), here))
	k.hears("* Welcome")
	k.says("slow")
	k.hears("* Hello")
	k.says("/join tea")
	k.hears("* You are one of 1 here")
	k.hears("* slow has joined")
	k.says("/help")
	_, err := there.Read(make([]byte, 1)) // the rest of this answer is being written from now on; all else waits behind it
	must(t, err)
	ann := s.dial(t, "ann", "tea")
	slow, _ := s.rt.Whereis("chat.user.slow")
	ended := make(chan error, 1)
	go func() {
		reason, err := s.rt.Wait(context.Background(), slow)
		ended <- errors.Join(reason, err)
	}()
	text := strings.Repeat("x", size-len("ann: ")-1)
	for range lines {
		ann.says(text)
		ann.hears("ann: ")
	}
	if alive, err := s.rt.Alive(t.Context(), slow); !alive || err != nil {
		t.Fatalf("disconnected before the bound (%v)", err)
	}
	ann.says("one more")
	ann.hears("ann: one more")
	ann.hears("* slow has left")
	if err := <-ended; !errors.Is(err, errSlow) {
		t.Errorf("ended with %v, want errSlow", err)
	}
}

func TestAClientWhoseWritesTakeTooLongIsDisconnected(t *testing.T) {
	s := serve(t, func(cfg *config) { cfg.WriteTimeout = time.Millisecond })
	here, there := net.Pipe()
	defer there.Close()
	must(t, s.startSession(t.Context(), here))
	eventually(t, "only the supervisors, the rooms and the application's processes are left", func() bool { return s.sessions(t) == 0 })
}

func TestASilentClientIsDisconnected(t *testing.T) {
	s := serve(t, func(cfg *config) { cfg.Idle = 20 * time.Millisecond })
	k := s.dial(t, "", "")
	k.hears("* Goodbye: " + errIdle.Error())
	k.ends()
}

func TestALineThatIsTooLongEndsTheSession(t *testing.T) {
	s := serve(t, nil)
	ann, bob := s.dial(t, "ann", "tea"), s.dial(t, "bob", "tea")
	ann.hears("* bob has joined")
	ann.says(strings.Repeat("x", s.cfg.MaxLine-1))
	bob.hears("ann: xxx")
	ann.hears("ann: xxx")
	_, err := ann.conn.Write(make([]byte, s.cfg.MaxLine)) // without an end
	must(t, err)
	ann.hears("* Goodbye: " + errTooLong.Error())
	ann.ends()
	bob.hears("* ann has left")
}

func TestAClientThatWillSendNoMoreGetsWhatItAskedFor(t *testing.T) {
	s := serve(t, nil)
	ann := s.dial(t, "ann", "tea")
	ann.says("last words")
	must(t, ann.conn.(*net.TCPConn).CloseWrite())
	ann.hears("ann: last words")
	ann.hears("* Goodbye: EOF")
	ann.ends()
}

func TestAFloodArrivesWholeAndInOrder(t *testing.T) {
	const lines = 5000
	s := serve(t, func(cfg *config) { cfg.MaxBehind = 1 << 30 })
	ann, bob := s.dial(t, "ann", "tea"), s.dial(t, "bob", "tea")
	ann.hears("* bob has joined")
	wrote := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < lines && err == nil; i++ {
			_, err = fmt.Fprintf(ann.conn, "%d\n", i)
		}
		wrote <- err
	}()
	for i := range lines {
		bob.hears(fmt.Sprintf("ann: %d", i))
		ann.hears(fmt.Sprintf("ann: %d", i))
	}
	must(t, <-wrote)
}

func TestClientsCanComeAgainAfterTheRoomsHaveFailed(t *testing.T) {
	s := serve(t, nil)
	ann := s.dial(t, "ann", "tea")
	sessions, _ := s.rt.Whereis(sessionsName)
	rooms, _ := s.rt.Whereis("chat.rooms")
	must(t, s.rt.Exit(rooms, proc.Kill))
	ann.hears("* Goodbye")
	ann.ends()
	eventually(t, "the tree is whole again", func() bool { pid, ok := s.rt.Whereis(sessionsName); return ok && pid != sessions })
	s.dial(t, "ann", "tea")
}

func TestTheServerSaysGoodbyeWhenItStops(t *testing.T) {
	s := serve(t, nil)
	ann := s.dial(t, "ann", "tea")
	s.stop()
	ann.hears("* Goodbye: the server is going down")
	ann.ends()
}
