package report

import (
	"fmt"
	"io"
	"strings"
)

// Forms names the forms a report can be written in.
var Forms = []string{"text", "json", "csv", "md", "html", "bench", "hgrm"}

// Write writes the report in one of Forms. style matters for text alone.
//
// Errors: an unknown form, ErrNoLatency for hgrm, and what the writer says.
func (r Report) Write(w io.Writer, form string, style Style) error {
	switch form {
	case "text":
		return r.WriteText(w, style)
	case "json":
		return r.WriteJSON(w)
	case "csv":
		return r.WriteCSV(w)
	case "md":
		return r.WriteMarkdown(w)
	case "html":
		return r.WriteHTML(w)
	case "bench":
		return r.WriteBenchmark(w)
	case "hgrm":
		return r.WriteHGRM(w)
	}
	return fmt.Errorf("report: there is no form %q; it takes %s", form, OneOf(Forms))
}

// OneOf words a choice.
func OneOf(choices []string) string {
	last := len(choices) - 1
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
