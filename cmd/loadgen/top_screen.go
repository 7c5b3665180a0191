package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/thrum-go/thrum/profiles/web"
)

// topState is what the keys have chosen.
type topState struct {
	question topQuestion
	paused   bool
	workers  bool // with all their figures
	selected int  // row of the table
	scroll   int  // first line of the tree
	typed    string
	addr     string
	note     string
}

const codeReverse = "\x1b[7m"

// top writes a screen of so many lines, 0 for as many as it takes.
func (c *canvas) top(s *topSnapshot, st *topState, rows int) {
	c.topHeader(s, st)
	switch st.question.view {
	case viewHelp:
		c.topHelp()
		return
	case viewTree:
		c.topTree(s, st, rows)
		return
	case viewDetails:
		c.topDetails(s, st)
		return
	}
	c.topWarnings(s, st, rows)
	if st.question.view != viewWarnings {
		c.topTable(s, st, rows)
	}
}

func (c *canvas) topHeader(s *topSnapshot, st *topState) {
	c.line()
	c.paint(codeBold)
	c.str(st.addr)
	c.paint(codePlain)
	c.str("  " + s.workers.At.Format("15:04:05"))
	if st.paused {
		c.str("  PAUSED")
	}
	c.str("  h for help")
	if st.typed != "" {
		c.str("  process " + st.typed)
	}
	missing := ""
	if s.of.sameView(st.question) {
		missing = s.note
	}
	if note := firstLine(st.note + missing); note != "" {
		c.paint(codeRed)
		c.str("  " + note)
		c.paint(codePlain)
	}
	c.line()
	c.whole(int64(s.workers.Processes))
	c.str(" processes")
	for _, f := range []struct {
		name string
		of   func(*web.Counters) uint64
	}{
		{"messages", func(t *web.Counters) uint64 { return t.Messages }}, {"spawned", func(t *web.Counters) uint64 { return t.Spawned }},
		{"ended", func(t *web.Counters) uint64 { return t.Exited }}, {"dead letters", func(t *web.Counters) uint64 { return t.DeadLetters }},
	} {
		c.str("  ")
		if r := s.rate(f.of); r >= 0 {
			c.amount(r)
		} else {
			c.rune('-')
		}
		c.str(" " + f.name + "/s")
	}
	if s.workers.Spare > 0 {
		c.str(fmt.Sprintf("  %d handlers without a worker", s.workers.Spare))
	}
	busy := s.busy()
	c.workers(busy)
	if !st.workers {
		return
	}
	c.line()
	c.str("worker      busy   queue   turns/s    msgs/s  steals/s   parks/s")
	for i, w := range s.workers.Workers {
		var was web.Counters
		if i < len(s.before.Workers) {
			was = s.before.Workers[i]
		}
		d := max(1e-9, s.workers.At.Sub(s.before.At).Seconds())
		c.line()
		c.str(fmt.Sprintf("%6d  %7.1f%%  %6d", i, 100*busy[i], w.Queue))
		for k, n := range []uint64{w.Turns - was.Turns, w.Messages - was.Messages, w.Steals - was.Steals, w.Parks - was.Parks} {
			c.to(24 + 10*k + 3)
			c.amount(float64(n) / d)
		}
	}
}

// topWarnings writes those that there are, some of them beside other things.
func (c *canvas) topWarnings(s *topSnapshot, st *topState, rows int) {
	all := s.warnings.Warnings
	alone := st.question.view == viewWarnings
	if alone && len(all) == 0 {
		c.line()
		c.str("nothing to warn of")
	}
	for i, w := range all {
		if !alone && rows > 0 && i == 4 {
			c.line()
			c.str(fmt.Sprintf("and %d more warnings (! shows them)", len(all)-i))
			break
		}
		c.line()
		c.paint(codeRed)
		c.str("! " + w.Rule + ": ")
		c.paint(codePlain)
		c.str(w.Text)
	}
}

// amountText is a number with three digits, brief a time with as many.
func amountText(v float64) string {
	n := canvas{cols: 32}
	n.amount(v)
	return string(n.buf)
}

func brief(d time.Duration) string {
	if d <= 0 {
		return "0"
	}
	n := canvas{cols: 32}
	n.short(d.Nanoseconds())
	return string(n.buf)
}

func (c *canvas) topTree(s *topSnapshot, st *topState, rows int) {
	c.line()
	c.line()
	c.paint(codeBold)
	for _, t := range []string{"procs", "queue", "oldest", "memory"} {
		c.right(t, 9)
	}
	c.paint(codePlain)
	if same := s.of.sameView(st.question); s.tree == nil || s.tree.Root == nil || !same {
		c.line()
		if !same || s.note == "" {
			c.str("the tree is being read")
		}
		return
	}
	at := 0
	var walk func(n *web.Node, depth int)
	walk = func(n *web.Node, depth int) {
		if at++; at > st.scroll && (rows == 0 || c.lines < rows) {
			c.line()
			for _, t := range []string{amountText(float64(n.Processes)), amountText(float64(n.Queue)), brief(n.Oldest), amountText(float64(n.Memory))} {
				c.right(t, 9)
			}
			c.str(strings.Repeat("  ", depth))
			if n.Status != "" || n.Restarts > 0 {
				c.paint(codeRed)
			}
			c.str(n.Line())
			c.paint(codePlain)
		}
		for _, ch := range n.Children {
			if ch != nil {
				walk(ch, depth+1)
			}
		}
		if n.More > 0 {
			if at++; at > st.scroll && (rows == 0 || c.lines < rows) {
				c.line()
				c.to(36 + 2*(depth+1))
				c.str(fmt.Sprintf("and %d more", n.More))
			}
		}
	}
	walk(s.tree.Root, 0)
}

func (c *canvas) topDetails(s *topSnapshot, st *topState) {
	c.line()
	if same := s.of.sameView(st.question); s.details == nil || !same {
		c.line()
		if !same || s.note == "" {
			c.str("process " + st.question.pid + " is being read")
		}
		return
	}
	for _, l := range s.details.Lines() {
		c.line()
		c.cell(l[0], 16)
		c.str(l[1])
	}
}

func (c *canvas) topHelp() {
	c.line()
	for _, l := range []string{
		"q            end", "p, space     pause", "r m g o b    sort by reductions, messages, growth, oldest message, bytes of memory",
		"t            supervision tree, with arrows up and down", "w            figures of each worker", "!            all warnings",
		"up, down     choose a process; enter shows it", "1 2 ..       the number of a process, then enter", "esc          back to the processes",
		"", "reds/s       reductions (messages, sends and time) a second in the last window", "growth       of the mailbox in the window",
		"oldest       how long the oldest message has waited: the best sign of a process that is too slow",
	} {
		c.line()
		c.str(l)
	}
}

// plainTop is a screen as text, without codes.
func plainTop(s *topSnapshot, st *topState) []byte {
	c := canvas{cols: 240, ascii: !unicodeTerminal()}
	none := *st
	none.selected = -1
	c.top(s, &none, 0)
	var out bytes.Buffer
	for _, l := range strings.Split(string(c.buf), codeEraseLine+"\r\n") {
		out.WriteString(strings.TrimRight(l, " ") + "\n")
	}
	return bytes.ReplaceAll(out.Bytes(), []byte("  h for help"), nil)
}
