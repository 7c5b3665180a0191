package main

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// emulator is a terminal as far as progress needs one.
type emulator struct {
	cols, rows      int
	grid            [][]rune
	row, col        int
	wrap, cursor    bool
	wraps, scrolled int
	unknown         []string // codes that it does not know
}

func newEmulator(cols, rows int) *emulator {
	e := &emulator{cols: cols, rows: rows, wrap: true, cursor: true}
	for range rows {
		e.grid = append(e.grid, make([]rune, cols))
	}
	return e
}

func (e *emulator) newline() {
	if e.row+1 < e.rows {
		e.row++
		return
	}
	e.scrolled++
	e.grid = append(e.grid[1:], make([]rune, e.cols))
}

// Write implements io.Writer.
func (e *emulator) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		if strings.HasPrefix(text, "\x1b[") {
			end := 2 + strings.IndexFunc(text[2:], func(r rune) bool { return r >= '@' && r <= '~' })
			e.code(text[2:end], text[end])
			text = text[end+1:]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		text = text[n:]
		switch {
		case r == '\r':
			e.col = 0
		case r == '\n':
			e.newline()
		case r < ' ':
			e.unknown = append(e.unknown, strconv.QuoteRune(r))
		default:
			if e.col >= e.cols {
				e.wraps++
				if !e.wrap {
					e.col = e.cols - 1
				} else {
					e.col = 0
					e.newline()
				}
			}
			e.grid[e.row][e.col] = r
			e.col++
		}
	}
	return len(p), nil
}

func (e *emulator) code(args string, what byte) {
	switch what {
	case 'm':
	case 'A':
		n, _ := strconv.Atoi(args)
		e.row = max(0, e.row-n)
	case 'K':
		clear(e.grid[e.row][min(e.col, e.cols):])
	case 'J':
		clear(e.grid[e.row][min(e.col, e.cols):])
		for r := e.row + 1; r < e.rows; r++ {
			clear(e.grid[r])
		}
	case 'h', 'l':
		switch args {
		case "?7":
			e.wrap = what == 'h'
		case "?25":
			e.cursor = what == 'h'
		default:
			e.unknown = append(e.unknown, args+string(what))
		}
	default:
		e.unknown = append(e.unknown, args+string(what))
	}
}

// text returns what is to be seen, without blanks at the ends.
func (e *emulator) text() string {
	var lines []string
	for _, row := range e.grid {
		var b strings.Builder
		for _, r := range row {
			if r == 0 {
				r = ' '
			}
			b.WriteRune(r)
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// inOrder fails unless the terminal is as a program may leave it.
func (e *emulator) inOrder(t *testing.T) {
	t.Helper()
	e.restored(t)
	if e.wraps > 0 {
		t.Errorf("%d letters beyond the last column", e.wraps)
	}
}

// restored is inOrder for those who may write long lines.
func (e *emulator) restored(t *testing.T) {
	t.Helper()
	if !e.wrap || !e.cursor || e.col != 0 || len(e.unknown) > 0 {
		t.Errorf("breaking lines %t, cursor shown %t in column %d, unknown codes %q", e.wrap, e.cursor, e.col, e.unknown)
	}
}
