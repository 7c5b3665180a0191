package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes the report as a table for documents that people read.
func (r Report) WriteMarkdown(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s\n\n", r.line())
	if len(r.Results) == 0 {
		fmt.Fprintln(b, "nothing was measured")
		return b.Flush()
	}
	used := make([]bool, len(columns))
	for _, x := range r.Results {
		for c, col := range columns {
			used[c] = used[c] || col.cell(x.Result) != ""
		}
	}
	row := func(cell func(c int) string) {
		for c := range columns {
			if used[c] {
				fmt.Fprintf(b, "| %s ", strings.ReplaceAll(cell(c), "|", `\|`))
			}
		}
		fmt.Fprintln(b, "|")
	}
	row(func(c int) string { return columns[c].heading })
	row(func(c int) string {
		if c == 0 {
			return "---"
		}
		return "---:"
	})
	for _, x := range r.Results {
		row(func(c int) string {
			if c == 0 && !x.OK {
				return x.Label + " **check failed**"
			}
			return columns[c].cell(x.Result)
		})
	}
	if lines := r.remarks(Style{}); len(lines) > 0 {
		fmt.Fprintf(b, "\n- %s\n", strings.Join(lines, "\n- "))
	}
	return b.Flush()
}
