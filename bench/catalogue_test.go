package bench

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestCatalogueHasEveryWorkloadAndNoOther compares docs/workloads.md with the registry:
// names, aliases, groups and the flags of each.
func TestCatalogueHasEveryWorkloadAndNoOther(t *testing.T) {
	text, err := os.ReadFile("../docs/workloads.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	names := func(s string) (out []string) {
		for _, m := range quoted.FindAllStringSubmatch(s, -1) {
			out = append(out, m[1])
		}
		return out
	}
	var group string
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			group = strings.ToLower(strings.TrimSpace(heading))
		}
		cells := strings.Split(line, "|")
		if len(cells) != 8 || len(names(cells[1])) == 0 {
			continue
		}
		entry := names(cells[1])
		i := slices.IndexFunc(All(), func(w *Workload) bool { return w.Name == entry[0] })
		if i < 0 {
			t.Errorf("there is no workload %s", entry[0])
			continue
		}
		w := All()[i]
		if seen[w.Name] {
			t.Errorf("%s is there twice", w.Name)
		}
		seen[w.Name] = true
		if string(w.Group) != group {
			t.Errorf("%s is listed under %s, its group is %s", w.Name, group, w.Group)
		}
		if !slices.Equal(entry[1:], w.Aliases) {
			t.Errorf("%s has the aliases %v, its entry %v", w.Name, w.Aliases, entry[1:])
		}
		var knobs []string
		for _, p := range w.Parameters {
			if !slices.Contains([]string{Workers, Duration, Rounds, Messages}, p.Name) && p.Min != p.Max || p.Name == Style {
				knobs = append(knobs, "--"+p.Name)
			}
		}
		if got := names(cells[3]); !sameSet(flagsOf(got), knobs) {
			t.Errorf("%s has the knobs %v, its entry %v", w.Name, knobs, got)
		}
		style, _ := w.parameter(Style)
		for _, c := range style.Choices {
			if c != allStyles && !strings.Contains(cells[3], c) {
				t.Errorf("the entry of %s lacks the style %s", w.Name, c)
			}
		}
		if none := strings.HasPrefix(strings.TrimSpace(cells[5]), "none"); none != (w.twin == nil) {
			t.Errorf("%s: the entry's twin is %q", w.Name, cells[5])
		}
	}
	for _, w := range All() {
		if !seen[w.Name] && w.Name != "broken" {
			t.Errorf("%s is not in docs/workloads.md", w.Name)
		}
	}
}

// flagsOf leaves out what is quoted but no flag.
func flagsOf(s []string) (out []string) {
	for _, x := range s {
		if strings.HasPrefix(x, "--") {
			out = append(out, x)
		}
	}
	return out
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
