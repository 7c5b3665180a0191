// Package web serves what package profiles sees as an http.Handler, which a program mounts where it likes and protects as it must:
//
//	mux.Handle("/debug/thrum/", http.StripPrefix("/debug/thrum", web.Handler(rt)))
//
// It listens nowhere by itself and changes nothing.
package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/profiles"
)

// Bounds of what a request can ask for.
const (
	maxWindow = time.Minute
	maxTop    = 10_000
)

// Handler returns a handler of GET requests to
//
//	/processes  the top processes; by=reductions|messages|oldest, n (20), window (1s; 0 for no difference): see profiles.Top
//	/workers    what each worker has done, see proc.Stats
//	/tree       the processes by supervision path, see profiles.Tree
//	/profile    the same for go tool pprof, see profiles.WriteTree
//
// The first three answer as text, or as JSON with format=json. A bad parameter is answered by 400 and a text that names it; 503 says that the
// runtime has been shut down, or that another request is reading the processes: that costs O(processes), so one does at a time.
func Handler(rt *proc.Runtime) http.Handler {
	s := &server{rt: rt, reading: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /processes", s.answer(s.processes))
	mux.HandleFunc("GET /workers", s.answer(s.workers))
	mux.HandleFunc("GET /tree", s.answer(s.tree))
	mux.HandleFunc("GET /profile", s.profile)
	return mux
}

type server struct {
	rt      *proc.Runtime
	reading chan struct{}
}

var errBusy = errors.New("profiles/web: another request is reading the processes; try again")

// badRequest is an error of the one who asks.
type badRequest struct{ text string }

func (b badRequest) Error() string { return "profiles/web: " + b.text }

// one runs f unless another request is at it.
func (s *server) one(f func() error) error {
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
		return f()
	default:
		return errBusy
	}
}

// answer makes a handler of a function that returns what to show as JSON and how to show it as text.
func (s *server) answer(get func(*http.Request) (any, func(io.Writer), error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		format := r.FormValue("format")
		if format != "" && format != "text" && format != "json" {
			refuse(w, badRequest{fmt.Sprintf("format is %q; it must be text or json", format)})
			return
		}
		v, text, err := get(r)
		if err != nil {
			refuse(w, err)
			return
		}
		var b bytes.Buffer
		if format == "json" {
			if err := json.NewEncoder(&b).Encode(v); err != nil {
				refuse(w, err)
				return
			}
			w.Header().Set("Content-Type", "application/json")
		} else {
			tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
			text(tw)
			_ = tw.Flush()
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(b.Bytes())
	}
}

func refuse(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	switch bad := (badRequest{}); {
	case errors.As(err, &bad):
		code = http.StatusBadRequest
	case errors.Is(err, errBusy), errors.Is(err, proc.ErrShutdown), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		code = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, err.Error(), code)
}

func (s *server) processes(r *http.Request) (any, func(io.Writer), error) {
	by, n, window := profiles.ByReductions, 20, time.Second
	if v := r.FormValue("by"); v != "" {
		by = profiles.By(v)
	}
	if by != profiles.ByReductions && by != profiles.ByMessages && by != profiles.ByOldest {
		return nil, nil, badRequest{fmt.Sprintf("by is %q; it must be reductions, messages or oldest", by)}
	}
	var err error
	if v := r.FormValue("n"); v != "" {
		if n, err = strconv.Atoi(v); err != nil || n < 1 || n > maxTop {
			return nil, nil, badRequest{fmt.Sprintf("n is %q; it must be from 1 to %d", v, maxTop)}
		}
	}
	if v := r.FormValue("window"); v != "" {
		if window, err = time.ParseDuration(v); err != nil || window < 0 || window > maxWindow {
			return nil, nil, badRequest{fmt.Sprintf("window is %q; it must be a duration from 0 to %v, such as 500ms", v, maxWindow)}
		}
	}
	var top []profiles.Entry
	err = s.one(func() (err error) {
		top, err = profiles.Top(r.Context(), s.rt, by, n, window)
		return err
	})
	return top, func(w io.Writer) {
		fmt.Fprintf(w, "top %d by %s in %v\n\npid\ttype\tname\tstatus\treductions\tmessages\tgrowth\toldest\tmemory\n", n, by, window)
		for _, e := range top {
			fmt.Fprintf(w, "%v\t%s\t%s\t%s\t%d\t%d\t%+d\t%v\t%d\n",
				e.PID, e.Type, e.Name, e.Status, e.Reductions, e.Messages, e.Growth, e.Oldest, e.Memory)
		}
	}, err
}

func (s *server) workers(*http.Request) (any, func(io.Writer), error) {
	var st proc.Stats
	s.rt.ReadStats(&st)
	return &st, func(w io.Writer) {
		fmt.Fprintf(w, "%d processes, %d workers in use, %d spare; %d handlers found stuck\n\n", st.Processes, st.Active, st.SpareWorkers, st.StuckTotal)
		fmt.Fprint(w, "worker\tbusy\tqueue\tturns\tmessages\treductions\tsteals\tparks\n")
		for i, c := range st.Workers {
			fmt.Fprintf(w, "%d\t%v\t%d\t%d\t%d\t%d\t%d\t%d\n", i, c.BusyTime, c.QueueLen, c.Turns, c.Messages, c.Reductions, c.Steals, c.Parks)
		}
	}, nil
}

func (s *server) read(r *http.Request) (t *profiles.Tree, err error) {
	err = s.one(func() (err error) {
		t, err = profiles.ReadTree(r.Context(), s.rt)
		return err
	})
	return t, err
}

func (s *server) tree(r *http.Request) (any, func(io.Writer), error) {
	t, err := s.read(r)
	return t, func(w io.Writer) {
		fmt.Fprint(w, "processes\tmessages\treductions\toldest\tmemory\t\n")
		depth := map[*profiles.Node]int{t.Root: 0}
		t.All(func(n *profiles.Node) bool {
			v := n.Total
			fmt.Fprintf(w, "%d\t%d\t%d\t%v\t%d\t%s%s\n",
				v.Processes, v.Messages, v.Reductions, v.Oldest, v.Memory, strings.Repeat("  ", depth[n]), n.Frame)
			for _, c := range n.Children {
				depth[c] = depth[n] + 1
			}
			return true
		})
	}, err
}

func (s *server) profile(w http.ResponseWriter, r *http.Request) {
	t, err := s.read(r)
	var b bytes.Buffer
	if err == nil {
		err = t.WriteProfile(&b)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="`+profiles.FileTree+`"`)
	_, _ = w.Write(b.Bytes())
}
