package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// line is what the session's process is called with for each line that its client has sent.
type line string

// hungUp is what it is sent when no more lines will come.
type hungUp struct{ why error }

var (
	errIdle    = errors.New("you have been silent for too long")
	errTooLong = errors.New("your line is too long")
)

// read hands a client's lines to its session until either of them ends. It runs on a goroutine of its own. Each line is a call: the next one is read
// when the session has dealt with this one, so a client that sends faster than the server works is slowed down by TCP, and no mailbox grows.
func read(rt *proc.Runtime, session proc.PID, conn net.Conn, cfg config) {
	in := bufio.NewScanner(conn)
	in.Buffer(make([]byte, 0, min(256, cfg.MaxLine)), cfg.MaxLine)
	for {
		conn.SetReadDeadline(time.Now().Add(cfg.Idle)) // for the whole line: it does not help to send a byte at a time
		if !in.Scan() {
			break
		}
		if _, err := rt.Call(context.Background(), session, line(in.Text())); err != nil {
			return // the session has ended
		}
	}
	why := in.Err()
	switch {
	case errors.Is(why, os.ErrDeadlineExceeded):
		why = errIdle
	case errors.Is(why, bufio.ErrTooLong):
		why = errTooLong
	case why == nil:
		why = io.EOF
	}
	rt.Send(session, hungUp{why})
}

// closeWith closes what when the process pid ends, however it does: by itself, by a panic, or killed, when none of its code runs any more. A file or
// connection that belongs to a process needs this, since Go does not know of that.
func closeWith(rt *proc.Runtime, pid proc.PID, what io.Closer) {
	go func() {
		rt.Wait(context.Background(), pid)
		what.Close()
	}()
}
