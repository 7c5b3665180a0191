package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/profiles"
)

func begin(t *testing.T) *proc.Runtime {
	t.Helper()
	rt, err := proc.New(proc.Config{Workers: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = rt.Shutdown(ctx)
	})
	return rt
}

func get(s *proc.Runtime, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Handler(s).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestPagesShowTheProcesses(t *testing.T) {
	rt := begin(t)
	busy, err := rt.Start(t.Context(), proc.Of(func(*proc.Ctx, proc.Message) error { return nil }), proc.WithName("busy"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Start(t.Context(), proc.Of(func(*proc.Ctx, proc.Message) error { return nil })); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if err := rt.Send(busy, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := rt.Info(busy); err != nil {
		t.Fatal(err)
	}
	var top []profiles.Entry
	for deadline := time.Now().Add(time.Minute); ; {
		w := get(rt, "/processes?format=json&window=0&n=1")
		if err := json.Unmarshal(w.Body.Bytes(), &top); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		if len(top) == 1 && top[0].PID == busy && top[0].Name == "busy" && top[0].Reductions >= 1000 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("top is %+v", top)
		}
	}
	for path, want := range map[string]string{
		"/processes?window=1ms": "busy", "/processes?by=oldest&window=0": "oldest", "/workers": "reductions", "/workers?format=json": "BusyTime",
		"/tree": "busy (", "/tree?format=json": `"name":"busy"`,
	} {
		if w := get(rt, path); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, %s", path, w.Code, w.Body)
		}
	}
	p, err := profile.ParseData(get(rt, "/profile").Body.Bytes())
	if err != nil || len(p.Sample) != 2 {
		t.Errorf("profile: %v, %v", p, err)
	}
}

func TestBadRequestsAreRefusedByName(t *testing.T) {
	rt := begin(t)
	for path, want := range map[string]string{
		"/processes?by=x": "by is", "/processes?n=0": "n is", "/processes?window=1h": "window is", "/tree?format=xml": "format is",
	} {
		if w := get(rt, path); w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, %s", path, w.Code, w.Body)
		}
	}
	s := &server{rt: rt, reading: make(chan struct{}, 1)}
	s.reading <- struct{}{}
	w := httptest.NewRecorder()
	s.profile(w, httptest.NewRequest("GET", "/profile", nil))
	if w.Code != 503 {
		t.Errorf("a second reader gets %d", w.Code)
	}
}
