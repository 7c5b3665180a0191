package load

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/thrum-go/thrum/bench"
)

// session runs phases one after the other in a world of one side. It returns those that
// have begun; what a check found is with the rows.
func (r *run) session(ctx context.Context, twin bool, rows []*row) ([]*stage, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w, err := newWorld(r.env, twin, r.plan.Workers, r.plan.Procs, r.plan.Seed, mostInflight(rows))
	if err != nil {
		return nil, err
	}
	if r.opts.faulty != nil {
		r.opts.faulty(w)
	}
	if f := r.opts.Watch.Runtime; f != nil && !twin {
		w.guests = f(w.rt)
	}
	on, err := w.targets(rows, twin)
	if err != nil {
		w.end(false)
		return nil, err
	}
	g := &generator{w: w, stopped: &r.stopped, every: int64(r.opts.Watch.Interval)}
	judge := r.judge
	if twin || r.opts.Judge == nil {
		judge = nil
	}
	g.scribe = newScribe(w, r.opts.Watch.Observe, judge)
	var stages []*stage
	if r.plan.Warmup > 0 {
		first := *rows[0]
		first.phase.Duration = r.plan.Warmup
		if r.round > 0 {
			first.phase = r.plan.warm()
		}
		s := r.stage(&first, on, "warm-up")
		s.row = nil
		r.tell(s, rows, 0, "warm-up")
		g.run(s)
	}
	for i, row := range rows {
		if g.over() {
			break
		}
		title, side := row.phase.Name, string(bench.Thrum)
		if twin {
			title, side = title+" (twin)", "twin"
		}
		s := r.stage(row, on, title)
		r.tell(s, rows, i, side)
		g.run(s)
		stages = append(stages, s)
	}
	clean := g.drain()
	g.scribe.end()
	if clean {
		for _, t := range on {
			clean = t.stop() == nil && clean
		}
		w.alone()
		w.drained()
		clean = clean && !w.failed()
	}
	w.end(clean)
	if clean {
		for _, t := range on {
			t.verify()
		}
	}
	r.blame(w.violations(), rows, len(stages))
	if err := ctx.Err(); err != nil {
		return stages, err
	}
	return stages, r.judged
}

func mostInflight(rows []*row) int64 {
	most := int64(0)
	for _, row := range rows {
		most = max(most, row.phase.Inflight)
	}
	return most
}

// targets makes what the operations of all phases are begun on.
func (w *world) targets(rows []*row, twin bool) (map[string]target, error) {
	on := map[string]target{}
	for _, row := range rows {
		for _, share := range row.phase.Mix {
			if on[share.Operation] != nil {
				continue
			}
			o, _ := Find(share.Operation)
			make := o.thrum
			if twin {
				make = o.twin
			}
			t, err := make(w)
			if err != nil {
				return nil, err
			}
			on[share.Operation] = t
		}
	}
	return on, nil
}

// stage makes a row's phase ready to run.
func (r *run) stage(row *row, on map[string]target, title string) *stage {
	s := &stage{Phase: row.phase, rate: row.rate(), row: row, title: title, random: rand.New(rand.NewPCG(r.plan.Seed, choices))}
	var sum float64
	for _, share := range row.phase.Mix {
		o, _ := Find(share.Operation)
		sum += share.Weight
		s.upTo = append(s.upTo, sum)
		s.tallies = append(s.tallies, &tally{of: s, op: o, target: on[share.Operation], now: newCounts(), total: newCounts()})
	}
	return s
}

// tell reports that a phase begins.
func (r *run) tell(s *stage, rows []*row, i int, phase string) {
	if r.opts.Watch.Progress == nil {
		return
	}
	e := bench.Event{Label: rows[i].label(""), Row: i + 1, Rows: len(rows), Phase: phase, Rounds: r.opts.Rounds}
	if len(s.Mix) == 1 {
		e.Label = rows[i].label(s.Mix[0].Operation)
	}
	if s.row != nil {
		e.Round = r.round
	}
	e.Left = s.Duration
	if s.row != nil {
		i++
	}
	for _, row := range rows[min(i, len(rows)):] {
		e.Left += row.phase.Duration
	}
	r.opts.Watch.Progress(e)
}

// judge shows a phase on Thrum, as it stands, to Judge.
func (r *run) judge(s *stage) {
	so := *s.row
	so.rounds = append(slices.Clone(so.rounds), sides{thrum: s})
	schedule := newSchedule(s.Arrival, s.rate, s.Duration, r.plan.Seed)
	for _, m := range so.results() {
		total := 0.
		if s.Open() {
			total = schedule.expected(schedule.end) * float64(so.asked) * s.Mix.share(m.Load.Operation)
		}
		if err := r.opts.Judge(m, total); err != nil && r.judged == nil {
			r.judged = err
			r.stopped.Store(true)
		}
	}
}

// blame gives violations to the first row that has the operation; what is about none of
// them, to the last that has begun.
func (r *run) blame(violations []bench.Violation, rows []*row, begun int) {
	for _, v := range violations {
		to := rows[max(begun-1, 0)]
		for _, row := range rows[:max(begun, 1)] {
			if slices.ContainsFunc(row.phase.Mix, func(s Share) bool { return s.Operation == v.Workload }) {
				to = row
				break
			}
		}
		to.failed = append(to.failed, v)
	}
}
