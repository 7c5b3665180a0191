package bugs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// declare makes these the bugs that there are, until the test ends, with one of them chosen.
func declare(t *testing.T, chosen string, names ...string) (on []string) {
	before := declared
	t.Cleanup(func() { declared = before })
	t.Setenv(Variable, chosen)
	declared = nil
	for _, name := range names {
		if Seeded(name) {
			on = append(on, name)
		}
	}
	return on
}

func TestOnlyTheBugThatIsNamedIsThere(t *testing.T) {
	names := []string{"mpsc.bug_b", "mpsc.bug_a", "sched.bug_a"}
	if on := declare(t, "mpsc.bug_a", names...); len(on) != 1 || on[0] != "mpsc.bug_a" {
		t.Errorf("there are %q", on)
	}
	if got := strings.Join(Declared("mpsc"), " "); got != "bug_a bug_b" {
		t.Errorf("declared are %q", got)
	}
	if on := declare(t, "", names...); len(on) != 0 {
		t.Errorf("without a name there are %q", on)
	}
}

func TestAnUnknownBugIsRefusedWithTheNamesThatThereAre(t *testing.T) {
	declare(t, "", "mpsc.bug_b", "mpsc.bug_a", "sched.bug_c")
	for _, c := range []struct{ pkg, chosen, want string }{
		{"mpsc", "", ""},
		{"mpsc", "mpsc.bug_a", ""},
		{"mpsc", "sched.bug_unknown_here", ""}, // for sched to refuse
		{"mpsc", "mpsc.bug_c", "it has bug_a, bug_b"},
		{"sched", "sched.", "it has bug_c"},
		{"sched", "bug_c", "packages with bugs are mpsc, sched, proc"},
		{"sched", "supervise.bug_c", "packages with bugs are mpsc, sched, proc"},
		{"supervise", "", "not one of bugs.Packages"},
	} {
		err := check(c.pkg, c.chosen)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %q: %v, want %q", c.pkg, c.chosen, err, c.want)
		}
	}
}

func TestAnUnknownBugEndsTheProgram(t *testing.T) {
	if os.Getenv("THRUM_CHECK") != "" {
		Check("mpsc")
		t.Fatal("it goes on")
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestAnUnknownBugEndsTheProgram$")
	cmd.Env = append(os.Environ(), "THRUM_CHECK=1", Variable+"=mpsc.bug_unknown")
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(out), `mpsc has no such bug`) {
		t.Errorf("exit code %d, output %q", code, out)
	}
}

func TestAListThatDiffersFromTheCodeIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, text string
		declared   []string
		want       []string
	}{
		{"equal", "# bug, test\n\nbug_a TestA\nbug_b TestB\n", []string{"bug_a", "bug_b"}, nil},
		{"a bug that is not listed", "bug_a TestA\n", []string{"bug_a", "bug_b"}, []string{"mpsc.bug_b is not listed"}},
		{"a bug that is commented out", "bug_a TestA\n#bug_b TestB\n", []string{"bug_a", "bug_b"}, []string{"mpsc.bug_b is not listed"}},
		{"a bug that there is not", "bug_a TestA\nbug_b TestB\n", []string{"bug_a"}, []string{":2: mpsc has no bug bug_b; it has bug_a"}},
		{"a bug without a test", "bug_a\n", []string{"bug_a"}, []string{`:1: "bug_a": want a bug and the test`, "mpsc.bug_a is not listed"}},
		{"a line of three words", "bug_a TestA TestB\n", []string{"bug_a"}, []string{"want a bug and the test", "mpsc.bug_a is not listed"}},
		{"listed twice", "bug_a TestA\nbug_a TestB\n", []string{"bug_a"}, []string{":2: bug_a is listed twice"}},
		{"declared twice", "bug_a TestA\n", []string{"bug_a", "bug_a"}, []string{"mpsc declares bug_a twice"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			names := []string{"sched.bug_x"}
			for _, d := range c.declared {
				names = append(names, "mpsc."+d)
			}
			declare(t, "", names...)
			path := filepath.Join(t.TempDir(), "list.txt")
			if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
				t.Fatal(err)
			}
			tests, err := ReadList(path, "mpsc")
			if len(c.want) == 0 {
				if err != nil || len(tests) != 2 || tests["bug_a"] != "TestA" || tests["bug_b"] != "TestB" {
					t.Errorf("%v, %v", tests, err)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(c.want) {
				t.Fatalf("%d errors, want %d: %v", len(lines), len(c.want), err)
			}
			for i, w := range c.want {
				if !strings.Contains(lines[i], w) {
					t.Errorf("%q, want %q", lines[i], w)
				}
			}
		})
	}
	if _, err := ReadList(filepath.Join(t.TempDir(), "none"), "mpsc"); err == nil {
		t.Error("a list that is not there is not missed")
	}
}
