package genstatem

import "testing"

// other is another implementation, which goes back with "pop", or ends the machine.
func other(log *journal, name string, enters bool, do does) *puppet {
	return &puppet{log: log, enters: enters, handle: func(c *Ctx[string], st string, e Event) error {
		log.add("by %s", name)
		if f := do[e.String()]; f != nil {
			return f(c)
		}
		return nil
	}}
}

// The new implementation has the next event, and the enter call of the transition, by its own wish for it.
func TestChangeModuleTakesEffectAtOnce(t *testing.T) {
	var s *stage
	s = play(t, &puppet{handle: reacts(does{
		"A cast: change": func(c *Ctx[string]) error {
			c.ChangeModule(other(s.log, "two", true, nil))
			return c.Next("B")
		},
		"A cast: x": (*Ctx[string]).Postpone,
	})})
	s.cast("x", "change", "y")
	s.want("A cast: x", "A cast: change", "B enter: A", "by two", "B cast: x", "by two", "B cast: y", "by two")
}

func TestPushAndPopModule(t *testing.T) {
	var s *stage
	pop := does{"cast: pop": (*Ctx[string]).PopModule}
	three := func() Handler[string] { return other(s.log, "three", false, pop) }
	two := func() Handler[string] {
		return other(s.log, "two", false, does{
			"cast: pop":  (*Ctx[string]).PopModule,
			"cast: push": func(c *Ctx[string]) error { return c.PushModule(three()) },
		})
	}
	s = play(t, &puppet{handle: reacts(does{"A cast: push": func(c *Ctx[string]) error { return c.PushModule(two()) }})})
	s.cast("push", "push", "x", "pop", "y", "pop", "z")
	s.want("A cast: push", "A cast: push", "by two", "A cast: x", "by three", "A cast: pop", "by three", "A cast: y", "by two", "A cast: pop", "by two", "A cast: z")
}

func TestInitMayChangeTheModule(t *testing.T) {
	rt := begin(t)
	log := &journal{}
	pid, err := Start(rt.Client(waiting(t)), func() Handler[string] {
		return &puppet{log: log, init: func(c *Ctx[string]) error { return c.ChangeModule(other(log, "two", true, nil)) }}
	})
	ok(t, err)
	s := &stage{t: t, rt: rt, k: rt.Client(waiting(t)), pid: pid, log: log}
	s.cast("x")
	s.want("A enter: A", "by two", "A cast: x", "by two")
}
