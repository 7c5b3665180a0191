package genstatem

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A script says what a machine does in its nth callback, whatever that is for. So two machines that follow the same rules have the
// same callbacks.

// act is one action. What it means depends on op.
type act struct {
	op   string
	a, b int
}

const (
	callbacks = 90 // that do something; the ones behind them do nothing, so that a script ends
	states    = 3
)

// keys are the timeouts that scripts use: the event timeout, the state timeout, two with names.
var keys = [...]any{EventTimeout, StateTimeout, "a", "b"}

// plan returns what the nth callback of a script does. enter says that it is an enter call, which may not do everything.
func plan(seed uint64, n int, enter bool) (acts []act) {
	if n >= callbacks {
		return nil
	}
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	result, inserts := r.IntN(10), []act{}
	switch {
	case result < 3 && !enter:
		acts = append(acts, act{"next", r.IntN(states), 0})
	case result == 3:
		acts = append(acts, act{"repeat", 0, 0})
	}
	for i := range r.IntN(5) {
		id := n*10 + i
		switch r.IntN(16) {
		case 0, 1, 2, 3:
			inserts = append(inserts, act{"postpone", 0, 0})
		case 4:
			acts = append(acts, act{"nopostpone", 0, 0})
		case 5:
			inserts = append(inserts, act{"internal", 0, id})
		case 6:
			inserts = append(inserts, act{"insert", r.IntN(2), id})
		case 7, 8:
			acts = append(acts, act{"zero", r.IntN(len(keys)), id})
		case 9, 10, 11:
			acts = append(acts, act{"long", r.IntN(len(keys)), id})
		case 12:
			acts = append(acts, act{"update", r.IntN(len(keys)), id})
		case 13, 14:
			acts = append(acts, act{"cancel", r.IntN(len(keys)), 0})
		case 15:
			acts = append(acts, act{"hibernate", 0, 0})
		}
		if !enter {
			acts = append(acts, inserts...)
		}
		inserts = inserts[:0]
	}
	return acts
}

// external is a message that a script is sent: a cast, call or info, by its letter.
type external struct {
	kind byte
	id   int
}

// externals returns the messages of a script.
func externals(seed uint64) (es []external) {
	r := rand.New(rand.NewPCG(seed, 1<<40))
	for i := range 20 {
		es = append(es, external{"lci"[r.IntN(3)], 1000 + i})
	}
	return es
}

// line is what a callback leaves in the trace: the state, the kind's letter, and the event's body.
func line(state int, kind byte, body int) string { return fmt.Sprintf("%d%c%d", state, kind, body) }

// letters of the kinds: info, cast, call, internal, timeouts, enter.
var letters = map[Kind]byte{InfoEvent: 'i', CastEvent: 'c', CallEvent: 'l', InternalEvent: 'n', EventTimeout: 't', StateTimeout: 's', EnterEvent: 'e'}

func letter(e Event) byte {
	if e.Kind == NamedTimeout {
		return e.Name.(string)[0]
	}
	return letters[e.Kind]
}

// actor is a machine that follows a script.
type actor struct {
	seed  uint64
	burn  bool // uses up its turn now and then
	enter bool
	n     int
	trace []string
}

func (a *actor) StateEnter() bool { return a.enter }

func (a *actor) Init(c *Ctx[int]) (int, error) {
	a.act(c, Event{Kind: InternalEvent})
	return 0, nil
}

func (a *actor) HandleEvent(c *Ctx[int], s int, e Event) error {
	a.trace = append(a.trace, line(s, letter(e), e.Body.(int)))
	a.act(c, e)
	return nil
}

func (a *actor) act(c *Ctx[int], e Event) {
	acts := plan(a.seed, a.n, e.Kind == EnterEvent)
	first := a.n == 0
	a.n++
	if a.burn && a.n%3 == 0 {
		c.Consume(4000)
	}
	for _, x := range acts {
		var err error
		switch x.op {
		case "next":
			if !first {
				err = c.Next(x.a)
			}
		case "repeat":
			if !first {
				err = c.Repeat()
			}
		case "postpone":
			err = c.Postpone()
		case "nopostpone":
			err = c.NoPostpone()
		case "internal":
			err = c.Internal(x.b)
		case "insert":
			err = c.NextEvent(Event{Kind: [...]Kind{CastEvent, InfoEvent}[x.a], Body: x.b})
		case "zero":
			err = c.SetTimeout(keys[x.a], 0, x.b)
		case "long":
			err = c.SetTimeout(keys[x.a], 3_600_000_000_000, x.b)
		case "update":
			err = c.UpdateTimeout(keys[x.a], x.b)
		case "cancel":
			err = c.CancelTimeout(keys[x.a])
		case "hibernate":
			c.Hibernate()
		}
		if err != nil {
			panic(err)
		}
	}
}

func joined(trace []string) string { return strings.Join(trace, " ") }
