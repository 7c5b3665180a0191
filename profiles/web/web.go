// Package web serves what package profiles sees as an http.Handler, which a program mounts where it likes and protects as it must:
//
//	mux.Handle("/debug/thrum/", http.StripPrefix("/debug/thrum", web.Handler(rt)))
//
// It listens nowhere by itself and changes nothing. "loadgen top" shows what it says on a terminal.
package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
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

// Pages is the handler of GET requests to
//
//	/           a page for people, which links the others
//	/processes  the top processes; by=reductions|messages|growth|oldest|memory, n (20), window (1s; 0 for all since they began)
//	/workers    what each worker has done; window (0, since the runtime began)
//	/tree       the supervision tree, and the other processes by who has spawned them; depth (20), children (50) of a node
//	/process    one process; pid (as 1.42.3 or <1.42.3>) or name
//	/warnings   what is wrong, by which rule, and who does it; window (1s)
//	/profile    the processes for go tool pprof, see profiles.WriteTree
//	/spawns     who has spawned them, for go tool pprof, see profiles.WriteSpawns; 404 unless spawns are sampled
//
// All but the first and the last two answer as text, or with format=json as an object of the types of this package. A bad parameter is answered by 400 and a
// text that names it, a process that is not there by 404; 503 says that the runtime has been shut down, or that too many requests wait.
//
// Reading the processes costs time and memory with their number, so there is one reading at a time, which serves all that ask at about the same time; the last one
// is kept to compare the next with, for 15 s and four windows. After a reading there is none for four times as long as it took: windows get
// longer instead. A request whose client goes away ends. docs/profiling.md has figures.
type Pages struct {
	mux      *http.ServeMux
	rt       *proc.Runtime
	look     *looker
	instance string
}

// Handler returns the pages of rt, which must not be nil.
func Handler(rt *proc.Runtime) *Pages {
	s := &Pages{mux: http.NewServeMux(), rt: rt, look: newLooker(rt), instance: rand.Text()[:8]}
	s.mux.HandleFunc("GET /{$}", s.index)
	s.mux.HandleFunc("GET /processes", s.answer(s.processes))
	s.mux.HandleFunc("GET /workers", s.answer(s.workers))
	s.mux.HandleFunc("GET /tree", s.answer(s.tree))
	s.mux.HandleFunc("GET /process", s.answer(s.process))
	s.mux.HandleFunc("GET /warnings", s.answer(s.warnings))
	s.mux.HandleFunc("GET /profile", s.profile)
	s.mux.HandleFunc("GET /spawns", s.spawns)
	return s
}

// ServeHTTP answers a request.
func (s *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	s.mux.ServeHTTP(w, r)
}

// Begun returns how many processes the pages have begun in the runtime, to ask the others.
func (s *Pages) Begun() int {
	n, _ := s.look.cost()
	return n
}

// Close forgets what is kept between two requests, which it waits for. The pages can be used afterwards. Nobody must call it: what is kept is forgotten
// when nobody has asked for long.
func (s *Pages) Close() { s.look.drop() }

func (s *Pages) head(page string) Head {
	return Head{Schema: Schema, Page: page, At: time.Now(), Instance: s.instance}
}

// badRequest is an error of the one who asks.
type badRequest struct{ text string }

func (b badRequest) Error() string { return "profiles/web: " + b.text }

// answer makes a handler of a function that returns what to show as JSON and how to show it as text.
func (s *Pages) answer(get func(*http.Request) (any, func(io.Writer), error)) http.HandlerFunc {
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
		_, _ = w.Write(b.Bytes())
	}
}

func refuse(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	switch bad := (badRequest{}); {
	case errors.As(err, &bad):
		code = http.StatusBadRequest
	case errors.Is(err, proc.ErrNoProc), errors.Is(err, proc.ErrNoSamples):
		code = http.StatusNotFound
	case errors.Is(err, errBusy), errors.Is(err, proc.ErrShutdown), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		code = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, err.Error(), code)
}

