package main

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/thrum-go/thrum/bench"
)

// canvas is text on its way to a terminal: lines of at most cols columns. Its memory is used again and again, because
// what painting allocates would count for the workload that is measured meanwhile.
type canvas struct {
	buf   []byte
	cols  int
	at    int // columns used in the line under way
	lines int // begun
	color bool
	ascii bool
	room  [32]byte // of a number
}

// Escape codes that take no columns.
const (
	codeBold  = "\x1b[1m"
	codeDim   = "\x1b[2m"
	codeRed   = "\x1b[31m"
	codePlain = "\x1b[0m"

	codeEraseLine = "\x1b[K" // to its end
	codeEraseDown = "\x1b[J" // to the end of the screen
)

// line begins a line.
func (c *canvas) line() {
	if c.lines > 0 {
		c.buf = append(c.buf, codeEraseLine+"\r\n"...)
	}
	c.lines++
	c.at = 0
}

// str adds as much of s as fits the line. What would steer the terminal is left out: names come from files.
func (c *canvas) str(s string) {
	for _, r := range s {
		c.rune(r)
	}
}

func (c *canvas) rune(r rune) {
	if c.at >= c.cols {
		return
	}
	if r < ' ' || r >= 0x7f && r < 0xa0 {
		r = '?'
	}
	c.buf = utf8.AppendRune(c.buf, r)
	c.at++
}

// to adds blanks up to a column.
func (c *canvas) to(column int) {
	for c.at < min(column, c.cols) {
		c.rune(' ')
	}
}

// paint adds a code, if there is to be colour.
func (c *canvas) paint(code string) {
	if c.color {
		c.buf = append(c.buf, code...)
	}
}

// decimal adds a number with some places behind the point.
func (c *canvas) decimal(v float64, places int) {
	for _, b := range strconv.AppendFloat(c.room[:0], v, 'f', places, 64) {
		c.rune(rune(b))
	}
}

// scales are the units of large numbers.
var scales = []struct {
	from float64
	unit rune
}{{1e9, 'G'}, {1e6, 'M'}, {1e3, 'k'}}

// amount adds a number with three digits, as 45.2M.
func (c *canvas) amount(v float64) {
	for _, s := range scales {
		if v >= s.from*0.9995 {
			c.digits(v / s.from)
			c.rune(s.unit)
			return
		}
	}
	c.decimal(v, 0)
}

// digits adds a number below a thousand with three digits.
func (c *canvas) digits(v float64) {
	places := 2
	switch {
	case v >= 99.95:
		places = 0
	case v >= 9.995:
		places = 1
	}
	c.decimal(v, places)
}

func (c *canvas) rate(v float64) {
	c.amount(v)
	c.str(" msg/s")
}

func (c *canvas) percent(share float64) {
	c.decimal(share*100, 0)
	c.rune('%')
}

func (c *canvas) whole(n int64) {
	for _, b := range strconv.AppendInt(c.room[:0], n, 10) {
		c.rune(rune(b))
	}
}

// seconds adds a time with a tenth of a second.
func (c *canvas) seconds(d time.Duration) {
	c.decimal(d.Seconds(), 1)
	c.rune('s')
}

// span adds a time in whole seconds, as 1h02m, 3m05s or 12s.
func (c *canvas) span(d time.Duration) {
	s := int64(d / time.Second)
	pair := func(a int64, unit rune, b int64, next rune) {
		c.whole(a)
		c.rune(unit)
		if b < 10 {
			c.rune('0')
		}
		c.whole(b)
		c.rune(next)
	}
	switch {
	case s >= 3600:
		pair(s/3600, 'h', s/60%60, 'm')
	case s >= 60:
		pair(s/60, 'm', s%60, 's')
	default:
		c.whole(s)
		c.rune('s')
	}
}

// short adds a latency in the unit that suits it.
func (c *canvas) short(ns int64) {
	switch v := float64(ns); {
	case v >= 1e9:
		c.digits(v / 1e9)
		c.str("s")
	case v >= 1e6:
		c.digits(v / 1e6)
		c.str("ms")
	case v >= 1e3:
		c.digits(v / 1e3)
		c.str("µs")
	default:
		c.whole(ns)
		c.str("ns")
	}
}

// latency adds percentiles; those of too few samples are missing.
func (c *canvas) latency(f *bench.LatencyFigures) {
	if f.P50 != nil {
		c.str("p50 ")
		c.short(*f.P50)
		c.str("  ")
	}
	if f.P99 != nil {
		c.str("p99 ")
		c.short(*f.P99)
		c.str("  ")
	}
	c.str("max ")
	c.short(f.Max)
}

// load adds how a given rate is kept.
func (c *canvas) load(backlog int64, lag time.Duration, dropped int64) {
	c.str("backlog ")
	c.whole(backlog)
	c.str("  lag ")
	c.short(int64(lag))
	c.str("  dropped ")
	if dropped > 0 {
		c.paint(codeRed)
	}
	c.whole(dropped)
	c.paint(codePlain)
}

// phase adds where in its row a measurement is.
func (c *canvas) phase(e bench.Event) {
	if e.Round > 0 && e.Rounds > 1 {
		c.str("round ")
		c.whole(int64(e.Round))
		c.str(" of ")
		c.whole(int64(e.Rounds))
		c.str(", ")
	}
	c.str(e.Phase)
}
