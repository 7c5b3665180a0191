package proc_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The tests that docs/semantics.md names exist, here or in a package that their section names.
func TestEveryGuaranteeHasItsTest(t *testing.T) {
	root := ".."
	text, err := os.ReadFile(filepath.Join(root, "docs", "semantics.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := testsOf(t, root)
	test := regexp.MustCompile("`((?:Test|Fuzz|Example|Benchmark)[A-Za-z0-9_]*)`")
	named := 0
	for _, section := range strings.Split(string(text), "\n## ") {
		for _, m := range test.FindAllStringSubmatch(section, -1) {
			named++
			name, in := m[1], tests[m[1]]
			if len(in) == 0 {
				t.Errorf("docs/semantics.md: there is no %s", name)
				continue
			}
			if !slices.ContainsFunc(in, func(dir string) bool { return dir == "proc" || strings.Contains(section, "`"+dir+"`") }) {
				t.Errorf("docs/semantics.md: %s is in %v, which its section does not say", name, in)
			}
		}
	}
	if named < 100 {
		t.Errorf("docs/semantics.md names %d tests; it must be read wrongly", named)
	}
}

// So do those that the pages of the behaviours name.
func TestEveryGuaranteeOfABehaviourHasItsTest(t *testing.T) {
	root := ".."
	pages, err := filepath.Glob(filepath.Join(root, "docs", "semantics-*.md"))
	if err != nil || len(pages) < 6 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	tests := testsOf(t, root)
	test := regexp.MustCompile("`((?:Test|Fuzz|Example|Benchmark)[A-Za-z0-9_]*)`")
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		named := test.FindAllStringSubmatch(string(text), -1)
		for _, m := range named {
			if len(tests[m[1]]) == 0 {
				t.Errorf("%s: there is no %s", filepath.Base(page), m[1])
			}
		}
		if len(named) < 10 {
			t.Errorf("%s names %d tests; it must be read wrongly", filepath.Base(page), len(named))
		}
	}
}

// testsOf returns the packages, by path, of each test, fuzz test, example and benchmark of the module, whatever its build tags.
func testsOf(t *testing.T, root string) map[string][]string {
	t.Helper()
	tests := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil {
				continue
			}
			if n := fn.Name.Name; strings.HasPrefix(n, "Test") || strings.HasPrefix(n, "Fuzz") || strings.HasPrefix(n, "Example") || strings.HasPrefix(n, "Benchmark") {
				tests[n] = append(tests[n], filepath.ToSlash(dir))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
