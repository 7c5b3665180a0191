package explore

import (
	"fmt"
	"runtime"
	"strings"
)

// Event is one step of an execution.
type Event struct {
	Thread string // its name
	Kind   Kind   // what it did
	Word   string // to which word: the name given by Exec.Name, or one made up; empty if it has none
	Note   string // remarks of Notef
	Where  string // the source position, file:line
}

// FormatTrace returns the steps as a table, one line each.
func FormatTrace(trace []Event) string {
	var b strings.Builder
	name, what := len("thread"), len("operation")
	for _, s := range trace {
		name = max(name, len(s.Thread))
		what = max(what, len(s.operation()))
	}
	for i, s := range trace {
		fmt.Fprintf(&b, "%4d  %-*s  %-*s  %s", i+1, name, s.Thread, what, s.operation(), s.Where)
		if s.Note != "" {
			fmt.Fprintf(&b, "  %s", s.Note)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (s Event) operation() string {
	if s.Word == "" {
		return s.Kind.String()
	}
	return s.Kind.String() + " " + s.Word
}

// traced runs f with a trace being made.
func (e *explorer) traced(f func()) {
	e.tracing, tracing = true, true
	e.names, e.trace, e.record = map[uintptr]string{}, nil, recorder{}
	defer func() { e.tracing, tracing = false, false }()
	f()
}

// recordStep adds the step that t is about to carry out.
func (e *explorer) recordStep(t *thread) {
	s := Event{Thread: t.name, Kind: t.op.kind, Where: t.op.where}
	if t.op.addr != 0 {
		s.Word = e.wordName(t.op.addr)
	}
	t.lastStep = len(e.trace)
	e.trace = append(e.trace, s)
	e.record.step(t.id)
}

// annotate adds what a thread has said since its last step.
func (e *explorer) annotate(t *thread) {
	if !e.tracing || t.lastStep < 0 {
		return
	}
	s := &e.trace[t.lastStep]
	if s.Note != "" {
		s.Note += "; "
	}
	s.Note += t.op.note
}

// wordName returns the name of a word, and makes one up at its first appearance.
func (e *explorer) wordName(addr uintptr) string {
	name, ok := e.names[addr]
	if !ok {
		name = fmt.Sprintf("w%d", len(e.names))
		e.names[addr] = name
	}
	return name
}

// caller returns the source position of the operation being announced: the first one outside of this package and of
// the instrumented types.
func caller() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if !more || !instrumentation(f.Function) || strings.HasSuffix(f.File, "_test.go") {
			return fmt.Sprintf("%s:%d", f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
		}
	}
}

func instrumentation(function string) bool {
	return strings.Contains(function, "/internal/explore.") || strings.Contains(function, "/internal/atomics.")
}
