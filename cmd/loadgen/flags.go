package main

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
)

// count is a whole number of at least 1; 0 stands for "not given". It may be
// written 5000, 5_000, 10k, 2.5m or 1e6.
type count int64

// String implements pflag.Value.
func (c *count) String() string {
	if *c == 0 {
		return ""
	}
	return fmt.Sprint(int64(*c))
}

// Type implements pflag.Value.
func (c *count) Type() string { return "count" }

var errCount = errors.New("it takes a whole number of at least 1, as 5000, 10k, 2.5m or 1e6")

// Set implements pflag.Value.
func (c *count) Set(s string) error {
	digits := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "_", "")
	factor := int64(1)
	for suffix, f := range map[string]int64{"k": 1e3, "m": 1e6, "g": 1e9} {
		if rest, ok := strings.CutSuffix(digits, suffix); ok {
			digits, factor = rest, f
			break
		}
	}
	// big.Rat also reads fractions, signs of other bases and enormous exponents.
	if digits == "" || len(digits) > 24 || strings.Trim(digits, "0123456789.e+") != "" || exponent(digits) > 18 {
		return errCount
	}
	n, ok := new(big.Rat).SetString(digits)
	if !ok {
		return errCount
	}
	n.Mul(n, new(big.Rat).SetInt64(factor))
	if !n.IsInt() || n.Sign() <= 0 {
		return errCount
	}
	if !n.Num().IsInt64() {
		return fmt.Errorf("it takes at most %d", int64(math.MaxInt64))
	}
	*c = count(n.Num().Int64())
	return nil
}

// exponent returns how many zeros a number like 1e6 asks for.
func exponent(s string) int {
	_, e, ok := strings.Cut(s, "e")
	if !ok {
		return 0
	}
	n := 0
	if _, err := fmt.Sscanf(strings.TrimPrefix(e, "+"), "%d", &n); err != nil {
		return math.MaxInt
	}
	return n
}

// span is a positive duration; 0 stands for "not given".
type span time.Duration

// String implements pflag.Value.
func (d *span) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// Type implements pflag.Value.
func (d *span) Type() string { return "duration" }

// Set implements pflag.Value.
func (d *span) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil || v <= 0 {
		return errors.New("it takes a positive time of up to 292 years with its unit, as 500ms, 5s or 1m30s")
	}
	*d = span(v)
	return nil
}
