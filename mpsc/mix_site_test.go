package mpsc

import (
	"runtime"
	"testing"
)

// run is the loop of a site's goroutine.
func (s *site) run() {
	m := s.m
	told := false
	for !told || len(s.queue) > 0 || len(m.shared) > 0 || !m.over() {
		if s.own.left > 0 {
			s.send(&s.own)
		} else if !told {
			told = true
			m.running.Add(-1)
		}
		select {
		case p := <-m.shared:
			s.queue = append(s.queue, p)
		default:
		}
		if len(s.queue) == 0 {
			if told {
				runtime.Gosched()
			}
			continue
		}
		p := s.queue[0]
		s.queue = s.queue[1:]
		switch s.random.IntN(8) {
		case 0:
			s.expose(p)
		case 1:
			s.lose(p)
		default:
			s.turn(p)
		}
	}
}

// send sends one thing on behalf of a source that is on this site.
func (s *site) send(src *source) {
	p := s.m.parties[s.random.IntN(len(s.m.parties))]
	v := src.next(s.m, p, parcelKind(s.random.IntN(8)))
	if v.what == plainParcel {
		s.deliver(src, p, v)
	} else {
		s.signal(p, v, 0)
	}
}

func (s *site) deliver(src *source, p *party, v parcel) {
	c, to := s.cache, p.address()
	switch p.mb.Reach(partyGen, c.tag) {
	case Schedule:
		p.mb.Arrive(c)
		*p.mb.PutFirst() = v
		s.queue = append(s.queue, p)
		return
	case Queued:
		if room := p.mb.Room(); room != nil {
			*room = v
			return
		}
	}
	if room := c.Open(to, src.stamp()); room != nil {
		*room = v
		if c.Commit(to) {
			return
		}
	}
	switch p.mb.Send(c, to, 0, src.stamp(), v) {
	case Schedule:
		s.queue = append(s.queue, p)
	case Inject:
		s.m.shared <- p
	case Gate:
		s.knock(p, v)
	case Queued, Ahead:
	default:
		s.m.t.Error("Send to a party that lives is refused")
	}
}

func (s *site) signal(p *party, v parcel, gate State) {
	switch p.mb.Signal(s.cache, p.address(), gate, v) {
	case Direct:
		s.act(p, v)
	case Schedule:
		s.act(p, v)
		if p.mb.HasNext() || p.peek || !p.mb.Release(partyGen, s.cache.tag) {
			s.queue = append(s.queue, p)
		}
	case Inject:
		s.m.shared <- p
	case Gate:
		s.knock(p, v)
	case Queued:
	default:
		s.m.t.Error("Signal to a party that lives is refused")
	}
}

func (s *site) knock(p *party, v parcel) {
	if p.intoGate(v) {
		s.signal(p, parcel{what: gateParcel}, Gated)
	}
}

// turn runs a party.
func (s *site) turn(p *party) {
	s.claim(p)
	for range 8 {
		if p.mb.State().Urgent() {
			p.mb.Fetch(s.cache, partyGen)
		}
		switch {
		case p.mb.HasNext():
			s.handle(p, p.mb.Next(s.cache))
		case p.peek:
			s.readGate(p)
		case p.mb.Release(partyGen, s.cache.tag):
			return
		default:
			p.mb.Fetch(s.cache, partyGen)
		}
	}
	s.queue = append(s.queue, p)
}

func (s *site) claim(p *party) {
	if owned, _ := p.mb.Owns(s.cache, partyGen); !owned {
		p.mb.Claim(s.cache, partyGen)
	}
}

// expose gives a party away.
func (s *site) expose(p *party) {
	for !p.mb.Publish(partyGen, s.cache.tag) {
		if owned, _ := p.mb.Owns(s.cache, partyGen); !owned {
			break
		}
		p.mb.Fetch(s.cache, partyGen)
	}
	s.m.shared <- p
}

// lose takes the site away from a party in the middle of a turn: it sends from outside, and goes on wherever it is claimed.
func (s *site) lose(p *party) {
	s.claim(p)
	p.mb.Detach()
	if p.voice.left > 0 {
		to := s.m.parties[s.random.IntN(len(s.m.parties))]
		s.m.postFrom(to, p.voice.next(s.m, to, parcelKind(s.random.IntN(8))), 0)
	}
	p.mb.Leave()
	s.m.shared <- p
}

// handle handles a message, or what a signal has left.
func (s *site) handle(p *party, v parcel) {
	if v.n <= p.newest[v.from] {
		s.m.t.Errorf("message %d of %d to party %d comes after its %d", v.n, v.from, p.number, p.newest[v.from])
	}
	p.newest[v.from] = v.n
	p.arrived[v.from]++
	if p.voice.left > 0 {
		s.send(&p.voice)
	}
	if p.sealAt--; p.sealAt == 0 {
		p.mb.Gate()
		p.mb.Fetch(s.cache, partyGen)
		p.sealed = true
	}
	s.m.handled.Add(1)
}

// readGate handles one thing from the gate.
func (s *site) readGate(p *party) {
	v, ok := p.outOfGate()
	switch {
	case !ok:
		p.peek = false
	case v.what == plainParcel:
		s.handle(p, v)
	default:
		s.place(p, v)
	}
}

// act acts on a signal.
func (s *site) act(p *party, v parcel) {
	if v.what == gateParcel {
		p.peek = true
		return
	}
	if p.sealed {
		s.m.t.Errorf("signal %d of %d has come past the gate of party %d", v.n, v.from, p.number)
	}
	s.place(p, v)
}

// place acts on a signal and checks that the signal comes at its place: all that its source has sent before it has arrived, nothing that it sent after
// it has.
func (s *site) place(p *party, v parcel) {
	waiting := uint32(0)
	p.mb.Each(func(w *parcel) bool {
		if w.from == v.from {
			waiting++
		}
		return true
	})
	if p.arrived[v.from]+waiting != v.n-1 {
		s.m.t.Errorf("signal %d of %d to party %d is acted upon when %d things have been handled and %d wait",
			v.n, v.from, p.number, p.arrived[v.from], waiting)
	}
	if v.what == leavingParcel {
		*p.mb.Put(s.cache) = v
		return
	}
	p.arrived[v.from]++
	if v.what == tellingParcel && p.voice.left > 0 {
		s.send(&p.voice)
	}
	s.m.handled.Add(1)
}

// Messages and signals between sites that run parties, give them away and lose them: nothing is lost or doubled, every signal is
// acted upon at its place among what its source has sent, and nothing is left behind.
func TestSignalsKeepTheirPlaceAmongGoroutines(t *testing.T) {
	const each, outside = 400, 2
	for seed := range 4 {
		m := newMix(t, 3, outside, 4, each, seed%2 == 1)
		m.run(outside, each)
		if t.Failed() {
			return
		}
	}
}
