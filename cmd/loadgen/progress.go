package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/thrum-go/thrum/bench"
)

// progress tells on stderr how far the work is: one repainted line on a terminal,
// a line for each step elsewhere. It is told between measurements, so it never
// works while one is running.
type progress struct {
	mu    sync.Mutex // Ctrl-C speaks from a goroutine of its own
	out   *os.File
	live  bool
	began time.Time
	width int    // of what stands on the live line
	last  string // the step told last
}

// lineWidth is the most that fits any terminal.
const lineWidth = 79

func newProgress(out *os.File) *progress {
	return &progress{out: out, live: repaintable(out), began: time.Now()}
}

// step returns the listener for setting i of n.
func (p *progress) step(i, n int) bench.Progress {
	return func(e bench.Event) {
		head := fmt.Sprintf("[%*d/%d] %s", len(fmt.Sprint(n)), i, n, e.Label)
		if e.Rows > 1 {
			head += fmt.Sprintf(" (row %d of %d)", e.Row, e.Rows)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.live {
			if head != p.last {
				fmt.Fprintln(p.out, head)
			}
			p.last = head
			return
		}
		what := e.Phase
		if e.Round > 0 && e.Rounds > 1 {
			what = fmt.Sprintf("round %d of %d, %s", e.Round, e.Rounds, e.Phase)
		}
		p.paint(fmt.Sprintf("%s: %s  %ds", head, what, int(time.Since(p.began).Seconds())))
	}
}

// paint puts text in place of the live line. Carriage return and spaces are
// understood by every terminal, escape codes are not.
func (p *progress) paint(text string) {
	if r := []rune(text); len(r) > lineWidth {
		text = string(r[:lineWidth])
	}
	width := utf8.RuneCountInString(text)
	fmt.Fprintf(p.out, "\r%s%s", text, strings.Repeat(" ", max(0, p.width-width)))
	p.width = width
}

// clear takes the live line away, so that the results start on an empty one.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
}

func (p *progress) wipe() {
	if p.live && p.width > 0 {
		p.paint("")
		fmt.Fprint(p.out, "\r")
	}
}

// say prints a line of its own.
func (p *progress) say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
	fmt.Fprintf(p.out, "loadgen: %s\n", text)
}
