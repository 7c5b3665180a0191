package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
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
	return getFrom(Handler(s), path)
}

func getFrom(s *Pages, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
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
	var got Processes
	for deadline := time.Now().Add(time.Minute); ; {
		w := get(rt, "/processes?format=json&window=0&n=1")
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		top := got.Top
		if got.Schema == Schema && got.Read == 2 && len(top) == 1 && top[0].PID == busy.String() && top[0].Name == "busy" && top[0].Reductions >= 1000 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("top is %+v", got)
		}
	}
	for path, want := range map[string]string{
		"/processes?window=1ms": "busy", "/processes?by=oldest&window=0": "oldest", "/workers": "reductions", "/workers?format=json": `"busy_ns"`,
		"/workers?window=1ms": "%", "/tree": "busy <", "/tree?format=json": `"label":"busy"`, "/": "processes?by=oldest", "/process?name=busy": "reductions",
		"/warnings?window=1ms": "nothing to warn of", "/process?format=json&pid=" + busy.String()[1:len(busy.String())-1]: `"links":{"count":0`,
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

// Who has spawned them is known only when it is kept.
func TestSpawnsAreServedOnceTheyAreSampled(t *testing.T) {
	rt := begin(t)
	if w := get(rt, "/spawns"); w.Code != 404 || !strings.Contains(w.Body.String(), "SetSpawnSampling") {
		t.Errorf("without samples: %d, %s", w.Code, w.Body)
	}
	if _, err := rt.SetSpawnSampling(1); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error { return nil })); err != nil {
			t.Fatal(err)
		}
	}
	p, err := profile.ParseData(get(rt, "/spawns").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	spawned := int64(0)
	for _, s := range p.Sample { // of the same stack; those that have not begun yet have no type
		spawned += s.Value[0]
	}
	if spawned != 3 {
		t.Errorf("profile: %v", p)
	}
}

func TestBadRequestsAreRefusedByName(t *testing.T) {
	rt := begin(t)
	for path, want := range map[string]string{
		"/processes?by=x": "growth, oldest or memory", "/processes?n=0": "n is", "/processes?window=1h": "window is", "/tree?format=xml": "format is",
		"/tree?depth=0": "depth is", "/tree?children=x": "children is", "/workers?window=-1s": "window is", "/warnings?window=0": "window is",
		"/process": "give either", "/process?pid=1.2": "pid is", "/process?pid=99.1.1": "pid is", "/process?pid=1.1.1&name=x": "give either",
		"/process?pid=18446744073709551615.1.1": "pid is", "/process?pid=1.999999999999.1": "pid is",
	} {
		if w := get(rt, path); w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, %s", path, w.Code, w.Body)
		}
	}
	if w := get(rt, "/process?name=nobody"); w.Code != 404 || !strings.Contains(w.Body.String(), `"nobody"`) {
		t.Errorf("no such name: %d, %s", w.Code, w.Body)
	}
	w := httptest.NewRecorder()
	Handler(rt).ServeHTTP(w, httptest.NewRequest("POST", "/tree", nil))
	if w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestOneThatHasEndedIsNotFound(t *testing.T) {
	rt := begin(t)
	pid, err := rt.Start(t.Context(), proc.Of(func(*proc.Ctx, proc.Message) error { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	_ = rt.Exit(pid, proc.Kill)
	if _, err := rt.Wait(t.Context(), pid); err != nil {
		t.Fatal(err)
	}
	path := "/process?pid=" + pid.String()[1:len(pid.String())-1]
	if w := get(rt, path); w.Code != 404 {
		t.Errorf("%s: %d, %s", path, w.Code, w.Body)
	}
}

func TestTooManyWaitersAreRefused(t *testing.T) {
	s := Handler(begin(t))
	s.look.turn <- struct{}{} // somebody reads
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	for range maxWaiting + 4 {
		wg.Go(func() {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest("GET", "/profile", nil).WithContext(ctx))
			mu.Lock()
			defer mu.Unlock()
			codes[w.Code]++
			if strings.Contains(w.Body.String(), "too many requests") {
				if codes[-1]++; codes[-1] == 4 {
					cancel() // the clients of the others go away
				}
			}
		})
	}
	wg.Wait()
	if codes[503] != maxWaiting+4 || codes[-1] != 4 {
		t.Errorf("answers: %v", codes)
	}
	<-s.look.turn
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/processes?window=0", nil))
	if w.Code != 200 {
		t.Errorf("afterwards: %d, %s", w.Code, w.Body)
	}
}

func TestOneReadingServesAllThatAskAtTheSameTime(t *testing.T) {
	rt := begin(t)
	if _, err := rt.Start(t.Context(), proc.Of(func(*proc.Ctx, proc.Message) error { return nil })); err != nil {
		t.Fatal(err)
	}
	s := Handler(rt)
	ask := func() *profiles.Reading {
		r, err := s.look.window(t.Context(), time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := ask()
	if first.Span == 0 || s.Begun() != 2 {
		t.Errorf("a first answer with span %v by %d readings, want two", first.Span, s.Begun())
	}
	r, err := s.look.window(t.Context(), time.Hour)
	if err != nil || r != first || s.Begun() != 2 {
		t.Errorf("one that asks for a longer window needs %d readings, %v", s.Begun()-2, err)
	}
	s.Close()
	if s.look.last != nil {
		t.Error("after Close a reading is kept")
	}
}

func TestStatisticsLeaveOutThePagesThemselves(t *testing.T) {
	rt := begin(t)
	for range 100 {
		if _, err := rt.Start(t.Context(), proc.Of(func(*proc.Ctx, proc.Message) error { return nil })); err != nil {
			t.Fatal(err)
		}
	}
	s := Handler(rt)
	for range 10 {
		if _, err := s.look.fresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var st proc.Stats
	for deadline := time.Now().Add(time.Minute); st.Exited < 10; rt.ReadStats(&st) {
		if time.Now().After(deadline) {
			t.Fatalf("%d processes have ended", st.Exited)
		}
	}
	if v := s.readWorkers(); v.Total.Spawned != 100 || v.Total.Exited != 0 || v.Total.Messages != 0 || v.Processes != 100 {
		t.Errorf("%+v", v)
	}
}
