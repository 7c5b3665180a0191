package report

import (
	"strings"
	"unicode/utf8"
)

// bands divides the columns that are used among tables that fit into most characters, each of which begins with the first column.
func bands(used []bool, width []int, most int) [][]int {
	out := [][]int{{0}}
	wide := width[0]
	for c := 1; c < len(used); c++ {
		if !used[c] {
			continue
		}
		last := len(out) - 1
		if most > 0 && wide+2+width[c] > most && len(out[last]) > 1 {
			out = append(out, []int{0})
			last, wide = last+1, width[0]
		}
		out[last] = append(out[last], c)
		wide += 2 + width[c]
	}
	return out
}

// tableLine is a line of a table with these columns.
func tableLine(cells []string, band, width []int) string {
	var b strings.Builder
	for _, c := range band {
		pad := strings.Repeat(" ", width[c]-utf8.RuneCountInString(cells[c]))
		if c == 0 {
			b.WriteString(cells[c] + pad) // names to the left, figures to the right
		} else {
			b.WriteString("  " + pad + cells[c])
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// fold breaks a line between words where it is longer than most characters, 0 for never. What is broken off is indented.
func fold(line string, most int) string {
	if most <= 0 || visible(line) <= most {
		return line
	}
	const indent = "  "
	var b strings.Builder
	at := 0
	for i, word := range strings.Split(line, " ") {
		n := visible(word)
		switch {
		case i == 0:
		case at+1+n > most && at > len(indent):
			b.WriteString("\n" + indent)
			at = len(indent)
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}

// visible is how many characters are seen of a text with colours.
func visible(s string) int {
	n := utf8.RuneCountInString(s)
	for _, code := range []string{bold, yellow, red, plain} {
		n -= strings.Count(s, code) * len(code)
	}
	return n
}

// refill breaks a legend into lines of at most so many characters; 0 leaves it as it is.
func refill(legend string, most int) string {
	if most <= 0 || most >= legendWide {
		return legend
	}
	var out strings.Builder
	name, what := "", ""
	flush := func() {
		if what != "" {
			out.WriteString(entryIn(name, what, max(most, 2*legendLeft)))
		}
	}
	for l := range strings.Lines(legend) {
		head, rest := l[:min(legendLeft, len(l))], l[min(legendLeft, len(l)):]
		if strings.TrimSpace(head) != "" {
			flush()
			name, what = strings.TrimSpace(head), rest
		} else {
			what += " " + rest
		}
	}
	flush()
	return out.String()
}
