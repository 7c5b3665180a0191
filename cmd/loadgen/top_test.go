package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/profiles/web"
)

// watchedProgram is a program with the pages mounted, and a process called store.
func watchedProgram(t *testing.T) *httptest.Server {
	t.Helper()
	rt, err := proc.New(proc.Config{Workers: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Start(t.Context(), proc.Of(func(*proc.Ctx, proc.Message) error { return nil }), proc.WithName("store")); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(topPath, http.StripPrefix(strings.TrimSuffix(topPath, "/"), web.Handler(rt)))
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		s.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = rt.Shutdown(ctx)
	})
	return s
}

func TestTopPrintsASnapshotOfARunningProgram(t *testing.T) {
	path := build(t, "")
	addr := strings.TrimPrefix(watchedProgram(t).URL, "http://")
	stdout, stderr, code := invoke(t, path, "top", addr, "--interval", "100ms", "--by", "oldest", "-n", "5")
	if code != exitOK || !strings.Contains(stdout, "1 processes") || !strings.Contains(stdout, "store proc.Func") || !strings.Contains(stdout, "oldest*") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if strings.ContainsAny(stdout, "\x1b\r") {
		t.Errorf("codes for a terminal, but there is none: %q", stdout)
	}
	stdout, stderr, code = invoke(t, path, "top", "http://"+addr+"/debug/thrum", "--interval", "100ms", "--json")
	var pages struct {
		Processes web.Processes
		Workers   web.Workers
		Warnings  web.Warnings
	}
	if err := json.Unmarshal([]byte(stdout), &pages); err != nil || code != exitOK || pages.Processes.Top[0].Name != "store" || len(pages.Workers.Workers) < 2 {
		t.Errorf("exit code %d, %v: %s%s", code, err, stdout, stderr)
	}
}

