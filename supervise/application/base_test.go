package application

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// patience is how long a test waits for what must happen. No test passes because time has gone by.
const patience = 60 * time.Second

var errFault = errors.New("fault")

// journal is what applications write down, in the order in which they do.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.lines
	j.lines = nil
	return l
}

// worker writes down when it begins and ends.
type worker struct {
	name string
	j    *journal
}

func (w *worker) Init(c *proc.Ctx) error {
	c.TrapExit(true)
	w.j.add("%s begins", w.name)
	return nil
}

func (w *worker) Handle(_ *proc.Ctx, m proc.Message) error {
	if e, ok := m.Body.(proc.Exit); ok {
		return e.Reason
	}
	return nil
}

func (w *worker) Terminate(*proc.Ctx, error) { w.j.add("%s ends", w.name) }

// world is a runtime with a controller.
type world struct {
	*testing.T
	rt  *proc.Runtime
	k   proc.Client
	ctl proc.PID
	j   *journal
	log *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func begin(t *testing.T, apps ...App) *world {
	t.Helper()
	w := &world{T: t, j: &journal{}, log: &safeBuffer{}}
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.NewTextHandler(w.log, nil))})
	w.must(err)
	ctx, cancel := context.WithTimeout(context.Background(), 10*patience) // for all calls of the test
	t.Cleanup(func() {
		defer cancel()
		end, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := rt.Shutdown(end); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	w.rt, w.k = rt, rt.Client(ctx)
	w.ctl, err = StartController(w.k, nil, nil)
	w.must(err)
	for _, a := range apps {
		w.must(Load(w.k, w.ctl, a))
	}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// app is an application with one worker, that writes down what happens to it.
func app(j *journal, name string, needs ...string) App {
	return App{
		Name: name, Needs: needs,
		Start: func(context.Context) (proc.Factory, error) {
			j.add("%s start", name)
			return supervise.New(supervise.Flags{}, supervise.Spec{ID: "worker", Factory: func() proc.Machine { return &worker{name, j} }})
		},
		PrepStop: func(context.Context) error { j.add("%s prep stop", name); return nil },
		Stop:     func(context.Context) error { j.add("%s stop", name); return nil },
	}
}

// load loads one application after change has changed it.
func (w *world) load(name string, change func(a *App), needs ...string) {
	w.Helper()
	a := app(w.j, name, needs...)
	if change != nil {
		change(&a)
	}
	w.must(Load(w.k, w.ctl, a))
}

func (w *world) start(names ...string) {
	w.Helper()
	_, err := EnsureAllStarted(w.k, w.ctl, names...)
	w.must(err)
}

// says checks what the applications have written down since the last time.
func (w *world) says(want ...string) {
	w.Helper()
	if got := w.j.take(); !slices.Equal(got, want) {
		w.Fatalf("it was written down:\n%q\nwant\n%q", got, want)
	}
}

// saysBeside is says for a line that comes once, at any time, beside all others.
func (w *world) saysBeside(line string, rest ...string) {
	w.Helper()
	got := w.j.take()
	others := slices.DeleteFunc(slices.Clone(got), func(l string) bool { return l == line })
	if len(others) != len(got)-1 || !slices.Equal(others, rest) {
		w.Fatalf("it was written down:\n%q\nwant, once and anywhere, %q, and\n%q", got, line, rest)
	}
}

// info returns the Info of an application.
func (w *world) info(name string) Info {
	w.Helper()
	l, err := Which(w.k, w.ctl)
	w.must(err)
	for _, f := range l {
		if f.App.Name == name {
			return f
		}
	}
	w.Fatalf("there is no %q", name)
	return Info{}
}

// becomes waits until an application is in a state.
func (w *world) becomes(name string, s State) {
	w.Helper()
	for end := time.Now().Add(patience); w.info(name).State != s; {
		if time.Now().After(end) {
			w.Fatalf("%q is %v, and does not become %v", name, w.info(name).State, s)
		}
	}
}

// alone waits until there are no processes but n.
func (w *world) alone(n int) {
	w.Helper()
	count := func() (k int) {
		for range w.rt.Processes() {
			k++
		}
		return k
	}
	for end := time.Now().Add(patience); count() != n; {
		if time.Now().After(end) {
			w.Fatalf("there are %d processes left, want %d", count(), n)
		}
	}
}

// reason waits for the end of a process, by a wait that begins before f is called.
func (w *world) reason(pid proc.PID, f func()) error {
	w.Helper()
	got := make(chan error, 1)
	watching := make(chan bool)
	_, err := w.rt.Go(func(self *proc.Self) error {
		if _, err := self.Monitor(pid); err != nil {
			return err
		}
		close(watching)
		got <- self.Receive().Body.(proc.Down).Reason
		return nil
	})
	w.must(err)
	<-watching
	f()
	select {
	case r := <-got:
		return r
	case <-time.After(patience):
		w.Fatalf("%v does not end", pid)
		return nil
	}
}

// lines are the lines of an application's start or orderly stop.
func starts(names ...string) (l []string) {
	for _, n := range names {
		l = append(l, n+" start", n+" begins")
	}
	return l
}

func stops(names ...string) (l []string) {
	for _, n := range names {
		l = append(l, n+" prep stop", n+" ends", n+" stop")
	}
	return l
}
