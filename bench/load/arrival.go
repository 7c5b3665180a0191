package load

import (
	"errors"
	"fmt"
	"strings"
)

// Arrival says how the operations of an open loop are spread over time. The zero
// Arrival is Const.
type Arrival struct {
	Kind     ArrivalKind
	From, To float64 // of a ramp: operations a second at its begin and end
}

// ArrivalKind names a kind of arrival.
type ArrivalKind string

// The kinds of arrival.
const (
	// Const begins operations at equal distances.
	Const ArrivalKind = "const"
	// Poisson begins them at random and independently, as many users do who do not know
	// of each other.
	Poisson ArrivalKind = "poisson"
	// Ramp raises or lowers the rate evenly from one to another.
	Ramp ArrivalKind = "ramp"
)

var errArrival = errors.New("it takes const, poisson or ramp:A..B, as ramp:10k..200k")

// ParseArrival reads const, poisson, or ramp:A..B with rates A and B, one of which may
// be 0.
//
// Errors: what would be right.
func ParseArrival(s string) (Arrival, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	switch kind, ends, ramp := strings.Cut(s, ":"); {
	case !ramp && (s == string(Const) || s == string(Poisson)):
		return Arrival{Kind: ArrivalKind(s)}, nil
	case kind == string(Ramp):
		from, to, ok := strings.Cut(ends, "..")
		if !ok {
			return Arrival{}, errArrival
		}
		a := Arrival{Kind: Ramp}
		var err1, err2 error
		a.From, err1 = parseNumber(strings.TrimSpace(from))
		a.To, err2 = parseNumber(strings.TrimSpace(to))
		if err1 != nil || err2 != nil {
			return Arrival{}, errArrival
		}
		return a, a.check()
	}
	return Arrival{}, errArrival
}

// check says what is wrong with an arrival.
func (a Arrival) check() error {
	switch a.Kind {
	case "", Const, Poisson:
		return nil
	case Ramp:
	default:
		return errArrival
	}
	for _, v := range []float64{a.From, a.To} {
		if v != 0 && !(v >= minRate && v <= maxRate) {
			return fmt.Errorf("the ends of a ramp are 0 or from %g/s to %g/s", minRate, maxRate)
		}
	}
	if a.From == 0 && a.To == 0 {
		return errors.New("a ramp from 0 to 0 begins nothing")
	}
	return nil
}

// String returns the arrival as ParseArrival reads it.
func (a Arrival) String() string {
	if a.Kind == Ramp {
		return "ramp:" + formatNumber(a.From) + ".." + formatNumber(a.To)
	}
	return string(a.Kind)
}
