package main

import "time"

// Glyphs of bars and sparklines, by height.
var (
	blocks      = []rune(" ▁▂▃▄▅▆▇█")
	asciiBlocks = []rune(" .:-=+*#@")
)

func (c *canvas) glyphs() []rune {
	if c.ascii {
		return asciiBlocks
	}
	return blocks
}

// Layout of a frame.
const (
	captionWide = 9  // of the first column
	barWide     = 10 // of a worker's bar
	workerWide  = 20 // of a worker: number, bar, share
	maxWorkers  = 16 // with a bar each; more have a glyph each
	narrowest   = 40 // columns below which a single line is all there is
)

// frame writes all that is known, some lines.
func (c *canvas) frame(s *state, now time.Time) {
	c.title(s, now)
	c.caption("rate")
	switch {
	case s.event.Phase == "twin":
		c.str("not known of a twin")
		c.to(captionWide + 21)
	case s.n > 0:
		c.rate(s.last.Rate())
	}
	c.to(captionWide + 14)
	c.sparkline(s)
	if s.timed {
		c.caption("latency")
		c.latency(&s.fine)
	}
	if len(s.last.Busy) > 0 && s.event.Phase != "twin" {
		c.workers(s.last.Busy)
	}
	if s.loaded {
		c.caption("load")
		c.load(s.last.Backlog, s.last.Lag, s.drops)
	}
}

// title writes what runs and for how long.
func (c *canvas) title(s *state, now time.Time) {
	c.line()
	c.paint(codeBold)
	c.str(s.head)
	c.paint(codePlain)
	c.str("  ")
	c.phase(s.event)
	c.str("  ")
	c.span(now.Sub(s.began))
	if left, known := s.left(now); known {
		c.str(", about ")
		c.span(left)
		c.str(" left")
	}
}

// single writes the most that is worth one line.
func (c *canvas) single(s *state, now time.Time) {
	c.line()
	c.str(s.head)
	c.str(": ")
	c.phase(s.event)
	if s.n > 0 {
		c.str("  ")
		c.rate(s.last.Rate())
	}
	c.str("  ")
	c.span(now.Sub(s.began))
}

func (c *canvas) caption(text string) {
	c.line()
	c.paint(codeDim)
	c.str(text)
	c.paint(codePlain)
	c.to(captionWide)
}

// sparkline draws the latest rates, from 0 to the highest of them.
func (c *canvas) sparkline(s *state) {
	shown := min(s.n, history, c.cols-c.at)
	top := 0.0
	for i := s.n - shown; i < s.n; i++ {
		top = max(top, s.rates[i%history])
	}
	for i := s.n - shown; i < s.n; i++ {
		c.rune(c.height(s.rates[i%history], top))
	}
}

// height returns the glyph for v of top.
func (c *canvas) height(v, top float64) rune {
	g := c.glyphs()
	if top <= 0 || v <= 0 {
		return g[0]
	}
	return g[1+min(len(g)-2, int(v/top*float64(len(g)-2)+0.5))]
}

// workers draws how busy each is: a bar each, or a glyph where they are many.
func (c *canvas) workers(busy []float64) {
	c.caption("workers")
	if len(busy) > maxWorkers {
		sum := 0.0
		for _, b := range busy {
			sum += b
		}
		c.percent(sum / float64(len(busy)))
		c.str(" of ")
		c.whole(int64(len(busy)))
		c.str("  ")
		for _, b := range busy {
			c.rune(c.height(b, 1))
		}
		return
	}
	for w, b := range busy {
		if c.at > captionWide && c.at+workerWide > c.cols {
			c.caption("")
		}
		column := c.at
		c.whole(int64(w))
		c.to(column + 3)
		c.bar(b)
		c.rune(' ')
		c.percent(b)
		c.to(column + workerWide)
	}
}

func (c *canvas) bar(share float64) {
	full, empty := '█', '░'
	if c.ascii {
		full, empty = '#', '.'
	}
	for i := range barWide {
		if float64(i)+0.5 <= share*barWide {
			c.rune(full)
		} else {
			c.rune(empty)
		}
	}
}
