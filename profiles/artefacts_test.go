package profiles

import (
	"bufio"
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/bench"
)

const libraryFile = "lib.pgo"

// sourceFunctions returns the functions of the library's packages, as "proc.(*Ctx).Send", without type parameters.
func sourceFunctions(t *testing.T) map[string]bool {
	t.Helper()
	all := make(map[string]bool)
	files := 0
	for _, p := range libraryPackages {
		err := filepath.WalkDir(filepath.Join("..", p), func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			files++
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			folder, _ := filepath.Rel("..", filepath.Dir(file))
			for _, d := range f.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					all[filepath.ToSlash(folder)+"."+receiver(f)+f.Name.Name] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 50 || !all["proc.(*Ctx).Send"] || !all["mpsc.(*Inbox).Release"] {
		t.Fatalf("%d files and %d functions found, which cannot be all", files, len(all))
	}
	return all
}

// receiver returns "(*T)." or "T.", or nothing for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	typ, pointer := f.Recv.List[0].Type, false
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ, pointer = x.X, true
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			if pointer {
				return "(*" + x.Name + ")."
			}
			return x.Name + "."
		default:
			return ""
		}
	}
}

const prefix = len(module)

// heads match what a profile's name of a function, without its folder, may begin with; closures and what was inlined into them follow.
var heads = []*regexp.Regexp{regexp.MustCompile(`^\(\*\w+\)\.\w+`), regexp.MustCompile(`^\w+\.\w+`), regexp.MustCompile(`^\w+`)}

// sourceName returns the name in the source of a profile's function; "" if the source does not have it.
func sourceName(name string, source map[string]bool) string {
	name = name[prefix:]
	if i := strings.IndexByte(name, '['); i >= 0 { // type arguments may have brackets, dots and slashes of their own
		end, depth := i, 0
		for ; end < len(name); end++ {
			if name[end] == '[' {
				depth++
			} else if name[end] == ']' {
				if depth--; depth == 0 {
					break
				}
			}
		}
		name = name[:i] + name[min(end+1, len(name)):]
	}
	folder, rest, _ := strings.Cut(name, ".")
	for _, h := range heads {
		if found := folder + "." + h.FindString(rest); source[found] {
			return found
		}
	}
	return ""
}

// gone returns those of the profile's functions that the source does not have, heaviest first.
func gone(p *profile.Profile, source map[string]bool) []string {
	weight := make(map[string]int64)
	for _, s := range p.Sample {
		seen := make(map[string]bool)
		for _, loc := range s.Location {
			for _, line := range loc.Line {
				if name := line.Function.Name; !seen[name] {
					seen[name] = true
					weight[name] += s.Value[0]
				}
			}
		}
	}
	var missing []string
	for name := range weight {
		if libraryPackage(name) == "" || sourceName(name, source) == "" {
			missing = append(missing, name)
		}
	}
	slices.SortFunc(missing, func(a, b string) int { return cmp.Or(cmp.Compare(weight[b], weight[a]), strings.Compare(a, b)) })
	return missing
}

func TestLibraryProfileNamesOnlyFunctionsThatExist(t *testing.T) {
	info, err := os.Stat(libraryFile)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= 500_000 {
		t.Errorf("%s has %d bytes, it must have less than 500000", libraryFile, info.Size())
	}
	p, err := parse(libraryFile)
	if err != nil {
		t.Fatal(err)
	}
	source := sourceFunctions(t)
	if missing := gone(p, source); len(missing) > 0 {
		t.Errorf("%s is out of date, make it anew with \"go generate ./profiles\"; the source does not have\n%s", libraryFile, strings.Join(missing, "\n"))
	}
	hot := make(map[string]bool)
	for _, f := range p.Function {
		hot[sourceName(f.Name, source)] = true
		if f.StartLine == 0 || path.IsAbs(f.Filename) || !strings.HasPrefix(f.Filename, libraryPackage(f.Name)+"/") {
			t.Errorf("%s begins in line %d of %q: the compiler needs the line, and nobody a folder of the machine it was made on", f.Name, f.StartLine, f.Filename)
		}
	}
	for _, f := range []string{"proc.(*Ctx).SendWord", "proc.(*process).Run"} {
		if !hot[f] {
			t.Errorf("%s, without which nothing runs, is not in it", f)
		}
	}
	// A function that is renamed tomorrow is found.
	delete(source, "proc.(*Ctx).SendWord")
	if missing := gone(p, source); len(missing) != 1 || missing[0] != module+"proc.(*Ctx).SendWord" {
		t.Errorf("without SendWord in the source, missing are %q", missing)
	}
}

