package supervise

import (
	"context"
	"log/slog"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

func TestProgressIsReportedAtDebug(t *testing.T) {
	w := newWorld(t)
	sup, err := Start(w.k, Flags{}, []Spec{w.worker("a")}, proc.WithName("top"))
	if err != nil {
		t.Fatal(err)
	}
	w.logged("level=DEBUG", "child started", "child=a", "name=top", sup.String(), w.pid(sup, "a").String(), "restart=permanent", "type=worker")
}

// only is a handler that fails the test when it gets a record, and says that it wants levels from min on.
type only struct {
	min slog.Level
	t   *testing.T
}

func (h only) Enabled(_ context.Context, l slog.Level) bool { return l >= h.min }
func (h only) WithAttrs([]slog.Attr) slog.Handler           { return h }
func (h only) WithGroup(string) slog.Handler                { return h }
func (h only) Handle(_ context.Context, r slog.Record) error {
	if r.Level < h.min {
		h.t.Errorf("a record at %v: %s", r.Level, r.Message)
	}
	return nil
}

func TestNothingIsMadeOfReportsThatNobodyWants(t *testing.T) {
	rt, err := proc.New(proc.Config{Logger: slog.New(only{slog.LevelError + 1, t})})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	defer func() { _ = rt.Shutdown(ctx) }()
	got := make(chan float64, 1)
	_, err = rt.Start(ctx, func() proc.Machine {
		return &worker{w: &world{more: make(chan struct{})}, init: func(c *proc.Ctx) error {
			s := &supervisor{}
			ch := &child{spec: &spec{}}
			got <- testing.AllocsPerRun(100, func() {
				s.reportTerminated(c, ch, errBoom)
				s.reportProgress(c, ch)
			})
			return nil
		}}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := <-got; n != 0 {
		t.Errorf("%v allocations", n)
	}
}