func TestTopSaysWhatIsWrongWithAServer(t *testing.T) {
	path := build(t, "")
	page := func(name string) string {
		return fmt.Sprintf(`{"schema":%q,"page":%q,"at":"2026-01-01T00:00:00Z"`, web.Schema, name)
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"not mounted":  {http.NotFound, "mux.Handle("},
		"another page": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello") }, "no JSON of Thrum's"},
		"another JSON": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"schema":"x\u001b[2J"}`) }, `schema "x?[2J"`},
		"broken off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, page("workers"))
		}, "broken off"},
		"cut JSON":    {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page("workers")) }, "no JSON"},
		"wrong types": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page("workers")+`,"workers":"many"}`) }, "cannot be read"},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			for chunk := make([]byte, 1<<20); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, "more than 32 MiB"},
		"fails": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no\x1b[31m luck\nat all", 500) }, "500 Internal Server Error: no?[31m luck"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(c.answer)
			defer s.Close()
			stdout, stderr, code := invoke(t, path, "top", s.URL, "--once")
			if code != exitInternal || stdout != "" || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "\x1b") {
				t.Errorf("exit code %d: %q %q", code, stdout, stderr)
			}
		})
	}
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	if _, stderr, code := invoke(t, path, "top", s.URL); code != exitInternal || !strings.Contains(stderr, "nobody listens") {
		t.Errorf("exit code %d: %q", code, stderr)
	}
}

func TestTopRefusesWrongUsage(t *testing.T) {
	path := build(t, "")
	for args, want := range map[string]string{
		"top": "needs one address", "top a:1 b:1": "not 2", "top nowhere": "no port", "top ftp://x": "ADDR is", "top http://[::1": "ADDR is",
		"top x:1 --by size": "memory", "top x:1 --interval 1ms": "100ms to 1m", "top x:1 -n 20k": "--lines", "top x:1 -o csv": "--json",
		"run ring --serve 0.0.0.0:0": "this machine only", "run ring --serve 6070": "host and a port", "run ring --serve :6070": "this machine only",
	} {
		if stdout, stderr, code := invoke(t, path, strings.Fields(args)...); code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d: %q %q, want %q", args, code, stdout, stderr, want)
		}
	}
}

// fakeSource answers with what a test has made.
type fakeSource map[string]any

func (f fakeSource) get(_ context.Context, page string, _ url.Values, _ time.Duration) ([]byte, error) {
	if err, ok := f[page].(error); ok {
		return nil, err
	}
	return json.Marshal(f[page])
}

func fakePages() fakeSource {
	at := time.Date(2026, 5, 4, 12, 30, 0, 0, time.UTC)
	head := func(page string) web.Head { return web.Head{Schema: web.Schema, Page: page, At: at, Instance: "A"} }
	return fakeSource{
		"workers": &web.Workers{Head: head("workers"), Processes: 21, Active: 2, Spare: 1, Total: web.Counters{Messages: 300_000, Spawned: 40, Exited: 19},
			Workers: []web.Counters{{Busy: 2 * time.Second, Queue: 3, Turns: 5000}, {Busy: 500 * time.Millisecond}}},
		"processes": &web.Processes{Head: head("processes"), By: "oldest", Window: 2 * time.Second, Read: 21, Top: []web.Process{
			{PID: "<1.0.1>", Type: "*main.store", Name: "store", Status: "running", Reductions: 3622, Queue: 6889, Growth: 2841, Oldest: 561 * time.Millisecond, Memory: 220720},
			{PID: "<1.265.1>", Type: "*main.session", Status: "runnable", Reductions: 168230, Queue: 12, Growth: -4, Oldest: 21 * time.Millisecond, Memory: 776},
			{PID: "<1.266.1>", Type: "evil\x1b[2J\r\n\x9b" + strings.Repeat("x", 5000), Status: "waiting"},
		}},
		"warnings": &web.Warnings{Head: head("warnings"), Warnings: []web.Warning{{Rule: "growing", Text: "store <1.0.1> has a mailbox that has grown in 4 readings in a row; the limit is 3"}}},
		"tree": &web.Tree{Head: head("tree"), Root: &web.Node{Label: "(runtime)", Processes: 21, Queue: 6901, Oldest: 561 * time.Millisecond, Memory: 233984, Children: []*web.Node{
			{Label: "front", PID: "<1.2.1>", Type: "*supervise.supervisor", Strategy: "simple_one_for_one", Processes: 20, Memory: 8688, More: 17, Children: []*web.Node{
				{Label: "session", PID: "<1.265.1>", Type: "*main.session", Restart: "temporary", Processes: 1, Restarts: 2, Reason: "no disk"}}},
		}}},
		"process": &web.Details{Head: head("process"), Process: web.Process{PID: "<1.0.1>", Type: "*main.store", Name: "store", Status: "running", Queue: 6889}, Priority: "normal",
			Parents: []web.Process{{PID: "<1.2.1>", Type: "*supervise.supervisor", Name: "front"}}, Links: web.Ties{Count: 120, PIDs: []string{"<1.2.1>"}}},
	}
}

func TestTopScreensLookLikeThis(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	src := fakePages()
	before := *src["workers"].(*web.Workers)
	before.At = before.At.Add(-2 * time.Second)
	before.Total = web.Counters{Messages: 100_000, Spawned: 30, Exited: 19}
	before.Workers = []web.Counters{{}, {}}
	for name, view := range map[string]topView{"processes": viewProcesses, "tree": viewTree, "details": viewDetails, "warnings": viewWarnings, "help": viewHelp} {
		t.Run(name, func(t *testing.T) {
			st := &topState{addr: "localhost:8080", workers: view == viewWarnings, question: topQuestion{by: "oldest", n: 20, window: 2 * time.Second, view: view, pid: "<1.0.1>"}}
			s, err := st.question.ask(t.Context(), src, &before)
			if err != nil {
				t.Fatal(err)
			}
			got := string(plainTop(s, st))
			if strings.ContainsAny(got, "\x1b\r") {
				t.Errorf("codes come through: %q", got)
			}
			file := filepath.Join("testdata", "top_"+name+".txt")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the screen is\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestTopFitsAnyTerminal(t *testing.T) {
	src := fakePages()
	for _, view := range []topView{viewProcesses, viewTree, viewDetails, viewWarnings, viewHelp} {
		for _, size := range [][2]int{{1, 1}, {2, 40}, {20, 3}, {79, 4}, {500, 60}} {
			st := &topState{addr: "localhost:8080", workers: true, question: topQuestion{view: view, pid: "<1.0.1>"}}
			s, err := st.question.ask(t.Context(), src, nil)
			if err != nil {
				t.Fatal(err)
			}
			c := canvas{cols: size[0]}
			c.top(s, st, size[1])
			lines := strings.Split(string(c.buf), codeEraseLine+"\r\n")
			if c.lines > size[1] {
				lines = strings.Split(string(cutLines(c.buf, size[1])), codeEraseLine+"\r\n")
			}
			if len(lines) > size[1] {
				t.Errorf("view %d has %d lines of %d", view, len(lines), size[1])
			}
			for _, l := range lines {
				if n := len([]rune(l)); n > size[0] {
					t.Errorf("view %d has a line of %d columns of %d", view, n, size[0])
				}
			}
		}
	}
}

func TestTopLeavesColumnsOutWhereThereIsNoRoomForNames(t *testing.T) {
	src := fakePages()
	for _, c := range []struct {
		cols       int
		with, none string
	}{
		{120, "PID reds/s queue growth oldest* memory status name store *main.store", ""},
		{79, "PID reds/s queue oldest* status name store *main.store", "growth memory"},
		{60, "PID reds/s oldest* name store *main.store", "status memory growth"},
		{40, "PID oldest* name store", "reds/s queue status memory growth"},
		{30, "PID oldest*", "reds/s queue status memory growth"},
	} {
		st := &topState{question: topQuestion{by: "oldest"}, selected: -1}
		s, err := st.question.ask(t.Context(), src, nil)
		if err != nil {
			t.Fatal(err)
		}
		canvas := canvas{cols: c.cols}
		canvas.top(s, st, 24)
		_, table, _ := strings.Cut(string(canvas.buf), "  # ")
		for _, x := range strings.Fields(c.with) {
			if !strings.Contains(table, x) {
				t.Errorf("%d columns: no %q in\n%s", c.cols, x, table)
			}
		}
		for _, x := range strings.Fields(c.none) {
			if strings.Contains(table, x) {
				t.Errorf("%d columns: %q in\n%s", c.cols, x, table)
			}
		}
	}
}

func TestTopKeysDoWhatTheHelpSays(t *testing.T) {
	src := fakePages()
	st := &topState{question: topQuestion{by: "reductions"}}
	s, err := st.question.ask(t.Context(), src, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		keys string
		ok   func() bool
	}{
		{"o", func() bool { return st.question.by == "oldest" }},
		{"p", func() bool { return st.paused }},
		{" ", func() bool { return !st.paused }},
		{"t\x1b[B\x1b[B", func() bool { return st.question.view == viewTree && st.scroll == 2 }},
		{"\x1b", func() bool { return st.question.view == viewProcesses }},
		{"2\r", func() bool { return st.question.view == viewDetails && st.question.pid == "<1.265.1>" }},
		{"\x7f\x1b[A\x1b[A\x1b[A\r", func() bool { return st.question.pid == "<1.0.1>" }},
		{"\x1b99999\r", func() bool { return st.question.view == viewProcesses }},
		{"w!h", func() bool { return st.workers && st.question.view == viewHelp }},
		{"\x1b[15~\x1b[\x1bOz\x00\xff", func() bool { return true }},
	} {
		for _, k := range splitKeys(c.keys) {
			if st.key(k, s) {
				t.Errorf("%q ends it", c.keys)
			}
		}
		if !c.ok() {
			t.Errorf("after %q: %+v", c.keys, st)
		}
	}
	if !st.key("q", nil) {
		t.Error("q does not end it")
	}
}

func TestTopShowsTheRestWhenOnePageFails(t *testing.T) {
	src := fakePages()
	src["process"] = errors.New("it has ended")
	q := topQuestion{view: viewDetails, pid: "<1.0.1>"}
	s, err := q.ask(t.Context(), src, nil)
	if err != nil || s.note != "it has ended" || s.details != nil {
		t.Errorf("%v, %+v", err, s)
	}
}

func FuzzTopDecodesAnything(f *testing.F) {
	for page, v := range fakePages() {
		b, _ := json.Marshal(v)
		f.Add(page, b)
	}
	f.Fuzz(func(t *testing.T, page string, b []byte) {
		if !json.Valid(b) {
			b, _ = json.Marshal(string(b))
		}
		src := fakePages()
		if _, ok := src[page]; ok {
			src[page] = json.RawMessage(b)
		}
		for _, view := range []topView{viewProcesses, viewTree, viewDetails} {
			st := &topState{question: topQuestion{view: view}}
			if s, err := st.question.ask(t.Context(), src, nil); err == nil {
				plainTop(s, st)
			}
		}
	})
}
