package mpsc

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// mix is a small runtime on real goroutines: sites are cores with a goroutine each, parties are processes that run on them in
// turns and go from one to another, and send as long as they have something left to send. All of them send messages and
// signals to all parties.
type mix struct {
	t       *testing.T
	sites   []*site
	parties []*party
	shared  chan *party // public parties
	outside struct {
		sync.Mutex
		cache *Cache[parcel]
	}
	running atomic.Int64 // sites and goroutines outside that have not sent all they want to send
	sent    atomic.Int64
	handled atomic.Int64
}

// parcel is the n-th thing, from 1, that a source sends to one party.
type parcel struct {
	from uint16
	n    uint32
	what parcelKind
}

type parcelKind uint8

const (
	plainParcel   parcelKind = iota
	signalParcel             // a signal that is only acted upon
	leavingParcel            // a signal that leaves a message
	tellingParcel            // a signal on which the party sends
	gateParcel               // a signal that says that something waits in the gate; not counted
)

// source is where things come from: a site, a goroutine outside, or a party.
type source struct {
	id    uint16
	seq   []uint32 // by party
	left  int      // how many it sends yet
	party *party
}

func (s *source) stamp() uint64 {
	if s.party == nil {
		return 0
	}
	return s.party.mb.Stamp
}

// party is a receiver. All but mb's word and the gate belongs to whoever owns it.
type party struct {
	mb      Mailbox[parcel]
	number  int
	voice   source
	arrived []uint32 // by source, the things that have been handled
	newest  []uint32 // the last of its messages that was
	sealAt  int      // it is gated when it has handled so many messages
	sealed  bool
	peek    bool
	gate    struct {
		sync.Mutex
		queue []parcel
		told  bool
	}
}

const partyGen = State(1) << GenShift

func (p *party) address() uint64 { return uint64(partyGen) | uint64(p.number) }

// site is a core and its run queue.
type site struct {
	m      *mix
	cache  *Cache[parcel]
	queue  []*party
	own    source
	random *rand.Rand
}

func newMix(t *testing.T, sites, outside, parties, each int, gates bool) *mix {
	m := &mix{t: t, shared: make(chan *party, parties)}
	pool := NewPool[parcel]()
	m.outside.cache = pool.NewOutside()
	sources := sites + outside + parties
	for i := range parties {
		p := &party{number: i, arrived: make([]uint32, sources), newest: make([]uint32, sources), sealAt: -1}
		p.voice = source{id: uint16(sites + outside + i), seq: make([]uint32, parties), left: each, party: p}
		if gates {
			p.sealAt = 1 + i*each/4
		}
		p.mb.Leave()
		p.mb.Open(partyGen, Idle, false)
		m.parties = append(m.parties, p)
	}
	for i := range sites {
		s := &site{m: m, cache: pool.NewCache(i), random: rand.New(rand.NewPCG(uint64(i), 7))}
		s.own = source{id: uint16(i), seq: make([]uint32, parties), left: each}
		s.cache.OnSignal = func(mb *Mailbox[parcel], v parcel) {
			for _, p := range m.parties {
				if &p.mb == mb {
					s.act(p, v)
				}
			}
		}
		m.sites = append(m.sites, s)
	}
	m.running.Store(int64(sites + outside))
	return m
}

// run has everything sent and handled.
func (m *mix) run(outside, each int) {
	var wg sync.WaitGroup
	for _, s := range m.sites {
		wg.Go(s.run)
	}
	for i := range outside {
		wg.Go(func() {
			src := &source{id: uint16(len(m.sites) + i), seq: make([]uint32, len(m.parties)), left: each}
			random := rand.New(rand.NewPCG(uint64(i), 8))
			for src.left > 0 {
				p := m.parties[random.IntN(len(m.parties))]
				m.postFrom(p, src.next(m, p, parcelKind(random.IntN(8))), 0)
			}
			m.running.Add(-1)
		})
	}
	wg.Wait()
	for _, p := range m.parties {
		if s := p.mb.State(); s.Kind() != Idle || !s.Empty() || s.Urgent() || p.mb.HasNext() || len(p.gate.queue) != 0 {
			m.t.Errorf("party %d is left with word %#x, %d messages, and %d things in its gate", p.number, uint64(s), p.mb.Len(), len(p.gate.queue))
		}
	}
	if m.handled.Load() != m.sent.Load() {
		m.t.Errorf("%d sent, %d handled", m.sent.Load(), m.handled.Load())
	}
}

// over reports whether all is sent and handled. The order of the loads makes that certain: what is handled has been sent.
func (m *mix) over() bool {
	if m.running.Load() != 0 {
		return false
	}
	handled := m.handled.Load()
	return m.sent.Load() == handled
}

// next returns the next thing for p. Most are messages.
func (s *source) next(m *mix, p *party, what parcelKind) parcel {
	if what >= gateParcel {
		what = plainParcel
	}
	s.left--
	s.seq[p.number]++
	m.sent.Add(1)
	return parcel{s.id, s.seq[p.number], what}
}

// postFrom sends from outside.
func (m *mix) postFrom(p *party, v parcel, gate State) {
	o := &m.outside
	o.Lock()
	ch := o.cache.Prepare(v)
	if v.what != plainParcel {
		o.cache.Discard(ch)
		ch = o.cache.PrepareSignal(v)
	}
	o.Unlock()
	switch p.mb.Post(ch, p.address(), gate) {
	case Inject:
		m.shared <- p
	case Gate:
		o.Lock()
		o.cache.Discard(ch)
		o.Unlock()
		if p.intoGate(v) {
			m.postFrom(p, parcel{what: gateParcel}, Gated)
		}
	case Queued:
	default:
		m.t.Error("Post to a party that lives is refused")
	}
}

// intoGate puts v into the gate and reports whether the party must be told.
func (p *party) intoGate(v parcel) (tell bool) {
	p.gate.Lock()
	defer p.gate.Unlock()
	p.gate.queue = append(p.gate.queue, v)
	tell, p.gate.told = !p.gate.told, true
	return tell
}

func (p *party) outOfGate() (v parcel, ok bool) {
	p.gate.Lock()
	defer p.gate.Unlock()
	if len(p.gate.queue) == 0 {
		p.gate.told = false
		return v, false
	}
	v = p.gate.queue[0]
	p.gate.queue = p.gate.queue[1:]
	return v, true
}
