package main

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise/application"
)

// config says how the server works.
type config struct {
	Addr         string
	Shards       int
	Timeout      time.Duration // of one command
	Idle         time.Duration // a client that sends nothing for so long is disconnected
	WriteTimeout time.Duration // a client that takes so long to read a reply too
	MaxLine      int           // bytes of a command
}

func defaults() config {
	return config{Addr: "127.0.0.1:7001", Shards: 4, Timeout: time.Second, Idle: 5 * time.Minute, WriteTimeout: 3 * time.Second, MaxLine: 64 << 10}
}

// server is the network side. A connection has no state that others ask for, and nobody sends to it, so it needs no process: a goroutine reads a
// command, asks a shard, and writes the reply. That also bounds what one client can have under way to one command.
type server struct {
	cfg   config
	store *store
	log   *slog.Logger
	ln    net.Listener
	conns sync.WaitGroup
}

func newServer(cfg config) *server { return &server{cfg: cfg} }

// app describes the server as an application: the shards first, then the listener; at the end the listener and its connections first, then the shards.
func (s *server) app() application.App {
	return application.App{
		Name: "kv",
		Start: func(ctx context.Context) (proc.Factory, error) {
			rt := application.Runtime(ctx)
			s.store, s.log = newStore(rt, s.cfg.Shards), rt.Logger()
			return s.store.tree()
		},
		Phases: []application.Phase{{Name: "listen", Do: s.listen}},
		PrepStop: func(context.Context) error {
			s.close()
			return nil
		},
		Stop: func(context.Context) error {
			s.close() // for the case that the shards have failed too often
			return nil
		},
	}
}

func (s *server) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if s.ln, err = lc.Listen(ctx, "tcp", s.cfg.Addr); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	s.conns.Go(func() {
		defer cancel() // the listener is closed: the connections end too
		s.accept(ctx)
	})
	return nil
}

// close ends the listener and the connections, each after the command that it is at.
func (s *server) close() {
	if s.ln != nil {
		s.ln.Close()
	}
	s.conns.Wait()
}

func (s *server) accept(ctx context.Context) {
	for {
		conn, err := s.ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // out of file descriptors, for example
			s.log.Warn("kv: client refused", slog.Any("reason", err))
			time.Sleep(50 * time.Millisecond)
			continue
		}
		s.conns.Go(func() { s.serve(ctx, conn) })
	}
}

// serve deals with one client until it leaves or ctx is done.
func (s *server) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) }) // ends a Read that waits
	defer stop()
	in, out := bufio.NewScanner(conn), bufio.NewWriter(conn)
	in.Buffer(make([]byte, 0, min(512, s.cfg.MaxLine)), s.cfg.MaxLine)
	for {
		conn.SetReadDeadline(time.Now().Add(s.cfg.Idle))
		if ctx.Err() != nil || !in.Scan() { // looked at after the deadline was set, so that it cannot undo that of stop
			break
		}
		commandCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Timeout)
		reply := s.store.run(commandCtx, in.Text())
		cancel()
		if s.reply(conn, out, reply) != nil {
			return
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		s.reply(conn, out, "ERR line is too long")
	}
}

func (s *server) reply(conn net.Conn, out *bufio.Writer, text string) error {
	conn.SetWriteDeadline(time.Now().Add(s.cfg.WriteTimeout))
	out.WriteString(text)
	out.WriteByte('\n')
	return out.Flush()
}
