package profiles

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/proc"
)

const patience = 60 * time.Second

func begin(t *testing.T) (*proc.Runtime, context.Context) {
	t.Helper()
	rt, err := proc.New(proc.Config{Workers: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() {
		if err := rt.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	})
	return rt, ctx
}

type leaf struct{}

func (leaf) Handle(*proc.Ctx, proc.Message) error { return nil }

// parent spawns three linked leaves.
type parent struct{}

func (parent) Init(c *proc.Ctx) error {
	for range 3 {
		if _, err := c.SpawnLink(func() proc.Machine { return leaf{} }); err != nil {
			return err
		}
	}
	return nil
}

func (parent) Handle(*proc.Ctx, proc.Message) error { return nil }

func find(n *Node, path ...string) *Node {
	for _, f := range path {
		var next *Node
		for _, c := range n.Children {
			if c.Frame == f {
				next = c
			}
		}
		if n = next; n == nil {
			return nil
		}
	}
	return n
}

func TestTreeProfileHasSupervisionPathsThatPprofReads(t *testing.T) {
	rt, ctx := begin(t)
	if _, err := rt.Start(ctx, func() proc.Machine { return parent{} }, proc.WithName("front")); err != nil {
		t.Fatal(err)
	}
	for { // until the leaves, which nobody has waited for, have begun
		tree, err := ReadTree(ctx, rt)
		if err != nil {
			t.Fatal(err)
		}
		if n := find(tree.Root, "front (profiles.parent)", "profiles.leaf"); n != nil && n.Own.Processes == 3 {
			break
		}
	}
	var b bytes.Buffer
	if err := WriteTree(&b, rt); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), FileTree)
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	leaves := int64(0)
	for _, s := range p.Sample {
		var path []string
		for i := len(s.Location) - 1; i >= 0; i-- {
			path = append(path, s.Location[i].Line[0].Function.Name)
		}
		if strings.Join(path, " > ") == "(runtime) > front (profiles.parent) > profiles.leaf" {
			leaves += s.Value[0]
			if got := s.Label[proc.LabelType]; len(got) != 1 || got[0] != "profiles.leaf" {
				t.Errorf("label of the leaves is %q", got)
			}
		}
	}
	if leaves != 3 {
		t.Errorf("%d leaves below front, want 3:\n%v", leaves, p)
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go tool here")
	}
	for _, index := range []string{"processes", "oldest"} {
		out, err := exec.Command(tool, "tool", "pprof", "-top", "-cum", "-nodefraction=0", "-sample_index="+index, file).CombinedOutput()
		if err != nil {
			t.Fatalf("-sample_index=%s: %v\n%s", index, err, out)
		}
		if index == "processes" && !strings.Contains(string(out), "front (profiles.parent)") {
			t.Errorf("-top does not name the parent:\n%s", out)
		}
	}
}

func TestTreeCountsProcessesWithoutAKnownPlace(t *testing.T) {
	info := func(pid, parent proc.PID, typ string) proc.Info {
		return proc.Info{PID: pid, Parent: parent, Type: typ, Messages: 1, Oldest: time.Duration(pid)}
	}
	stuck := info(7, 0, "S")
	stuck.Status = proc.Stuck
	root := build([]proc.Info{
		info(1, 0, "A"), info(2, 1, "B"), info(3, 1, "B"), info(4, 99, "C"), info(5, 6, "D"), info(6, 5, "E"), stuck,
	})
	if v := root.Total; v.Processes != 7 || v.Messages != 7 || v.Oldest != 7 {
		t.Errorf("total is %+v", v)
	}
	for want, path := range map[int][]string{
		3: {"A"}, 2: {"A", "B"}, 1: {FrameStuck, "S"},
	} {
		if n := find(root, path...); n == nil || n.Total.Processes != want {
			t.Errorf("%v has %+v, want %d processes", path, n, want)
		}
	}
	if n := find(root, FrameGone, "C"); n == nil || n.PID != 4 {
		t.Errorf("a process whose parent has ended is at %+v", n)
	}
	if n := find(root, FrameCycle); n == nil || n.Total.Processes != 2 {
		t.Errorf("processes that are their own ancestors are at %+v", n)
	}
}

func TestTreeOfALongChainOrOfManyNamesStaysSmall(t *testing.T) {
	var infos []proc.Info
	for i := range 10_000 {
		infos = append(infos, proc.Info{PID: proc.PID(i + 1), Parent: proc.PID(i), Type: "link"})
		infos = append(infos, proc.Info{PID: proc.PID(i + 20_001), Type: "named", Name: strings.Repeat("n", i%5000+1)})
	}
	root := build(infos)
	nodes, deepest := 0, 0
	(&Tree{Root: root}).All(func(n *Node) bool {
		nodes++
		deepest = max(deepest, n.depth)
		return true
	})
	if root.Total.Processes != 20_000 || nodes > maxDepth+maxNamed+10 || deepest > maxDepth+1 {
		t.Errorf("%d processes in %d nodes, %d deep", root.Total.Processes, nodes, deepest)
	}
}

func TestReadTreeRefusesClearly(t *testing.T) {
	rt, _ := begin(t)
	if _, err := rt.Spawn(func() proc.Machine { return leaf{} }); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTree(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "rt is nil") {
		t.Errorf("nil runtime: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadTree(ctx, rt); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
}
