package proc

import (
	"context"
	"testing"
	"time"
)

func TestQuick(t *testing.T) {
	rt, _ := New(Config{Workers: 1})
	defer rt.Shutdown(context.Background())
	done := make(chan struct{})
	child := Func(func(c *Ctx, m Message) error {
		if m.Word == 0 {
			close(done)
		}
		return Normal
	})
	var mm Machine = child
	pid, _ := rt.Spawn(func() Machine { return &spn{left: 1000000, f: func() Machine { return mm }} })
	rt.Send(pid, nil)
	<-done
	time.Sleep(10 * time.Millisecond)
	var s Stats
	rt.ReadStats(&s)
	t.Logf("%+v slots %d end %d", s.Workers[0], len((*rt.locals.Load())[0].slots), rt.table.end)
}
