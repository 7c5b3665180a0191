package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/thrum-go/thrum/bench/report"
)

// output is one form of the results, and the file it goes to; without one, stdout.
type output struct{ form, file string }

// outputs are all that are asked for; none means text on stdout.
type outputs []output

// String implements pflag.Value.
func (o *outputs) String() string {
	var parts []string
	for _, x := range *o {
		if x.file == "" {
			parts = append(parts, x.form)
		} else {
			parts = append(parts, x.form+"="+x.file)
		}
	}
	return strings.Join(parts, " ")
}

// Type implements pflag.Value.
func (o *outputs) Type() string { return "form[=file]" }

// Set implements pflag.Value; each use of the flag adds one.
func (o *outputs) Set(s string) error {
	form, file, named := strings.Cut(s, "=")
	switch {
	case !slices.Contains(report.Forms, form):
		return fmt.Errorf("it takes %s, as text or json=FILE", report.OneOf(report.Forms))
	case named && file == "":
		return fmt.Errorf("the name of the file is missing, as in %s=FILE", form)
	}
	for _, x := range *o {
		if x.file == file && file == "" {
			return fmt.Errorf("%s goes to stdout already; give one of them a file, as %s=FILE", x.form, form)
		}
		if file != "" && x.file != "" && filepath.Clean(x.file) == filepath.Clean(file) {
			return fmt.Errorf("%s goes to that file already", x.form)
		}
	}
	*o = append(*o, output{form, file})
	return nil
}

// listForm returns the form of a list, which knows text and json alone.
func (o outputs) listForm() (string, error) {
	switch {
	case len(o) == 0:
		return "text", nil
	case len(o) > 1 || o[0].file != "" || o[0].form != "text" && o[0].form != "json":
		return "", usagef("--output is %q: this command prints text or json, one of them, on stdout", &o)
	}
	return o[0].form, nil
}

// write writes the report everywhere. When a file cannot be written, text goes to
// stdout unless something else did: nothing that was measured is lost.
func write(rep report.Report, sinks []*sink, stdout *os.File, o *options) error {
	var failures []error
	printed := false
	for _, s := range sinks {
		if s.path == "" && s.stream == nil {
			if err := rep.Write(stdout, s.form, o.style(stdout)); err != nil {
				failures = append(failures, fmt.Errorf("writing the results to stdout: %w", err))
			} else {
				printed = true
			}
			continue
		}
		if err := s.fill(rep); err != nil {
			failures = append(failures, fmt.Errorf("writing the results to %s: %w", s.file, cause(err)))
		}
	}
	if len(failures) > 0 && !printed {
		if err := rep.Write(stdout, "text", o.style(stdout)); err != nil {
			failures = append(failures, fmt.Errorf("writing the results to stdout: %w", err))
		}
	}
	return errors.Join(failures...)
}
