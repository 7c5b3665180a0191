package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// The figures of loads. Each is nil for a workload that is none.

func achieved(m bench.Measured) *float64 {
	if m.Load == nil || m.Load.Elapsed <= 0 {
		return nil
	}
	return new(m.Load.Achieved())
}

func drops(m bench.Measured) *float64 {
	if m.Load == nil {
		return nil
	}
	return new(float64(m.Load.Dropped))
}

func serviceP99(l *bench.Load) *float64 {
	if l == nil || l.Service == nil {
		return nil
	}
	return asFloat(percentile(l.Service, 0.99))
}

func lagP99(l *bench.Load) *float64 {
	if l == nil || l.Lag == nil {
		return nil
	}
	return asFloat(percentile(l.Lag, 0.99))
}

// perSecond reads a rate, as 190k/s.
func perSecond(s string) (float64, error) {
	digits := strings.TrimSuffix(strings.ToLower(s), "/s")
	factor := 1.
	for suffix, f := range map[string]float64{"k": 1e3, "m": 1e6} {
		if rest, ok := strings.CutSuffix(digits, suffix); ok {
			digits, factor = rest, f
			break
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	return v * factor, err
}

func notValid(m bench.Measured) bool { return m.Load != nil && len(m.Load.Invalid) > 0 }

// Invalid says of which results the generator was the limit, and why; once for all
// operations of a phase.
func (r Report) Invalid() []string {
	var out []string
	told := map[string]bool{}
	for _, x := range r.Results {
		if x.Load == nil {
			continue
		}
		for _, why := range x.Load.Invalid {
			if id := x.Load.Phase + "\x00" + why; !told[id] {
				told[id] = true
				out = append(out, x.Label+": "+why)
			}
		}
	}
	return out
}

// loads says whether a report has results of loads.
type loads bool

func (r Report) loads() loads {
	return loads(slices.ContainsFunc(r.Results, func(m bench.Measured) bool { return m.Load != nil }))
}

// loadUnits are what the benchmark form has besides in a report with loads.
var loadUnits = []benchmarkUnit{
	{"rate", "op/s", "higher"},
	{"service_p99_ns", "service-p99-ns", "lower"},
	{"lag_p99_ns", "lag-p99-ns", "lower"},
	{"dropped", "dropped", "lower"},
}

// heads are the columns that the csv form has besides.
func (l loads) heads() []string {
	if !l {
		return nil
	}
	return []string{"phase", "operation", "arrival", "asked_per_s", "achieved_per_s", "scheduled", "begun", "dropped", "completed", "service_p99_ns", "lag_p99_ns",
		"most_inflight", "valid", "gc_share"}
}

func (l loads) cells(m bench.Measured) []string {
	if !l {
		return nil
	}
	x := m.Load
	if x == nil {
		return make([]string, len(l.heads()))
	}
	whole := func(v *float64) string { return decimal(v, 1) }
	out := []string{x.Phase, x.Operation, x.Arrival, "", whole(achieved(m)), strconv.FormatInt(x.Scheduled, 10), strconv.FormatInt(x.Begun, 10),
		strconv.FormatInt(x.Dropped, 10), strconv.FormatInt(x.Completed, 10), whole(serviceP99(x)), whole(lagP99(x)),
		strconv.FormatInt(x.Inflight, 10), strconv.FormatBool(len(x.Invalid) == 0), decimal(&x.GCShare, 100_000)}
	if x.Arrival != "" {
		out[3] = decimal(&x.Rate, 1000)
	}
	return out
}

// The cells of the table.

func asked(r bench.Result) string {
	if r.Load == nil || r.Load.Arrival == "" {
		return ""
	}
	return figures(r.Load.Rate)
}

func done(r bench.Result) string {
	if r.Load == nil {
		return ""
	}
	return figures(r.Load.Achieved())
}

func dropped(r bench.Result) string {
	if r.Load == nil || r.Load.Arrival == "" {
		return ""
	}
	return grouped(r.Load.Dropped)
}

func nanos(v *float64) string {
	return optional(v, func(v float64) string { return latency(int64(v)) })
}

// settings tells what loads were made with, the seed above all: with the same the same
// operations come at the same instants.
func (r Report) settings() []string {
	var out []string
	for _, x := range r.Results {
		if x.Load == nil {
			continue
		}
		line := fmt.Sprintf("seed %d, %s processes, %d workers", x.Params.Seed, grouped(int64(x.Params.Procs)), x.Params.Workers)
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// behind is the share of what is asked below which a system does not keep up.
const behind = 0.99

// collecting is the share of the processors' time from which on garbage collection is worth a remark. It does not make a result invalid: its
// garbage is the system's own, and where it holds back the generator, lag shows that.
const collecting = 0.1

// loadRemarks tells what a load came to.
func loadRemarks(m bench.Measured, style Style) []string {
	l := m.Load
	if l == nil {
		return nil
	}
	var out []string
	if l.Peak > 0 {
		out = append(out, fmt.Sprintf("%s: %s/s asked for are %s %% of the measured peak of %s/s", m.Label, figures(l.Rate), quantity(l.Rate/l.Peak*100), figures(l.Peak)))
	}
	if l.TwinAchieved > 0 {
		out = append(out, fmt.Sprintf("%s: the twin has completed %s/s", m.Label, figures(l.TwinAchieved)))
	}
	if l.Arrival != "" && l.Elapsed > 0 && l.Achieved() < behind*l.Offered() && len(l.Invalid) == 0 {
		out = append(out, style.paint(yellow, fmt.Sprintf("%s: the system has completed %s/s of %s/s due: it does not keep up", m.Label, figures(l.Achieved()), figures(l.Offered()))))
	}
	for _, x := range []struct {
		whose string
		share float64
	}{{"", l.GCShare}, {"of the twin ", l.TwinGCShare}} {
		if x.share >= collecting {
			out = append(out, style.paint(yellow, fmt.Sprintf("%s: garbage collection %stook %s %% of the processors' time: the figures tell of it as well",
				m.Label, x.whose, quantity(x.share*100))))
		}
	}
	return out
}

// loadLegend says what the columns of loads mean.
const loadLegend = `asked/s     operations due in a second by the schedule; done/s: completed
p50 to max  latency: from the scheduled instant to the completion, so a system that stalls
            cannot hide it; with a number in flight alone from the begin
service p99 from the actual begin to the completion: what would be told without a schedule
lag p99     from the scheduled instant to the actual begin: how late the generator was
drops       operations due but not begun, because as many as --inflight were under way
`

// legend says what the columns mean.
func (r Report) legend() string {
	if !r.loads() {
		return legendRounds(r.Results)
	}
	if rounds := slices.DeleteFunc(slices.Clone(r.Results), func(m bench.Measured) bool { return m.Load != nil }); len(rounds) > 0 {
		return legendRounds(rounds) + loadLegend
	}
	out := loadLegend
	if slices.ContainsFunc(r.Results, func(m bench.Measured) bool { return m.Twin != nil }) {
		out += "twin        the same with goroutines and channels: its p99, or ns/msg with a number in flight\n"
		out += "ratio       twin over Thrum: above 1 Thrum is better; no figure is comparable across machines\n"
	}
	return out
}

// joinLoads adds up the rounds of both.
func joinLoads(a, b *bench.Load) *bench.Load {
	if a == nil || b == nil {
		return a
	}
	out := *a
	out.Scheduled += b.Scheduled
	out.Begun += b.Begun
	out.Dropped += b.Dropped
	out.Completed += b.Completed
	out.Elapsed += b.Elapsed
	out.Service, out.Lag = merged(a.Service, b.Service), merged(a.Lag, b.Lag)
	if sum := a.Elapsed + b.Elapsed; sum > 0 {
		mean := func(x, y float64) float64 { return (x*float64(a.Elapsed) + y*float64(b.Elapsed)) / float64(sum) }
		out.Rate, out.Peak, out.TwinAchieved = mean(a.Rate, b.Rate), mean(a.Peak, b.Peak), mean(a.TwinAchieved, b.TwinAchieved)
		out.GCShare, out.TwinGCShare = mean(a.GCShare, b.GCShare), mean(a.TwinGCShare, b.TwinGCShare)
	}
	out.Invalid = append([]string(nil), a.Invalid...)
	for _, why := range b.Invalid {
		if !slices.Contains(out.Invalid, why) {
			out.Invalid = append(out.Invalid, why)
		}
	}
	return &out
}

// jsonLoad is a load in the JSON form.
type jsonLoad struct {
	Phase        string    `json:"phase"`
	Operation    string    `json:"operation,omitempty"`
	Arrival      string    `json:"arrival,omitempty"`
	Rate         float64   `json:"rate,omitempty"`
	Peak         float64   `json:"peak,omitempty"`
	Inflight     int64     `json:"inflight,omitempty"`
	Elapsed      string    `json:"elapsed"`
	Scheduled    int64     `json:"scheduled"`
	Begun        int64     `json:"begun"`
	Dropped      int64     `json:"dropped"`
	Completed    int64     `json:"completed"`
	TwinAchieved float64   `json:"twin_achieved,omitempty"`
	GCShare      float64   `json:"gc_share,omitempty"`
	TwinGCShare  float64   `json:"twin_gc_share,omitempty"`
	Service      *jsonHist `json:"service,omitempty"`
	Lag          *jsonHist `json:"lag,omitempty"`
	Invalid      []string  `json:"invalid,omitempty"`
}

func writeLoad(l *bench.Load) *jsonLoad {
	if l == nil {
		return nil
	}
	return &jsonLoad{
		Phase: l.Phase, Operation: l.Operation, Arrival: l.Arrival, Rate: *round(&l.Rate, 1000), Peak: *round(&l.Peak, 1000), Inflight: l.Inflight,
		Elapsed: l.Elapsed.String(), Scheduled: l.Scheduled, Begun: l.Begun, Dropped: l.Dropped, Completed: l.Completed,
		TwinAchieved: *round(&l.TwinAchieved, 1000), Service: histogram(l.Service), Lag: histogram(l.Lag), Invalid: l.Invalid,
		GCShare: *round(&l.GCShare, 100_000), TwinGCShare: *round(&l.TwinGCShare, 100_000),
	}
}

func (x *jsonLoad) load() (*bench.Load, error) {
	if x == nil {
		return nil, nil
	}
	out := &bench.Load{
		Phase: x.Phase, Operation: x.Operation, Arrival: x.Arrival, Rate: x.Rate, Peak: x.Peak, Inflight: x.Inflight, Scheduled: x.Scheduled,
		Begun: x.Begun, Dropped: x.Dropped, Completed: x.Completed, TwinAchieved: x.TwinAchieved, Invalid: x.Invalid,
		GCShare: x.GCShare, TwinGCShare: x.TwinGCShare,
	}
	var err error
	if out.Elapsed, err = time.ParseDuration(x.Elapsed); err != nil || out.Elapsed < 0 {
		return nil, fmt.Errorf("elapsed is %q; it takes a time, as 10s", x.Elapsed)
	}
	if min(out.Scheduled, out.Begun, out.Dropped, out.Completed, out.Inflight) < 0 || min(out.Rate, out.Peak, out.TwinAchieved) < 0 {
		return nil, fmt.Errorf("a count or rate is below 0")
	}
	if min(out.GCShare, out.TwinGCShare) < 0 || max(out.GCShare, out.TwinGCShare) > 1 {
		return nil, fmt.Errorf("a share of garbage collection is not between 0 and 1")
	}
	if out.Service, err = x.Service.recorder(); err != nil {
		return nil, fmt.Errorf("service: %w", err)
	}
	if out.Lag, err = x.Lag.recorder(); err != nil {
		return nil, fmt.Errorf("lag: %w", err)
	}
	return out, nil
}
