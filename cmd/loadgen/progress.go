package main

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// face is how progress is shown.
type face int

const (
	faceNone  face = iota // not at all
	faceLines             // a line for each step, and for each interval of long ones
	faceLine              // one line that is painted over, without escape codes
	faceFrame             // several lines that are painted over
)

// progress tells on stderr how far the work is and what is done in each interval. Those who measure only leave word
// with it: a goroutine of its own paints, so that a terminal that does not read holds nobody up.
type progress struct {
	out  *os.File
	face face
	each time.Duration // --interval; 0: not given
	lap  time.Duration // no interval's line covers less; 0: none are told

	mu    sync.Mutex // over what is known; never held while something is written
	state state
	step  string         // told last, where each step has a line
	joint bench.Interval // not yet told, where intervals have lines

	paint   sync.Mutex // over the screen
	screen  screen
	kick    chan struct{}
	painter sync.WaitGroup
	quit    chan struct{}
	over    sync.Once

	writing atomic.Bool // all is measured
}

// newProgress begins to show, until stop.
func newProgress(out *os.File, o *options) *progress {
	p := &progress{out: out, face: o.face(out), each: time.Duration(o.interval), kick: make(chan struct{}, 1), quit: make(chan struct{})}
	p.state.began = time.Now()
	p.screen = screen{out: out, size: func() (int, int, bool) { return terminalSize(out) }, plain: p.face == faceLine, color: o.colorful(out), ascii: !unicodeTerminal()}
	if p.face >= faceLine {
		p.painter.Go(p.paintAll)
	}
	return p
}

// watch returns those who are to be told of setting i of n. after is what later settings will take, negative when
// nobody knows; long says that a line for each interval is wanted where nothing can be painted over.
func (p *progress) watch(i, n int, after time.Duration, long bool) bench.Watch {
	p.mu.Lock()
	p.state.place, p.state.after = fmt.Sprintf("[%*d/%d] ", len(fmt.Sprint(n)), i, n), after
	p.mu.Unlock()
	w := bench.Watch{Interval: p.each, Progress: p.event}
	if p.face >= faceLine {
		w.Observe = p.observe
	} else {
		w.Observe = p.tell
	}
	if p.face == faceNone || p.face == faceLines && !long && p.each == 0 {
		w.Observe = func(bench.Interval) {}
	}
	return w
}

// event takes word of another phase.
func (p *progress) event(e bench.Event) {
	p.mu.Lock()
	head := p.state.place + e.Label
	if e.Rows > 1 {
		head += fmt.Sprintf(" (row %d of %d)", e.Row, e.Rows)
	}
	fresh := head != p.step
	p.step = head
	p.state.enter(head, e, fresh)
	if fresh {
		p.lap = lap(p.each, e.Left)
	}
	p.joint = bench.Interval{}
	p.mu.Unlock()
	switch {
	case p.face == faceLines && fresh:
		fmt.Fprintln(p.out, head)
	case p.face >= faceLine:
		p.wake()
	}
}

// observe takes word of an interval, for the painter.
func (p *progress) observe(i bench.Interval) {
	p.mu.Lock()
	p.state.note(i)
	p.mu.Unlock()
	p.wake()
}

// wake has the painter look.
func (p *progress) wake() {
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// frameTime is the least time between two paintings.
const frameTime = 250 * time.Millisecond

func (p *progress) paintAll() {
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	var last time.Time
	var view state
	for {
		select {
		case <-p.quit:
			return
		case <-p.kick:
			if time.Since(last) < frameTime {
				continue // the next tick sees it
			}
		case <-ticker.C:
		}
		p.mu.Lock()
		view.copy(&p.state)
		p.mu.Unlock()
		p.paint.Lock()
		if view.place != "" && p.screen.show(&view, time.Now()) {
			last = time.Now()
		}
		p.paint.Unlock()
	}
}

// aside calls print, for results while others are still to come, with the screen empty for as long.
func (p *progress) aside(print func() error) error {
	p.paint.Lock()
	defer p.paint.Unlock()
	p.screen.clear()
	return print()
}

// stop ends the painting and takes away what stands on the screen, so that the results start on an empty line. Further
// word is of no consequence.
func (p *progress) stop() {
	p.over.Do(func() {
		close(p.quit)
		p.painter.Wait()
		p.paint.Lock()
		p.screen.clear()
		p.paint.Unlock()
	})
}

// say prints a line of its own, and ends the painting.
func (p *progress) say(text string) {
	p.stop()
	fmt.Fprintf(p.out, "loadgen: %s\n", text)
}