// number returns the parameter as a number.
func number(r *http.Request, name string, def, low, high int) (int, error) {
	v := r.FormValue(name)
	if v == "" {
		return def, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		return 0, badRequest{fmt.Sprintf("%s is %q; it must be from %d to %d", name, v, low, high)}
	}
	return n, nil
}

// span returns the window that is asked for.
func span(r *http.Request, def time.Duration) (time.Duration, error) {
	v := r.FormValue("window")
	if v == "" {
		return def, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > maxWindow {
		return 0, badRequest{fmt.Sprintf("window is %q; it must be a duration from 0 to %v, such as 500ms", v, maxWindow)}
	}
	return d, nil
}

func (s *Pages) processes(r *http.Request) (any, func(io.Writer), error) {
	by := profiles.ByReductions
	if v := r.FormValue("by"); v != "" {
		by = profiles.By(v)
	}
	if err := by.Valid(); err != nil {
		return nil, nil, badRequest{err.Error()}
	}
	n, err := number(r, "n", 20, 1, maxTop)
	if err != nil {
		return nil, nil, err
	}
	window, err := span(r, time.Second)
	if err != nil {
		return nil, nil, err
	}
	var reading *profiles.Reading
	if window == 0 {
		reading, err = s.look.fresh(r.Context())
	} else {
		reading, err = s.look.window(r.Context(), window)
	}
	if err != nil {
		return nil, nil, err
	}
	top, err := reading.Top(by, n)
	if err != nil {
		return nil, nil, err
	}
	p := &Processes{Head: s.head("processes"), By: string(by), Window: reading.Span, Read: reading.Processes, ReadTime: reading.Took, Top: []Process{}}
	for _, e := range top {
		p.Top = append(p.Top, describe(e))
	}
	return p, func(w io.Writer) {
		fmt.Fprintf(w, "top %d of %d by %s in %v\n\npid\ttype\tname\tstatus\treductions\tqueue\tgrowth\toldest\tmemory\n",
			len(p.Top), p.Read, by, p.Window.Round(time.Millisecond))
		for _, e := range p.Top {
			fmt.Fprintf(w, "%v\t%s\t%s\t%s\t%d\t%d\t%+d\t%v\t%d\n",
				e.PID, e.Type, plain(e.Name), e.Status, e.Reductions, e.Queue, e.Growth, e.Oldest, e.Memory)
		}
	}, nil
}

// describe is e for JSON.
func describe(e profiles.Entry) Process {
	p := Process{
		PID: e.PID.String(), Type: e.Type, Name: e.Name, Status: e.Status.String(), Reductions: e.Reductions, Queue: e.Messages, Growth: e.Growth,
		Growing: e.Growing, Oldest: e.Oldest, Memory: e.Memory, Bound: e.Bound, Rejected: e.Rejected, Stuck: e.Stuck,
	}
	if e.Parent != 0 {
		p.Parent = e.Parent.String()
	}
	return p
}

// plain is a name as a text may have it: one with tabs, line ends or codes for terminals is quoted.
func plain(name string) string {
	if q := strconv.Quote(name); len(q) != len(name)+2 {
		return q
	}
	return name
}

func (s *Pages) profile(w http.ResponseWriter, r *http.Request) {
	var b bytes.Buffer
	err := s.look.alone(r.Context(), func() (begun, asked int, err error) {
		t, err := profiles.ReadTree(r.Context(), s.rt)
		switch {
		case err == nil:
			return t.Begun, t.Root.Total.Processes, t.WriteProfile(&b)
		case errors.Is(err, proc.ErrShutdown):
			return 0, 0, err
		}
		return 1, 0, err
	})
	if err != nil {
		refuse(w, err)
		return
	}
	attach(w, profiles.FileTree, b.Bytes())
}

// spawns reads no process.
func (s *Pages) spawns(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	if err := profiles.WriteSpawns(&b, s.rt); err != nil {
		refuse(w, err)
		return
	}
	attach(w, profiles.FileSpawns, b.Bytes())
}

// attach answers with a file.
func attach(w http.ResponseWriter, name string, b []byte) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(b)
}
