package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

type idle struct{}

func (idle) Handle(_ *proc.Ctx, m proc.Message) error {
	if err, ok := m.Body.(error); ok {
		return err
	}
	return nil
}

// worker spawns two processes that it is linked to.
type worker struct{ idle }

func (worker) Init(c *proc.Ctx) error {
	for range 2 {
		if _, err := c.SpawnLink(func() proc.Machine { return idle{} }); err != nil {
			return err
		}
	}
	return nil
}

func treeOf(t *testing.T, rt *proc.Runtime, path string) *Node {
	t.Helper()
	w := get(rt, path)
	var v Tree
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || v.Schema != Schema {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return v.Root
}

func (n *Node) child(label string) *Node {
	for _, c := range n.Children {
		if c.Label == label {
			return c
		}
	}
	return &Node{}
}

func TestTreeShowsSupervisorsWithRestartsAndWhatTheirChildrenHaveSpawned(t *testing.T) {
	rt := begin(t)
	nested, err := supervise.Nested("pool", supervise.Flags{Strategy: supervise.OneForAll},
		supervise.Spec{ID: "conn", Factory: func() proc.Machine { return worker{} }})
	if err != nil {
		t.Fatal(err)
	}
	_, err = supervise.Start(rt.Client(t.Context()), supervise.Flags{Intensity: 5, Period: time.Hour}, []supervise.Spec{
		{ID: "store", Factory: func() proc.Machine { return idle{} }, Options: []proc.SpawnOption{proc.WithName("store")}}, nested,
	}, proc.WithName("top"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		if _, err := rt.Start(t.Context(), func() proc.Machine { return idle{} }); err != nil {
			t.Fatal(err)
		}
		if i < 3 { // that the store is restarted
			pid, ok := rt.Whereis("store")
			for deadline := time.Now().Add(time.Minute); !ok; pid, ok = rt.Whereis("store") {
				if time.Now().After(deadline) {
					t.Fatal("store is not restarted")
				}
			}
			_ = rt.Send(pid, errors.New("no disk"))
			if _, err := rt.Wait(t.Context(), pid); err != nil {
				t.Fatal(err)
			}
		}
	}
	var root *Node
	for deadline := time.Now().Add(time.Minute); ; {
		root = treeOf(t, rt, "/tree?format=json")
		store := root.child("top").child("store")
		if store.Restarts == 3 && store.Status == "" && store.Reason == "no disk" && root.Processes == 13 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("store is %+v in %+v", store, root)
		}
	}
	top := root.child("top")
	if top.Processes != 6 || top.Strategy != "one_for_one" || top.PID == "" || top.Restart != "" {
		t.Errorf("the supervisor is %+v", top)
	}
	conn := top.child("pool").child("conn")
	if pool := top.child("pool"); pool.Strategy != "one_for_all" || pool.Processes != 4 || conn.Restart != "permanent" {
		t.Errorf("below it are %+v and %+v", pool, conn)
	}
	if g := conn.child("web.idle"); g.Processes != 2 || g.PID != "" {
		t.Errorf("what the child has spawned is %+v", g)
	}
	if g := root.child("web.idle"); g.Processes != 7 {
		t.Errorf("others are %+v", g)
	}
	if w := get(rt, "/warnings?window=1ms"); !strings.Contains(w.Body.String(), "restarted children 3 times within 1h0m0s, and gives up above 5") {
		t.Errorf("no warning of the restarts: %s", w.Body)
	}
	text := get(rt, "/tree").Body.String()
	if !strings.Contains(text, `, 3 restarts, last for "no disk"`) {
		t.Errorf("the text does not say how often:\n%s", text)
	}
}

func TestTreeIsBoundedAndSaysWhatIsLeftOut(t *testing.T) {
	rt := begin(t)
	var specs []supervise.Spec
	for i := range 60 {
		specs = append(specs, supervise.Spec{ID: fmt.Sprintf("child-%d", i), Factory: func() proc.Machine { return worker{} }})
	}
	if _, err := supervise.Start(rt.Client(t.Context()), supervise.Flags{}, specs, proc.WithName("wide")); err != nil {
		t.Fatal(err)
	}
	wide := treeOf(t, rt, "/tree?format=json&children=10").child("wide")
	if len(wide.Children) != 10 || wide.More != 50 || wide.Processes != 181 {
		t.Errorf("%d children and %d more, %d processes", len(wide.Children), wide.More, wide.Processes)
	}
	if wide = treeOf(t, rt, "/tree?format=json&depth=1").child("wide"); len(wide.Children) != 0 || wide.More != 60 {
		t.Errorf("cut at its depth: %d children and %d more", len(wide.Children), wide.More)
	}
	if text := get(rt, "/tree?children=10").Body.String(); !strings.Contains(text, "and 50 more") {
		t.Errorf("the text does not say what is left out:\n%s", text)
	}
}
