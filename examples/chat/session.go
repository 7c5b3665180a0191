package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/thrum-go/thrum/proc"
)

// session is the process of one client. It never waits: a goroutine reads the connection for it (see read), and another writes, by Offload.
type session struct {
	srv  *server
	conn net.Conn
	name string // "" until the client has chosen one
	room string // "" until it has joined one

	behind  []byte // what is to be written once the write under way is done
	writing bool   // a write is under way
	ending  error  // once it is set: the exit reason, after everything has been written
}

// said is what the members of a room are sent.
type said string

// Exit reasons of sessions whose clients do not read what they are sent, or are gone. They are also proc.Shutdown: so they are not reported as crashes.
var (
	errSlow = fmt.Errorf("chat: client does not keep up: %w", proc.Shutdown)
	errGone = fmt.Errorf("chat: client cannot be written to: %w", proc.Shutdown)
)

func (s *session) Init(c *proc.Ctx) error {
	c.TrapExit(true) // so that there is time to say goodbye
	closeWith(c.Runtime(), c.Self(), s.conn)
	go read(c.Runtime(), c.Self(), s.conn, s.srv.cfg)
	return s.tell(c, "* Welcome. What is your name?")
}

func (s *session) Handle(c *proc.Ctx, m proc.Message) error {
	switch body := m.Body.(type) {
	case line:
		if err := s.hear(c, string(body)); err != nil {
			return err
		}
		_ = c.Reply(nil) // that nobody waits for it is no fault: the runtime is shutting down
		return nil
	case said:
		return s.tell(c, string(body))
	case proc.OffloadResult:
		return s.written(c, body.Err)
	case hungUp:
		return s.bye(c, body.why.Error(), proc.Normal)
	case proc.Exit: // the supervisor stops the sessions
		return s.bye(c, "the server is going down", body.Reason)
	}
	return nil
}

// Terminate tells the others. It is not called when the session is killed; the room is left without it.
func (s *session) Terminate(c *proc.Ctx, _ error) {
	if s.room != "" {
		s.srv.rooms.Leave(s.room, c.Self())
		s.srv.rooms.Publish(c, s.room, said("* "+s.name+" has left"))
	}
}

// hear deals with a line of the client.
func (s *session) hear(c *proc.Ctx, text string) error {
	if s.ending != nil {
		return nil
	}
	if f := s.srv.cfg.heard; f != nil {
		f(text)
	}
	text = printable(text)
	command, arg, _ := strings.Cut(text, " ")
	switch {
	case s.name == "":
		return s.call(c, text)
	case text == "":
		return nil
	case command == "/join":
		return s.join(c, strings.TrimSpace(arg))
	case command == "/quit":
		return s.bye(c, "you wanted to", proc.Normal)
	case command == "/help" || strings.HasPrefix(text, "/"):
		return s.tell(c, "* /join ROOM, /quit; everything else is said to the room")
	case s.room == "":
		return s.tell(c, "! You are in no room. /join one.")
	}
	s.srv.rooms.Publish(c, s.room, said(s.name+": "+text))
	return nil
}

// call gives the client a name. It is a registered name of the process: nobody else can have it, and it is free again when the process ends.
func (s *session) call(c *proc.Ctx, name string) error {
	if name == "" || len(name) > 20 || strings.ContainsAny(name, " :*!") {
		return s.tell(c, "! A name is one word of 20 bytes at the most.")
	}
	switch err := c.Register("chat.user."+name, c.Self()); {
	case errors.Is(err, proc.ErrNameTaken):
		return s.tell(c, "! Somebody has that name. Another one?")
	case err != nil:
		return err
	}
	s.name = name
	return s.tell(c, "* Hello "+name+". /join a room.")
}

// join moves the client to a room.
func (s *session) join(c *proc.Ctx, room string) error {
	if room == "" || room == s.room {
		return s.tell(c, "! Join which room?")
	}
	rooms := s.srv.rooms
	if s.room != "" {
		if err := rooms.Leave(s.room, c.Self()); err != nil {
			return err
		}
		rooms.Publish(c, s.room, said("* "+s.name+" has left"))
		s.room = ""
	}
	if err := rooms.Join(room, c.Self()); err != nil {
		return err
	}
	s.room = room
	rooms.Publish(c, room, said("* "+s.name+" has joined "+room)) // it is a member: what it says comes back to it too
	return s.tell(c, fmt.Sprintf("* You are one of %d here.", rooms.Members(room).Len()))
}

// tell has a line written to the client. What it has not read yet waits here, up to a bound: then the client is disconnected, for whatever was left
// out without a word, it could not trust what it reads.
func (s *session) tell(c *proc.Ctx, text string) error {
	if s.ending != nil {
		return nil
	}
	if len(s.behind)+len(text)+1 > s.srv.cfg.MaxBehind {
		return errSlow
	}
	s.behind = append(append(s.behind, text...), '\n')
	return s.write(c)
}

// write starts a write, unless one is under way.
func (s *session) write(c *proc.Ctx) error {
	if s.writing || len(s.behind) == 0 {
		return nil
	}
	conn, text, timeout := s.conn, s.behind, s.srv.cfg.WriteTimeout
	s.behind, s.writing = nil, true
	return c.Offload(func() (any, error) {
		conn.SetWriteDeadline(time.Now().Add(timeout))
		_, err := conn.Write(text)
		return nil, err
	})
}

// written goes on after a write.
func (s *session) written(c *proc.Ctx, err error) error {
	s.writing = false
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errSlow
	case err != nil:
		return errGone
	}
	if len(s.behind) == 0 {
		return s.ending // nil: goes on
	}
	return s.write(c)
}

// bye says why the session ends, and has it end for reason when the client has got everything.
func (s *session) bye(c *proc.Ctx, why string, reason error) error {
	if s.ending != nil {
		return nil
	}
	if err := s.tell(c, "* Goodbye: "+why); err != nil {
		return err
	}
	s.ending = reason
	return nil
}

// printable replaces what could confuse the others' terminals.
func printable(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text))
}
