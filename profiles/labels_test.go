package profiles

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/proc"
)

// spin uses n units of processor time, of about 50 µs.
func spin(n int) (x uint64) {
	for i := range n * 50_000 {
		x = x*6364136223846793005 + uint64(i)
	}
	return x
}

// shared is a program of two types that work in turns, so that the split does not depend on what else the machine has to do: heavy four times as
// much as light.
type shared struct {
	big         proc.PID
	heavy, work atomic.Int64 // processor time, of heavy and of both, in ns
	sunk        uint64
}

// use works, and counts the processor time of it.
func (s *shared) use(units int) (took int64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime()
	s.sunk += spin(units)
	took = threadTime() - before
	s.work.Add(took)
	return took
}

type heavy struct{ *shared }

func (h heavy) Handle(c *proc.Ctx, m proc.Message) error {
	h.heavy.Add(h.use(4 * int(m.Word)))
	return c.Send(m.From, nil)
}

// light begins each exchange. Its length is random: samples are taken at regular intervals, and must not always meet the same part of it.
func (s *shared) light(self *proc.Self) error {
	for {
		n := 1 + rand.IntN(4)
		s.use(n)
		if err := self.SendWord(s.big, nil, uint64(n)); err != nil {
			return err
		}
		self.Receive()
	}
}

// attribution compares labels with the code that ran.
type attribution struct {
	samples        float64 // of the two types
	labelled       float64 // as heavy
	wrong, without float64 // with another type's label, and with none
}

// ranIn returns the type whose code the sample has met; "" for none of the two.
func ranIn(s *profile.Sample) string {
	for _, l := range s.Location {
		for _, line := range l.Line {
			switch name := line.Function.Name; {
			case strings.HasSuffix(name, "profiles.heavy.Handle"):
				return "profiles.heavy"
			case strings.HasSuffix(name, "profiles.(*shared).light"):
				return "light"
			}
		}
	}
	return ""
}

func (a *attribution) add(p *profile.Profile) {
	for _, s := range p.Sample {
		truth, n, label := ranIn(s), float64(s.Value[0]), ""
		if truth == "" {
			continue
		}
		a.samples += n
		if l := s.Label[proc.LabelType]; len(l) > 0 {
			label = l[0]
		}
		switch {
		case label == "":
			a.without += n
		case !strings.Contains(label, truth):
			a.wrong += n
		}
		if label == "profiles.heavy" {
			a.labelled += n
		}
	}
}

// judge says what is wrong with labels that are to be right within five points. Sampling adds nothing to that: each sample is judged by the
// code it has met.
func (a *attribution) judge() error {
	wrong, without := 100*a.wrong/a.samples, 100*a.without/a.samples
	if wrong+without >= 5 {
		return fmt.Errorf("of %.0f samples %.2f %% have a label of another type and %.2f %% none; both together must be below 5 %%", a.samples, wrong, without)
	}
	return nil
}

// judgeShare compares the share of a type by labels with the one of its processor time. Right labels fail by chance less than once in
// a thousand million times: 6.1 standard deviations of so many samples.
func (a *attribution) judgeShare(truth float64) error {
	share, slack := a.labelled/(a.samples-a.without), 6.1*math.Sqrt(truth*(1-truth)/(a.samples-a.without))
	if math.Abs(share-truth) > slack {
		return fmt.Errorf("%.1f %% of %.0f samples are labelled, want %.1f ± %.1f %%, its share of processor time", 100*share, a.samples, 100*truth, 100*slack)
	}
	return nil
}

func TestCPUSamplesAreLabelledByProcessType(t *testing.T) {
	rt, ctx := begin(t)
	var s shared
	var err error
	if s.big, err = rt.Spawn(func() proc.Machine { return heavy{&s} }); err != nil {
		t.Fatal(err)
	}
	small, err := rt.Go(s.light)
	if err != nil {
		t.Fatal(err)
	}
	var (
		got  attribution
		all  []*profile.Profile
		used [2]int64
	)
	for got.samples < 200 {
		before := [2]int64{s.heavy.Load(), s.work.Load()}
		paths, err := Capture(ctx, t.TempDir(), Options{Duration: time.Second, Trace: -1, Runtime: rt})
		used[0], used[1] = used[0]+s.heavy.Load()-before[0], used[1]+s.work.Load()-before[1]
		if err != nil {
			t.Fatal(err)
		}
		p, err := parse(paths[0])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
		got.add(p)
	}
	for _, pid := range []proc.PID{small, s.big} {
		_ = rt.Exit(pid, proc.Kill)
	}
	if rt.SetProfileLabels(false) {
		t.Error("labels are still on")
	}
	truth := 0.8
	if used[1] > 0 {
		truth = float64(used[0]) / float64(used[1])
	}
	t.Logf("%.0f samples, %.1f %% of processor time is heavy's, %.1f %% of labels; %.0f wrong, %.0f without",
		got.samples, 100*truth, 100*got.labelled/got.samples, got.wrong, got.without)
	if err := got.judge(); err != nil {
		t.Error(err)
	}
	if err := got.judgeShare(truth); err != nil {
		t.Error(err)
	}

	// The judge finds five points that are with the wrong type.
	var bad attribution
	for _, p := range all {
		seed(p, 0.05)
		bad.add(p)
	}
	if err := bad.judge(); err == nil {
		t.Errorf("5 %% of the samples have got another label, which is not found: %+v", bad)
	}
}

// seed gives at least the share of the two types' samples to another type.
func seed(p *profile.Profile, share float64) {
	var all, moved float64
	var split []*profile.Sample
	for _, s := range p.Sample {
		n := s.Value[0]
		if ranIn(s) == "" {
			continue
		}
		all += float64(n)
		give := int64(math.Ceil(share*all - moved))
		if give <= 0 {
			continue
		}
		give = min(give, n)
		moved += float64(give)
		c := *s
		c.Value = []int64{give, give}
		c.Label = map[string][]string{proc.LabelType: {"another"}}
		s.Value[0] -= give
		split = append(split, &c)
	}
	p.Sample = append(p.Sample, split...)
}

func parse(path string) (*profile.Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return profile.Parse(f)
}
