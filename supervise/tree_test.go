package supervise

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

func nested(t *testing.T, id string, f Flags, specs ...Spec) Spec {
	t.Helper()
	s, err := Nested(id, f, specs...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) tree(sup proc.PID) *Node {
	w.t.Helper()
	n, err := Tree(w.k, sup)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) health(sup proc.PID) HealthReport {
	w.t.Helper()
	h, err := Health(w.k, sup)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// shape returns the ids in nesting, with statuses that are not running.
func shape(n *Node) string {
	s := n.ID
	if n.Status != StatusRunning {
		s += ":" + n.Status.String()
	}
	if len(n.Children) > 0 {
		list := make([]string, len(n.Children))
		for i, ch := range n.Children {
			list[i] = shape(ch)
		}
		s += "(" + strings.Join(list, " ") + ")"
	}
	return s
}

func TestTreeHasEveryProcessAtAnyDepth(t *testing.T) {
	w := newWorld(t)
	c := nested(t, "c", many(RestForOne), w.worker("d", transient))
	b := nested(t, "b", many(OneForAll), c, w.worker("e", func(s *Spec) { s.Options = []proc.SpawnOption{proc.WithName("ee")} }))
	sup := w.start(many(OneForOne), w.worker("a"), b)
	n := w.tree(sup)
	if got := shape(n); got != "root(a b(c(d) e))" {
		t.Fatalf("tree %s", got)
	}
	d, e := n.Children[1].Children[0].Children[0], n.Children[1].Children[1]
	if d.Machine != "*supervise.worker" || d.Restart != Transient || d.Type != Worker || d.PID == 0 {
		t.Errorf("d is %+v", d)
	}
	if e.Name != "ee" || n.Children[1].Strategy != OneForAll || n.Children[1].Type != Supervisor {
		t.Errorf("e is %+v in %+v", e, n.Children[1])
	}
	text := strings.Split(n.String(), "\n")
	for i, want := range []string{"root ", "├─ a ", "└─ b ", "   ├─ c ", "   │  └─ d ", "   └─ e "} {
		if !strings.HasPrefix(text[i], want) {
			t.Errorf("line %d is %q, want %q", i, text[i], want)
		}
	}
}

func TestTreeCountsRestartsAndKeepsTheReason(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForOne), w.worker("a"), w.worker("b"))
	for range 3 {
		w.crash(w.pid(sup, "a"), errBoom)
	}
	w.eventually("three restarts", func() bool {
		a := w.tree(sup).Children[0]
		return a.Restarts == 3 && a.Status == StatusRunning && a.Reason == errBoom
	})
	if b := w.tree(sup).Children[1]; b.Restarts != 0 || b.Reason != nil {
		t.Errorf("b is %+v", b)
	}
}

func TestTreeAsJSONHasStableFields(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForOne), w.worker("a", transient))
	n := w.tree(sup)
	got, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"root","pid":"` + strings.Trim(sup.String(), "<>") + `","type":"supervisor","machine":"*supervise.supervisor","strategy":"one_for_one","status":"running",` +
		`"restarts":0,"children":[{"id":"a","pid":"` + strings.Trim(n.Children[0].PID.String(), "<>") +
		`","type":"worker","machine":"*supervise.worker","restart":"transient","status":"running","restarts":0}]}`
	if plain := strings.NewReplacer(`\u003c`, "", `\u003e`, "").Replace(string(got)); plain != want {
		t.Errorf("JSON\n%s, want\n%s", plain, want)
	}
}

func TestTreeOfManyDynamicChildrenIsSummedUp(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{Strategy: SimpleOneForOne}, Spec{ID: "conn", New: func(any) proc.Machine { return &quiet{} }})
	if _, err := StartDynamicMany(w.k, sup, make([]any, 1500)); err != nil {
		t.Fatal(err)
	}
	n := w.tree(sup)
	if len(n.Children) != treeDynamic || n.More != 500 {
		t.Errorf("%d children and %d more", len(n.Children), n.More)
	}
	if s := n.String(); strings.Count(s, "\n") != 12 || !strings.HasSuffix(s, "└─ and 1490 more\n") {
		t.Errorf("text:\n%s", s)
	}
}

func TestTreeAndHealthOfWhatIsNoSupervisor(t *testing.T) {
	w := newWorld(t)
	other, _ := w.rt.Start(w.ctx, proc.Of(func(*proc.Ctx, proc.Message) error { return nil }))
	_, err := Tree(w.k, other)
	w.is(err, ErrNoSupervisor)
	_, err = Tree(w.k, 0)
	w.is(err, proc.ErrWrongRuntime)
	_ = w.rt.Exit(other, proc.Kill)
	w.ends(other, nil)
	_, err = Health(w.k, other)
	w.is(err, proc.ErrNoProc)
}

func TestHealthNamesWhatIsRestartingByPathAndReason(t *testing.T) {
	w := newWorld(t)
	slow := many(OneForOne)
	slow.Backoff = &Backoff{Min: patience * 10, Max: patience * 10}
	sup := w.start(many(OneForOne), nested(t, "db", slow, w.worker("conn-3"), w.worker("conn-4", transient)))
	if h := w.health(sup); !h.Healthy || !h.Ready || h.String() != "healthy" {
		t.Errorf("health %+v", h)
	}
	db := w.pid(sup, "db")
	w.crash(w.pid(db, "conn-3"), errBoom)
	w.crash(w.pid(db, "conn-4"), proc.Normal) // has done its work
	w.eventually("conn-3 is restarting", func() bool { return w.health(sup).String() == "root/db/conn-3: restarting: boom" })
	if h := w.health(sup); h.Healthy || !h.Ready {
		t.Errorf("health %+v", h)
	}
}

func TestHealthIsNotReadyWhileTheFirstChildrenStart(t *testing.T) {
	w := newWorld(t)
	open := make(chan struct{})
	f, err := New(many(OneForOne), Spec{ID: "a", Factory: proc.Direct(func(s *proc.Self) error { s.Receive(); return nil })},
		Spec{ID: "b", Factory: func() proc.Machine {
			return &worker{w: w, name: "b", init: func(c *proc.Ctx) error { c.Blocking(func() { <-open }); return nil }}
		}}, w.worker("c"))
	if err != nil {
		t.Fatal(err)
	}
	sup, err := w.rt.Spawn(f)
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("b starts", func() bool {
		h := w.health(sup)
		return !h.Ready && h.String() == "root: starting\nroot/b: starting\nroot/c: starting"
	})
	close(open)
	w.eventually("ready", func() bool { h := w.health(sup); return h.Ready && h.Healthy })
}

func TestHealthOfASupervisorThatDoesNotAnswerIsUnreachable(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForOne), nested(t, "b", many(OneForOne), w.worker("c")))
	b := w.pid(sup, "b")
	if err := sys.Suspend(w.k, b); err != nil {
		t.Fatal(err)
	}
	short := make(chan HealthReport, 1)
	_, err := w.rt.Go(func(s *proc.Self) error { // direct style asks too
		for {
			h, err := Health(s.Client(1e9), sup)
			if errors.Is(err, proc.ErrTimeout) {
				continue // the machine was too busy to serve even the reader
			}
			short <- h
			return err
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if h := <-short; h.String() != "root/b: unreachable" || !h.Ready {
		t.Errorf("health %v", h)
	}
	if err := sys.Resume(w.k, b); err != nil {
		t.Fatal(err)
	}
}
