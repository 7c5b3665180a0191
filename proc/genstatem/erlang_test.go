package genstatem

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

var record = flag.Bool("record", false, "run the scripts on Erlang, which must be installed, and write testdata/erlang.txt anew")

const (
	recorded     = "testdata/erlang.txt"
	recordedSize = 120 // scripts
)

// erlangTerm writes a script for testdata/actor.escript.
func erlangTerm(w *strings.Builder, seed uint64, enter bool) {
	fmt.Fprintf(w, "{%d,%v,{", seed, enter)
	for n := range callbacks {
		if n > 0 {
			w.WriteByte(',')
		}
		fmt.Fprintf(w, "{%s,%s}", erlangActs(plan(seed, n, false)), erlangActs(plan(seed, n, true)))
	}
	w.WriteString("},[")
	for i, e := range externals(seed) {
		if i > 0 {
			w.WriteByte(',')
		}
		fmt.Fprintf(w, "{$%c,%d}", e.kind, e.id)
	}
	w.WriteString("]}.\n")
}

func erlangActs(acts []act) string {
	result, list := "keep", []string{}
	for _, x := range acts {
		key := [...]string{"timeout", "state_timeout", "{timeout,a}", "{timeout,b}"}
		switch x.op {
		case "next":
			result = fmt.Sprintf("{next,%d}", x.a)
		case "repeat":
			result = "repeat"
		case "postpone", "hibernate":
			list = append(list, x.op)
		case "nopostpone":
			list = append(list, "{postpone,false}")
		case "internal":
			list = append(list, fmt.Sprintf("{next_event,internal,%d}", x.b))
		case "insert":
			list = append(list, fmt.Sprintf("{next_event,%s,%d}", [...]string{"cast", "info"}[x.a], x.b))
		case "zero":
			list = append(list, fmt.Sprintf("{%s,0,%d}", key[x.a], x.b))
		case "long":
			list = append(list, fmt.Sprintf("{%s,3600000,%d}", key[x.a], x.b))
		case "update":
			list = append(list, fmt.Sprintf("{%s,update,%d}", key[x.a], x.b))
		case "cancel":
			list = append(list, fmt.Sprintf("{%s,cancel}", key[x.a]))
		}
	}
	return "{" + result + ",[" + strings.Join(list, ",") + "]}"
}

func runErlang(t *testing.T) {
	t.Helper()
	var w strings.Builder
	for seed := range uint64(recordedSize) {
		erlangTerm(&w, seed, seed%2 == 1)
	}
	file := filepath.Join(t.TempDir(), "scripts")
	ok(t, os.WriteFile(file, []byte(w.String()), 0o600))
	out, err := exec.Command("escript", "testdata/actor.escript", file).Output()
	ok(t, err)
	ok(t, os.WriteFile(recorded, out, 0o644))
}

// The model, and so the machine, has the callbacks that Erlang's own gen_statem has had for the same scripts.
func TestScriptsHaveTheCallbacksThatErlangHasRecorded(t *testing.T) {
	if *record {
		runErlang(t)
	}
	f, err := os.Open(recorded)
	ok(t, err)
	defer f.Close()
	rt := begin(t)
	ctx := waiting(t)
	in, n := bufio.NewScanner(f), 0
	in.Buffer(nil, 1<<20)
	for ; in.Scan(); n++ {
		var seed uint64
		var state int
		_, err := fmt.Sscan(in.Text(), &seed, &state)
		ok(t, err)
		fields := strings.Fields(in.Text())[2:]
		m := &model{seed: seed, enter: seed%2 == 1}
		m.begin()
		m.drain()
		a := &actor{seed: seed, enter: m.enter}
		pid, err := rt.Client(ctx).Start(Factory(func() Handler[int] { return a }))
		ok(t, err)
		calls := make(chan error, 20)
		for _, e := range externals(seed) {
			m.receive(modelEvent{e.kind, e.id})
			message(t, rt, pid, e, calls)
		}
		if m.state != state || joined(m.trace) != joined(fields) {
			t.Errorf("seed %d: the model ends in state %d with\n%s\nErlang in %d with\n%s", seed, m.state, joined(m.trace), state, joined(fields))
		}
		ok(t, Stop(rt.Client(ctx), pid, proc.Normal))
		if joined(a.trace) != joined(fields) {
			t.Errorf("seed %d: the machine has had\n%s\nErlang\n%s", seed, joined(a.trace), joined(fields))
		}
	}
	ok(t, in.Err())
	if n != recordedSize {
		t.Errorf("%d scripts recorded, want %d", n, recordedSize)
	}
}
