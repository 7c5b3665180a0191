package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/thrum-go/thrum/bench/report"
)

// tags are what the results are marked with, as branch=main.
type tags map[string]string

// String implements pflag.Value.
func (t *tags) String() string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(*t)) {
		parts = append(parts, k+"="+(*t)[k])
	}
	return strings.Join(parts, " ")
}

// Type implements pflag.Value.
func (t *tags) Type() string { return "key=value" }

// Set implements pflag.Value; each use of the flag adds one.
func (t *tags) Set(s string) error {
	key, value, ok := strings.Cut(s, "=")
	if !ok {
		return errors.New("it takes a key and a value, as branch=main")
	}
	if err := report.CheckTag(key, value); err != nil {
		return err
	}
	if _, twice := (*t)[key]; twice {
		return fmt.Errorf("%s is given twice", key)
	}
	if *t == nil {
		*t = tags{}
	}
	(*t)[key] = value
	return nil
}
