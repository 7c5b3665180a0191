package profiles

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// pacer counts messages. It times each so many of them, with what is examined off and on in turns, until there are enough pairs: what else happens
// on the machine lasts longer than a pair, and so does not look like a cost.
type pacer struct {
	left  int
	began time.Time
	on    bool
	turn  func(rt *proc.Runtime, on bool)
	ns    [2][]float64 // a message, off and on
	pairs int
	done  chan struct{}
}

const pacedMessages = 200_000

func (p *pacer) count(c *proc.Ctx, messages int) {
	if p.left -= messages; p.left > 0 || len(p.ns[1]) == p.pairs {
		return
	}
	now := time.Now()
	if !p.began.IsZero() {
		i := 0
		if p.on {
			i = 1
		}
		p.ns[i] = append(p.ns[i], float64(now.Sub(p.began))/pacedMessages)
	}
	if len(p.ns[1]) == p.pairs {
		close(p.done)
		return
	}
	p.on = len(p.ns[0]) > len(p.ns[1])
	p.turn(c.Runtime(), p.on)
	p.began, p.left = time.Now(), pacedMessages
}

type (
	asker    struct{ *pacer }
	answerer struct{}
	relay    struct {
		*pacer // of one in the ring only
		to     *proc.PID
		hops   int
	}
	source struct{ to *proc.PID }
	sink   struct{ *pacer }
	crowd  struct {
		*pacer
		pids []proc.PID
		seed uint64
	}
	evenOne struct{ *crowd }
	oddOne  struct{ *crowd }
)

func (a *asker) Handle(c *proc.Ctx, m proc.Message) error {
	a.count(c, 2)
	return c.SendWord(proc.PID(m.Word), nil, uint64(c.Self()))
}

func (answerer) Handle(c *proc.Ctx, m proc.Message) error {
	return c.SendWord(proc.PID(m.Word), nil, uint64(c.Self()))
}

func (r *relay) Handle(c *proc.Ctx, m proc.Message) error {
	if r.pacer != nil {
		r.count(c, r.hops)
	}
	return c.SendWord(*r.to, nil, 0)
}

func (s *source) Handle(c *proc.Ctx, m proc.Message) error {
	for range 64 {
		_ = c.SendWord(*s.to, nil, 0)
	}
	return c.SendWord(c.Self(), nil, 0)
}

func (s *sink) Handle(c *proc.Ctx, m proc.Message) error {
	s.count(c, 1)
	return nil
}

func (r *crowd) pass(c *proc.Ctx) error {
	r.count(c, 1)
	r.seed = r.seed*6364136223846793005 + 1442695040888963407
	return c.SendWord(r.pids[(r.seed>>33)%uint64(len(r.pids))], nil, 0)
}

func (e evenOne) Handle(c *proc.Ctx, m proc.Message) error { return e.pass(c) }
func (o oddOne) Handle(c *proc.Ctx, m proc.Message) error  { return o.pass(c) }

// BenchmarkProfileLabels tells what proc.Runtime.SetProfileLabels costs while it is on: an operation is a pair of measurements with labels off
// and on, and %-on the median of their ratios. In ping, flood and big, turns are of two types. One worker has all, so that nothing but the labels
// differs.
func BenchmarkProfileLabels(b *testing.B) {
	paced(b, func(rt *proc.Runtime, on bool) { rt.SetProfileLabels(on) })
}

// paced tells what it costs while turn has switched something on.
func paced(b *testing.B, turn func(rt *proc.Runtime, on bool)) {
	for _, w := range []struct {
		name  string
		begin load
	}{
		{"ping", func(p *pacer, spawn func(proc.Machine) proc.PID, send func(to, word proc.PID)) {
			send(spawn(answerer{}), spawn(&asker{p}))
		}},
		{"ring", func(p *pacer, spawn func(proc.Machine) proc.PID, send func(to, word proc.PID)) {
			pids := make([]proc.PID, 503)
			for i := range pids {
				r := &relay{to: &pids[(i+1)%len(pids)], hops: len(pids)}
				if i == 0 {
					r.pacer = p
				}
				pids[i] = spawn(r)
			}
			send(pids[0], 0)
		}},
		{"flood", func(p *pacer, spawn func(proc.Machine) proc.PID, send func(to, word proc.PID)) {
			to := spawn(&sink{p})
			send(spawn(&source{&to}), 0)
		}},
		{"big", func(p *pacer, spawn func(proc.Machine) proc.PID, send func(to, word proc.PID)) {
			c := &crowd{pacer: p, pids: make([]proc.PID, 512)}
			for i := range c.pids {
				if i%2 == 0 {
					c.pids[i] = spawn(evenOne{c})
				} else {
					c.pids[i] = spawn(oddOne{c})
				}
			}
			for _, pid := range c.pids {
				send(pid, 0)
			}
		}},
	} {
		b.Run(w.name, func(b *testing.B) { pacedBy(b, turn, w.begin) })
	}
}

// load begins what a pacer times.
type load func(p *pacer, spawn func(proc.Machine) proc.PID, send func(to, word proc.PID))

func pacedBy(b *testing.B, turn func(rt *proc.Runtime, on bool), begin load) {
	rt, err := proc.New(proc.Config{Workers: 1, StuckAfter: time.Second, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	p := &pacer{left: pacedMessages, pairs: b.N, turn: turn, done: make(chan struct{})}
	var pids []proc.PID
	begin(p, func(m proc.Machine) proc.PID {
		pid, err := rt.Spawn(func() proc.Machine { return m })
		if err != nil {
			b.Fatal(err)
		}
		pids = append(pids, pid)
		return pid
	}, func(to, word proc.PID) {
		if err := rt.SendWord(to, nil, uint64(word)); err != nil {
			b.Fatal(err)
		}
	})
	<-p.done
	for _, pid := range pids {
		_ = rt.Exit(pid, proc.Kill)
	}
	if err := rt.Shutdown(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(p.ns[0]), "off-ns/msg")
	b.ReportMetric(median(p.ns[1]), "on-ns/msg")
	ratios := make([]float64, len(p.ns[1]))
	for i := range ratios {
		ratios[i] = 100 * (p.ns[1][i]/p.ns[0][i] - 1)
	}
	b.ReportMetric(median(ratios), "%-on")
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
