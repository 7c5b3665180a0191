package genstatem

import "slices"

// model does what gen_statem's documentation says, in the plainest way: lists that are searched, nothing that is reused, one
// event after the other. It shares no code with the machine.
type model struct {
	seed      uint64
	enter     bool
	n         int
	state     int
	queue     []modelEvent
	postponed []modelEvent
	timers    []modelTimer // running, also those of zero
	zeros     []int        // keys of those of zero, in order
	trace     []string
}

type modelEvent struct {
	kind byte
	body int
}

type modelTimer struct {
	key, body int
	zero      bool
}

// begin does Init.
func (m *model) begin() {
	acts := plan(m.seed, 0, false)
	m.n = 1
	kept := acts[:0]
	for _, x := range acts {
		if x.op != "next" && x.op != "repeat" && x.op != "postpone" {
			kept = append(kept, x)
		}
	}
	m.finish(modelEvent{}, m.state, true, kept)
}

// receive handles an event from outside, and all that comes of it.
func (m *model) receive(e modelEvent) {
	m.handle(e)
	m.drain()
}

func (m *model) drain() {
	for {
		switch {
		case len(m.queue) > 0:
			e := m.queue[0]
			m.queue = m.queue[1:]
			m.handle(e)
		case len(m.zeros) > 0:
			key := m.zeros[0]
			e := modelEvent{"tsab"[key], m.timer(key).body}
			m.remove(key)
			m.handle(e)
		default:
			return
		}
	}
}

func (m *model) callback(state int, e modelEvent) []act {
	m.trace = append(m.trace, line(state, e.kind, e.body))
	acts := plan(m.seed, m.n, e.kind == 'e')
	m.n++
	return acts
}

func (m *model) handle(e modelEvent) {
	acts := m.callback(m.state, e)
	next, repeat := m.state, false
	for _, x := range acts {
		switch x.op {
		case "next":
			next = x.a
		case "repeat":
			repeat = true
		}
	}
	m.finish(e, next, repeat, acts)
}

// finish is a transition: acts are the actions of the callback; those of enter calls are appended.
func (m *model) finish(e modelEvent, next int, repeat bool, acts []act) {
	again := next != m.state || repeat
	for again && m.enter {
		more := m.callback(next, modelEvent{'e', m.state})
		again = slices.Contains(more, act{"repeat", 0, 0})
		acts = append(acts[:len(acts):len(acts)], more...)
	}
	postpone := false
	var inserted []modelEvent
	last := map[int]int{} // of each timeout, where its last setting stands
	for i, x := range acts {
		switch x.op {
		case "postpone":
			postpone = true
		case "nopostpone":
			postpone = false
		case "internal":
			inserted = append(inserted, modelEvent{'n', x.b})
		case "insert":
			inserted = append(inserted, modelEvent{"ci"[x.a], x.b})
		case "zero", "long", "update", "cancel":
			last[x.a] = i
		}
	}
	if postpone {
		m.postponed = append(m.postponed, e)
	}
	if next != m.state {
		m.queue = append(slices.Clone(m.postponed), m.queue...)
		m.postponed = nil
		m.remove(1)
	}
	m.state = next
	m.remove(0)
	m.queue = append(inserted, m.queue...)
	for i, x := range acts {
		if at, ok := last[x.a]; !ok || at != i {
			continue
		}
		switch x.op {
		case "cancel":
			m.remove(x.a)
		case "long":
			m.remove(x.a)
			m.timers = append(m.timers, modelTimer{x.a, x.b, false})
		case "update":
			if t := m.timer(x.a); t != nil {
				t.body = x.b
				break
			}
			fallthrough
		case "zero":
			m.remove(x.a)
			m.timers = append(m.timers, modelTimer{x.a, x.b, true})
			m.zeros = append(m.zeros, x.a)
		}
	}
}

func (m *model) timer(key int) *modelTimer {
	for i := range m.timers {
		if m.timers[i].key == key {
			return &m.timers[i]
		}
	}
	return nil
}

func (m *model) remove(key int) {
	m.timers = slices.DeleteFunc(m.timers, func(t modelTimer) bool { return t.key == key })
	m.zeros = slices.DeleteFunc(m.zeros, func(k int) bool { return k == key })
}

// fire lets the timer of key go off, if there is one.
func (m *model) fire(key int) {
	if t := m.timer(key); t != nil && !t.zero {
		e := modelEvent{"tsab"[key], t.body}
		m.remove(key)
		m.receive(e)
	}
}
