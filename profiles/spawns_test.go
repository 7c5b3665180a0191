package profiles

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/proc"
)

// spawner spawns leaves when told to, the first half of which end.
type spawner struct{ done chan []proc.PID }

func (s spawner) Handle(c *proc.Ctx, m proc.Message) error {
	n := m.Body.(int)
	pids := make([]proc.PID, n)
	for i := range pids {
		pids[i] = leak(c)
	}
	for _, pid := range pids[:n/2] {
		if err := c.Exit(pid, proc.Kill); err != nil {
			return err
		}
	}
	s.done <- pids
	return nil
}

//go:noinline
func leak(c *proc.Ctx) proc.PID {
	pid, err := c.Spawn(func() proc.Machine { return leaf{} })
	if err != nil {
		panic(err)
	}
	return pid
}

func TestSpawnProfileSaysWhoHasSpawnedThoseThatLive(t *testing.T) {
	rt, ctx := begin(t)
	if _, err := Spawns(rt); !errors.Is(err, proc.ErrNoSamples) {
		t.Errorf("without samples: %v", err)
	}
	if _, err := Spawns(nil); err == nil || !strings.Contains(err.Error(), "rt is nil") {
		t.Errorf("no runtime: %v", err)
	}
	if _, err := rt.SetSpawnSampling(-1); err == nil || !strings.Contains(err.Error(), "every is -1") {
		t.Errorf("a bad rate: %v", err)
	}
	if old, err := rt.SetSpawnSampling(1); old != 0 || err != nil {
		t.Fatal(old, err)
	}
	done := make(chan []proc.PID)
	pid, err := rt.Spawn(func() proc.Machine { return spawner{done} })
	if err != nil {
		t.Fatal(err)
	}
	const n = 40
	total := func() (sum, leaked int64) {
		var b bytes.Buffer
		if err := WriteSpawns(&b, rt); err != nil {
			t.Fatal(err)
		}
		p, err := profile.Parse(&b)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Sample {
			sum += s.Value[0]
			if f := s.Location[0].Line[0].Function.Name; strings.HasSuffix(f, "profiles.leak") {
				leaked += s.Value[0]
				if l := s.Label[proc.LabelType]; len(l) != 1 || l[0] != "profiles.leaf" && l[0] != "starting" {
					t.Errorf("label: %q", l)
				}
			}
		}
		return sum, leaked
	}
	if err := rt.Send(pid, n); err != nil {
		t.Fatal(err)
	}
	for _, pid := range (<-done)[:n/2] {
		if _, err := rt.Wait(ctx, pid); err != nil && !errors.Is(err, proc.ErrNoProc) {
			t.Fatal(err)
		}
	}
	sum, leaked := total()
	if leaked != n/2 || sum != n/2+1 {
		t.Errorf("%d processes, %d of leak; want %d and %d", sum, leaked, n/2+1, n/2)
	}
	file := filepath.Join(t.TempDir(), FileSpawns)
	var b bytes.Buffer
	if err := WriteSpawns(&b, rt); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if tool, err := exec.LookPath("go"); err == nil {
		out, err := exec.Command(tool, "tool", "pprof", "-top", "-tagfocus", proc.LabelType+"=leaf", file).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "profiles.leak") {
			t.Errorf("go tool pprof: %v\n%s", err, out)
		}
	}
	if old, err := rt.SetSpawnSampling(0); old != 1 || err != nil {
		t.Error(old, err)
	}
	if _, err := Spawns(rt); !errors.Is(err, proc.ErrNoSamples) {
		t.Errorf("after the end: %v", err)
	}
}

// One in sixteen, chosen at random, stands for as many.
func TestSpawnSamplesAreScaledUp(t *testing.T) {
	rt, _ := begin(t)
	const every, n = 16, 8000
	if _, err := rt.SetSpawnSampling(every); err != nil {
		t.Fatal(err)
	}
	for range n {
		if _, err := rt.Spawn(func() proc.Machine { return leaf{} }); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Spawns(rt)
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, s := range p.Sample {
		sum += s.Value[0]
	}
	// 500 samples with gaps that differ by 0.58 of themselves: their number is off by 13 as a rule, which is 2.6 %.
	if sum < n*80/100 || sum > n*120/100 {
		t.Errorf("%d processes, there are %d", sum, n)
	}
}