func TestLibraryKeepsTheLibrarysOwnCallsAlone(t *testing.T) {
	f := func(id uint64, name string) *profile.Location {
		return &profile.Location{ID: id, Address: id, Line: []profile.Line{{
			Function: &profile.Function{ID: id, Name: name, Filename: "/home/someone/proc/x.go", StartLine: 1}, Line: int64(id),
		}}}
	}
	deliver, send := f(1, module+"proc.(*Ctx).deliver"), f(2, module+"proc.(*Ctx).SendWord")
	handle, called, run := f(3, "main.(*server).Handle"), f(4, module+"proc.(*Ctx).called"), f(5, module+"proc.(*process).Run")
	turns, benchmark, alloc := f(6, module+"sched.(*Worker).turns"), f(7, module+"bench.(*player).Handle"), f(8, "runtime.mallocgc")
	cpu := func(n int64, stacks ...[]*profile.Location) *profile.Profile {
		p := &profile.Profile{
			SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
			PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 1e7,
			Mapping: []*profile.Mapping{{ID: 1, File: "/home/someone/program"}},
		}
		for _, s := range stacks {
			p.Sample = append(p.Sample, &profile.Sample{Location: s, Value: []int64{n, n * 1e7}, Label: map[string][]string{"user": {"someone"}}})
		}
		return p
	}
	p, err := Library(
		cpu(10, []*profile.Location{alloc, deliver, send, handle, called, run, turns}),
		cpu(90_000, []*profile.Location{send, benchmark, run, turns}, []*profile.Location{run, turns}, []*profile.Location{alloc}),
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckValid(); err != nil {
		t.Error(err)
	}
	got := make(map[string]int64)
	for _, s := range p.Sample {
		var stack []string
		for _, l := range s.Location {
			stack = append(stack, l.Line[0].Function.Name[prefix:])
		}
		got[strings.Join(stack, " < ")] = s.Value[0]
	}
	want := map[string]int64{
		"proc.(*Ctx).deliver < proc.(*Ctx).SendWord": libraryWeight,
		"proc.(*Ctx).called":                         libraryWeight,
		"proc.(*Ctx).SendWord":                       libraryWeight / 2,
		"proc.(*process).Run":                        libraryWeight / 2,
	}
	for stack, n := range want {
		if got[stack] != n {
			t.Errorf("%s has weight %d, want %d", stack, got[stack], n)
		}
	}
	if len(got) != len(want) || strings.Contains(p.String(), "someone") {
		t.Errorf("more is there than wanted:\n%v", p)
	}
}

func TestLibraryRefusesClearly(t *testing.T) {
	heap := &profile.Profile{SampleType: []*profile.ValueType{{Type: "alloc_space", Unit: "bytes"}}}
	empty := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}}, PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"},
	}
	for want, in := range map[string][]*profile.Profile{
		"give at least one":          nil,
		"1 of 1 is no CPU profile":   {heap},
		"1 of 1 has no sample in a ": {empty},
	} {
		if _, err := Library(in...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// benchmarkLine is a line of the benchmark format, with values and their units after the iterations.
var benchmarkLine = regexp.MustCompile(`^Benchmark([A-Z]\w*)(?:(/\S*?))?(?:-\d+)?\s+\d+((?:\s+[0-9.eE+-]+ \S+)+)$`)

func TestBaselinesNameWorkloadsThatExist(t *testing.T) {
	files, err := filepath.Glob("baseline/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no baselines: %v", err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		counts := make(map[string]int)
		config := make(map[string]bool)
		in := bufio.NewScanner(f)
		for n := 1; in.Scan(); n++ {
			line := in.Text()
			if !strings.HasPrefix(line, "Benchmark") {
				if key, _, ok := strings.Cut(line, ": "); ok {
					config[key] = true
				}
				continue
			}
			m := benchmarkLine.FindStringSubmatch(line)
			if m == nil {
				t.Errorf("%s:%d is no line of a benchmark: %q", file, n, line)
				continue
			}
			if _, ok := bench.Find(strings.ToLower(m[1])); !ok {
				t.Errorf("%s:%d: there is no workload %q", file, n, strings.ToLower(m[1]))
			}
			values := strings.Fields(m[3])
			for i := 0; i < len(values); i += 2 {
				if v, err := strconv.ParseFloat(values[i], 64); err != nil || v < 0 {
					t.Errorf("%s:%d: %q is no figure", file, n, values[i])
				}
			}
			counts[m[1]+m[2]]++
		}
		for name, n := range counts {
			if n < 10 {
				t.Errorf("%s: %s is there %d times, benchstat wants 10", file, name, n)
			}
		}
		if len(counts) < 8 || !config["goos"] || !config["cpu"] || !config["commit"] {
			t.Errorf("%s has %d settings and the keys %v; it should have the main workloads, and say goos, cpu and commit", file, len(counts), config)
		}
	}
}
