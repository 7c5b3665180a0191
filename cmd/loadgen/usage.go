package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/thrum-go/thrum/internal/similar"
)

// usageError is a command line that cannot be obeyed. It says which part, and what
// would be right.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// flagError words what the flag parser found: the flag, its value and what would
// be right.
func flagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &missing):
		f := missing.GetFlag()
		return usagef("--%s needs a value: %s", f.Name, f.Usage)
	case errors.As(err, &invalid):
		return usagef("--%s is %q: %v", invalid.GetFlag().Name, invalid.GetValue(), invalid.Unwrap())
	}
	return usagef("%v; %q explains the flags", err, cmd.CommandPath()+" --help")
}

func unknownFlag(cmd *cobra.Command, unknown *pflag.NotExistError) error {
	name := unknown.GetSpecifiedName()
	written := "--" + name
	if unknown.GetSpecifiedShortnames() != "" {
		written = "-" + name
	}
	if !cmd.HasParent() {
		subs := cmd.Commands()
		if run, _, err := cmd.Find([]string{"run"}); err == nil {
			subs = append([]*cobra.Command{run}, subs...) // of several that have the flag, the one that is meant as a rule
		}
		for _, sub := range subs {
			f := sub.Flags().Lookup(name)
			if f == nil && len(name) == 1 {
				f = sub.Flags().ShorthandLookup(name)
			}
			if f != nil {
				return usagef("%s belongs to a command: loadgen %s %s ...", written, sub.Use, written)
			}
		}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := nearest(name, names); near != "" {
		return usagef("there is no flag %s; did you mean --%s?", written, near)
	}
	return usagef("there is no flag %s; %q names them", written, cmd.CommandPath()+" --help")
}

// nearest returns the name that differs least from what was written, or nothing.
func nearest(written string, names []string) string { return similar.Nearest(written, names) }
