package main

import (
	"io"
	"strconv"
	"time"
)

// screen paints frames over one another. Between two of them the cursor rests at the beginning of the first line: a
// terminal that is made narrower may break the lines below anew, but not move that place, so the next frame finds it.
// Whatever else a frame changes (the cursor's visibility, the breaking of lines) it puts back itself, so that a
// program that dies leaves a terminal in order.
type screen struct {
	out   io.Writer
	size  func() (cols, rows int, known bool)
	plain bool // one line, by carriage return and blanks, which every terminal understands
	color bool
	ascii bool

	canvas     canvas
	shown      int // seq of the state on the screen
	second     int64
	cols, rows int
	painted    bool // something stands there
	width      int  // of a plain line
}

// plainWide fits any terminal.
const plainWide = 79

// show paints the state, unless that is what stands on the screen. It says whether it has painted.
func (s *screen) show(view *state, now time.Time) bool {
	second := int64(now.Sub(view.began) / time.Second)
	cols, rows, known := 0, 0, false
	if !s.plain {
		cols, rows, known = s.size()
	}
	if s.painted && view.seq == s.shown && second == s.second && cols == s.cols && rows == s.rows {
		return false
	}
	s.shown, s.second, s.cols, s.rows = view.seq, second, cols, rows
	if !known {
		cols, rows = plainWide+1, 0
	}
	c := &s.canvas
	c.color, c.ascii = s.color && !s.plain, s.ascii
	begin := func() {
		// The last column stays free: what is written there makes some terminals break the line.
		c.buf, c.lines, c.at, c.cols = c.buf[:0], 0, 0, max(0, cols-1)
	}
	if s.plain {
		begin()
		c.buf = append(c.buf, '\r')
		c.single(view, now)
		width := c.at
		c.to(s.width)
		s.width = width
	} else {
		begin()
		s.open()
		c.frame(view, now)
		if c.lines >= rows || cols < narrowest {
			begin()
			s.open()
			c.single(view, now)
		}
		s.close()
	}
	s.painted = true
	s.out.Write(c.buf)
	return true
}

// open hides the cursor and keeps lines from being broken.
func (s *screen) open() { s.canvas.buf = append(s.canvas.buf, "\x1b[?25l\x1b[?7l\r"...) }

// close puts the cursor back to the beginning of the frame and the terminal into order.
func (s *screen) close() {
	c := &s.canvas
	c.buf = append(c.buf, codeEraseLine+codeEraseDown...)
	if up := c.lines - 1; up > 0 {
		c.buf = append(c.buf, "\x1b["...)
		c.buf = strconv.AppendInt(c.buf, int64(up), 10)
		c.buf = append(c.buf, 'A')
	}
	c.buf = append(c.buf, "\r\x1b[?7h\x1b[?25h"...)
}

// clear takes away what was painted.
func (s *screen) clear() {
	if !s.painted {
		return
	}
	s.painted = false
	c := &s.canvas
	c.buf, c.at, c.cols = append(c.buf[:0], '\r'), 0, plainWide
	if s.plain {
		c.to(s.width)
		c.buf = append(c.buf, '\r')
	} else {
		c.buf = append(c.buf, codeEraseDown...)
	}
	s.width = 0
	s.out.Write(c.buf)
}
