package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"sync"
	"time"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/profiles/web"
)

// betweenRounds is the header of the answers when no runtime is there.
const betweenRounds = "X-Thrum-Between-Rounds"

// server shows the runtime under measurement to "loadgen top", and the program to go tool pprof.
type server struct {
	http *http.Server
	addr string

	mu      sync.Mutex
	pages   *web.Pages
	round   context.Context // ends before the runtime does
	end     context.CancelFunc
	answers sync.WaitGroup // under way
}

// checkServe refuses addresses that others can reach unless they are written out: the pages tell what runs to whoever asks.
func checkServe(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return usagef("--serve is %q: %v; it takes a host and a port, as 127.0.0.1:6070, or 127.0.0.1:0 for any free port", addr, err)
	}
	if ip := net.ParseIP(host); host == "" || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usagef("--serve is %q, which others could reach; it takes an address of this machine only, as 127.0.0.1:6070", addr)
	}
	return nil
}

// serve begins to listen.
func serve(addr string, stderr io.Writer) (*server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--serve: %w", err)
	}
	s := &server{addr: l.Addr().String()}
	mux := http.NewServeMux()
	mux.Handle(topPath, http.StripPrefix(strings.TrimSuffix(topPath, "/"), http.HandlerFunc(s.show)))
	for path, f := range map[string]http.HandlerFunc{
		"": pprof.Index, "cmdline": pprof.Cmdline, "profile": pprof.Profile, "symbol": pprof.Symbol, "trace": pprof.Trace,
	} {
		mux.HandleFunc("/debug/pprof/"+path, s.during(f))
	}
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	// A connection that stays open is goroutines that stay, which would be taken for the workload's.
	s.http.SetKeepAlivesEnabled(false)
	go func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintf(stderr, "loadgen: --serve: %v\n", err)
		}
	}()
	return s, nil
}

// show begins to listen if that is asked for; otherwise it returns nil, which shows nothing.
func (o *options) show(stderr io.Writer) (*server, error) {
	if o.serve == "" {
		return nil, nil
	}
	if err := checkServe(o.serve); err != nil {
		return nil, err
	}
	return serve(o.serve, stderr)
}

// announce tells where to look.
func (s *server) announce(live *progress) {
	if s != nil {
		live.say("to see the processes: loadgen top " + s.addr)
	}
}

// attach shows the runtimes of a measurement.
func (s *server) attach(w *bench.Watch) {
	if s != nil {
		w.Runtime = s.runtime
	}
}

// close ends it.
func (s *server) close() {
	if s != nil {
		_ = s.http.Close()
	}
}

// runtime is bench.Watch.Runtime: it shows rt until end, which waits for the answers under way.
func (s *server) runtime(rt *proc.Runtime) (end func() (begun int)) {
	pages := web.Handler(rt)
	s.mu.Lock()
	s.pages = pages
	s.round, s.end = context.WithCancel(context.Background())
	s.mu.Unlock()
	return func() int {
		s.mu.Lock()
		s.pages = nil
		s.end()
		s.mu.Unlock()
		s.answers.Wait()
		pages.Close()
		return pages.Begun()
	}
}

// enter counts an answer that the end of the round waits for.
func (s *server) enter() (pages *web.Pages, round context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pages != nil {
		s.answers.Add(1)
	}
	return s.pages, s.round
}

func (s *server) show(w http.ResponseWriter, r *http.Request) {
	s.during(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		pages := s.pages
		s.mu.Unlock()
		if pages == nil {
			between(w)
			return
		}
		pages.ServeHTTP(&roundWriter{w, r.Context()}, r)
	})(w, r)
}

// roundWriter tells those whose answer the end of a round has cut off why.
type roundWriter struct {
	http.ResponseWriter
	ctx context.Context
}

// WriteHeader implements http.ResponseWriter.
func (w *roundWriter) WriteHeader(code int) {
	if code == http.StatusServiceUnavailable && w.ctx.Err() != nil {
		w.Header().Set(betweenRounds, "1")
	}
	w.ResponseWriter.WriteHeader(code)
}

func between(w http.ResponseWriter) {
	w.Header().Set(betweenRounds, "1")
	w.Header().Set("Retry-After", "1")
	http.Error(w, "loadgen: between two rounds: there is no runtime at the moment; each round has one of its own", http.StatusServiceUnavailable)
}

// during has f answer while a round runs. What takes long, as a profile, ends with the round.
func (s *server) during(f http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		pages, round := s.enter()
		if pages == nil {
			between(w)
			return
		}
		defer s.answers.Done()
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(round, cancel)()
		f(w, r.WithContext(ctx))
	}
}
