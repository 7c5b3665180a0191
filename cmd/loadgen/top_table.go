package main

import (
	"fmt"

	"github.com/thrum-go/thrum/profiles/web"
)

// Columns of the table, and how wide they are. Where there is no room for all and nameRoom, those with the highest rank are left out first; what is
// sorted by is never left out.
var topColumns = []struct {
	title, by string
	wide      int
	rank      int
}{{"PID", "", 15, 0}, {"reds/s", "reductions", 8, 1}, {"queue", "messages", 8, 2}, {"growth", "growth", 8, 5}, {"oldest", "oldest", 8, 3}, {"memory", "memory", 8, 6}, {"status", "", 9, 4}}

const (
	topNumber = 4  // columns for the number of a process
	nameRoom  = 24 // columns for its name or type
)

// topShown says which columns there is room for.
func topShown(cols int, by string) (shown [7]bool) {
	room := topNumber + nameRoom
	for i, col := range topColumns {
		shown[i] = true
		room += col.wide
	}
	for rank := len(topColumns) - 1; rank > 0 && room > cols; rank-- {
		for i, col := range topColumns {
			if col.rank == rank && col.by != by {
				shown[i] = false
				room -= col.wide
			}
		}
	}
	return shown
}

func (c *canvas) topTable(s *topSnapshot, st *topState, rows int) {
	c.line()
	c.line()
	c.paint(codeBold)
	c.str("  # ")
	shown := topShown(c.cols, s.processes.By)
	left := func(i int) bool { return topColumns[i].title == "PID" || topColumns[i].title == "status" }
	for i, col := range topColumns {
		title := col.title
		if col.by == s.processes.By && col.by != "" {
			title += "*"
		}
		switch {
		case !shown[i]:
		case left(i):
			c.cell(title, col.wide)
		default:
			c.right(title, col.wide)
		}
	}
	c.str("name or type")
	c.paint(codePlain)
	seconds := s.processes.Window.Seconds()
	for i, p := range s.processes.Top {
		if rows > 0 && c.lines >= rows {
			return
		}
		c.line()
		if i == st.selected {
			c.paint(codeReverse)
		}
		c.str(fmt.Sprintf("%3d ", i+1))
		for k, text := range topRow(&p, seconds) {
			switch {
			case !shown[k]:
			case left(k):
				c.cell(text, topColumns[k].wide)
			default:
				c.right(text, topColumns[k].wide)
			}
		}
		if p.Name != "" {
			c.str(p.Name + " ")
		}
		c.str(p.Type)
		c.paint(codePlain)
	}
	if len(s.processes.Top) == 0 {
		c.line()
		c.str("no processes")
	}
}

// topRow is what topColumns show of a process.
func topRow(p *web.Process, seconds float64) [7]string {
	reds := "-"
	if seconds > 0 {
		reds = amountText(float64(p.Reductions) / seconds)
	}
	growth := amountText(float64(max(p.Growth, -p.Growth)))
	switch {
	case p.Growth > 0:
		growth = "+" + growth
	case p.Growth < 0:
		growth = "-" + growth
	}
	return [7]string{p.PID, reds, amountText(float64(p.Queue)), growth, brief(p.Oldest), amountText(float64(p.Memory)), p.Status}
}

// cell writes text into a column that is left-aligned, and right into one that is right-aligned.
func (c *canvas) cell(text string, wide int) {
	at := c.at
	if r := []rune(text); len(r) >= wide {
		text = string(r[:wide-1])
	}
	c.str(text)
	c.to(at + wide)
}

func (c *canvas) right(text string, wide int) {
	at := c.at
	c.to(at + wide - 1 - len([]rune(text)))
	c.str(text)
	c.to(at + wide)
}
