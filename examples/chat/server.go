package main

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/group"
	"github.com/thrum-go/thrum/supervise"
	"github.com/thrum-go/thrum/supervise/application"
)

// config says how the server works.
type config struct {
	Addr         string
	Idle         time.Duration // a client that says nothing for so long is taken for gone
	WriteTimeout time.Duration // one write to a client may take so long
	MaxLine      int           // bytes of a line that a client sends
	MaxBehind    int           // bytes that wait for a client; one that is further behind is disconnected

	heard func(line string) // if not nil, is called for each line in the session's process: tests break sessions with it
}

func defaults() config {
	return config{Addr: "127.0.0.1:7000", Idle: 5 * time.Minute, WriteTimeout: 3 * time.Second, MaxLine: 1024, MaxBehind: 64 << 10}
}

// server is what all parts of one chat server share. It is set up before the processes begin and does not change after that.
type server struct {
	cfg   config
	rt    *proc.Runtime
	rooms *group.Scope[string] // the members of a room are the sessions in it
	ln    net.Listener
}

func newServer(cfg config) *server { return &server{cfg: cfg} }

// sessionsName is where the supervisor of the sessions is found, also after a restart.
const sessionsName = "chat.sessions"

// app describes the server as an application: first its processes, then, when they run, the listener.
func (s *server) app() application.App {
	return application.App{
		Name:   "chat",
		Start:  s.start,
		Phases: []application.Phase{{Name: "listen", Do: s.listen}},
	}
}

// start makes the supervision tree:
//
//	top (rest_for_one)
//	├── rooms       knows who is in which room
//	└── sessions    (simple_one_for_one), one child for each client
//
// Sessions come after the rooms: if the process of the rooms fails, all membership is lost, so the sessions are ended too, and clients connect again.
func (s *server) start(ctx context.Context) (proc.Factory, error) {
	s.rt = application.Runtime(ctx)
	rooms, err := group.New[string](s.rt, "chat.rooms")
	if err != nil {
		return nil, err
	}
	s.rooms = rooms
	sessions, err := supervise.Nested("sessions", supervise.Flags{Strategy: supervise.SimpleOneForOne}, supervise.Spec{
		ID:      "session",
		New:     func(arg any) proc.Machine { return &session{srv: s, conn: arg.(net.Conn)} },
		Restart: supervise.Temporary, // a connection that is lost cannot be restarted
	})
	if err != nil {
		return nil, err
	}
	sessions.Options = []proc.SpawnOption{proc.WithName(sessionsName)}
	return supervise.New(supervise.Flags{Strategy: supervise.RestForOne}, supervise.Spec{ID: "rooms", Factory: rooms.Factory()}, sessions)
}

// listen opens the server. ctx is done when the application is about to stop: so no new client comes while sessions end.
func (s *server) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if s.ln, err = lc.Listen(ctx, "tcp", s.cfg.Addr); err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { s.ln.Close() })
	go s.accept(ctx)
	return nil
}

// accept starts a session for each client. It runs on an ordinary goroutine, because it waits for the network.
func (s *server) accept(ctx context.Context) {
	for {
		conn, err := s.ln.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return
		}
		if err == nil {
			if err = s.startSession(ctx, conn); err != nil {
				conn.Close()
			}
		}
		if err != nil { // out of file descriptors, or the sessions are being restarted: no reason to end, but to slow down
			s.rt.Logger().Warn("chat: client refused", slog.Any("reason", err))
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}
}

func (s *server) startSession(ctx context.Context, conn net.Conn) error {
	sup, ok := s.rt.Whereis(sessionsName)
	if !ok {
		return proc.ErrNoName
	}
	_, err := supervise.StartDynamic(s.rt.Client(ctx), sup, conn)
	return err
}
