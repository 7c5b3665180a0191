package report

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// jsonInterval is what was done between two looks at a measurement under way. Times are in seconds since the
// measurement of the row began; rows put together of several files begin anew with each.
type jsonInterval struct {
	Begin    float64      `json:"begin_s"`
	End      float64      `json:"end_s"`
	Phase    string       `json:"phase"`
	Round    int          `json:"round,omitempty"`
	Messages int64        `json:"messages"`
	Busy     []float64    `json:"busy,omitempty"`
	Latency  *jsonFigures `json:"latency,omitempty"`
	Backlog  int64        `json:"backlog,omitempty"`
	Lag      int64        `json:"lag_ns,omitempty"`
	Dropped  int64        `json:"dropped,omitempty"`
}

// jsonFigures are what is kept of an interval's latencies.
type jsonFigures struct {
	Count int64  `json:"count"`
	P50   *int64 `json:"p50_ns,omitempty"`
	P99   *int64 `json:"p99_ns,omitempty"`
	Max   int64  `json:"max_ns"`
}

func intervals(all []bench.Interval) []jsonInterval {
	var out []jsonInterval
	for _, i := range all {
		x := jsonInterval{
			Begin: math.Round(i.Begin.Seconds()*1e6) / 1e6, End: math.Round(i.End.Seconds()*1e6) / 1e6, Phase: i.Phase, Round: i.Round,
			Messages: i.Messages, Backlog: i.Backlog, Lag: int64(i.Lag), Dropped: i.Dropped,
		}
		for _, b := range i.Busy {
			x.Busy = append(x.Busy, math.Round(b*1e4)/1e4)
		}
		if f := i.Keep().Figures; f != nil {
			x.Latency = &jsonFigures{f.Count, f.P50, f.P99, f.Max}
		}
		out = append(out, x)
	}
	return out
}

// interval reads one back.
func (x jsonInterval) interval() (bench.Interval, error) {
	const most = float64(math.MaxInt64 / 2)
	out := bench.Interval{
		Begin: seconds(x.Begin), End: seconds(x.End), Phase: x.Phase, Round: x.Round,
		Messages: x.Messages, Busy: x.Busy, Backlog: x.Backlog, Lag: time.Duration(x.Lag), Dropped: x.Dropped,
	}
	switch {
	case !(x.Begin >= 0 && x.End >= x.Begin && x.End*1e9 < most):
		return out, fmt.Errorf("it is from %g s to %g s; its end comes after its beginning, which is 0 or more", x.Begin, x.End)
	case x.Phase == "":
		return out, errors.New("phase must not be empty")
	case x.Round < 0 || x.Messages < 0 || x.Backlog < 0 || x.Lag < 0 || x.Dropped < 0:
		return out, errors.New("its counts must be 0 or more")
	}
	for w, b := range x.Busy {
		if !(b >= 0 && b <= 1) {
			return out, fmt.Errorf("busy[%d] is %g; it is a share, from 0 to 1", w, b)
		}
	}
	if f := x.Latency; f != nil {
		if f.Count < 0 || f.Max < 0 || f.P50 != nil && *f.P50 < 0 || f.P99 != nil && *f.P99 < 0 {
			return out, errors.New("latency has a figure below 0")
		}
		out.Figures = &bench.LatencyFigures{Count: f.Count, P50: f.P50, P99: f.P99, Max: f.Max}
	}
	return out, nil
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }
