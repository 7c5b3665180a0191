package load

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Rate is how many operations a phase begins in a second: a number of them, or a share
// of the most that the system completes, which is measured first. The zero Rate is none:
// a closed loop.
type Rate struct {
	PerSecond float64
	OfPeak    float64 // 0.7 for auto:70%
}

// The rates that can be scheduled: nanoseconds between operations are counted in an
// int64 and are at least one.
const (
	minRate = 1e-3
	maxRate = 1e9
	maxPeak = 10 // a rate beyond what the system can do shows how it fails
)

var errRate = errors.New("it takes a number of operations a second, as 500, 200k/s or 1.5m/s, or a share of the measured peak, as auto:70%")

// ParseRate reads a rate: 500, 0.5/s, 200k/s, 1.5m/s or auto:70%.
//
// Errors: what would be right.
func ParseRate(s string) (Rate, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if share, ok := strings.CutPrefix(s, "auto"); ok {
		return parseShare(share)
	}
	v, err := parseNumber(s)
	if err != nil {
		return Rate{}, err
	}
	r := Rate{PerSecond: v}
	return r, r.check()
}

func parseShare(s string) (Rate, error) {
	percent, ok := strings.CutPrefix(s, ":")
	digits, unit := strings.CutSuffix(percent, "%")
	v, err := strconv.ParseFloat(digits, 64)
	if !ok || !unit || err != nil {
		return Rate{}, errRate
	}
	r := Rate{OfPeak: v / 100}
	return r, r.checkShare()
}

// parseNumber reads a number of operations a second, of any size.
func parseNumber(s string) (float64, error) {
	s = strings.TrimSuffix(s, "/s")
	factor := 1.
	for suffix, f := range map[string]float64{"k": 1e3, "m": 1e6, "g": 1e9} {
		if rest, ok := strings.CutSuffix(s, suffix); ok {
			s, factor = rest, f
			break
		}
	}
	// ParseFloat also reads hexadecimal digits, infinities and what is no number.
	if strings.Trim(s, "0123456789.e+-_") != "" {
		return 0, errRate
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errRate
	}
	return v * factor, nil
}

// check says what is wrong with a rate that is not zero.
func (r Rate) check() error {
	switch {
	case r.OfPeak != 0:
		return r.checkShare()
	case !(r.PerSecond >= minRate && r.PerSecond <= maxRate):
		return fmt.Errorf("a rate is from %g/s to %g/s, one operation a nanosecond", minRate, maxRate)
	}
	return nil
}

func (r Rate) checkShare() error {
	if !(r.OfPeak >= 0.01 && r.OfPeak <= maxPeak) {
		return fmt.Errorf("a share of the peak is from 1%% to %d%%", maxPeak*100)
	}
	return nil
}

// IsZero says that there is no rate: a closed loop.
func (r Rate) IsZero() bool { return r == Rate{} }

// String returns the rate as ParseRate reads it.
func (r Rate) String() string {
	switch {
	case r.IsZero():
		return ""
	case r.OfPeak != 0:
		return "auto:" + formatPercent(r.OfPeak) + "%"
	}
	return formatNumber(r.PerSecond) + "/s"
}

// formatPercent writes a share so that it is read back as the same.
func formatPercent(share float64) string {
	for digits := range 17 {
		s := strconv.FormatFloat(share*100, 'f', digits, 64)
		if v, err := strconv.ParseFloat(s, 64); err == nil && v/100 == share {
			return s
		}
	}
	return strconv.FormatFloat(share*100, 'f', -1, 64)
}

// formatNumber writes a number with k or m where that is exact.
func formatNumber(v float64) string {
	for _, u := range []struct {
		suffix string
		factor float64
	}{{"m", 1e6}, {"k", 1e3}} {
		if s := strconv.FormatFloat(v/u.factor, 'f', -1, 64); v >= u.factor && len(s) <= 6 {
			if back, err := strconv.ParseFloat(s, 64); err == nil && back*u.factor == v {
				return s + u.suffix
			}
		}
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
