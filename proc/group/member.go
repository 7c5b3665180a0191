package group

import "github.com/thrum-go/thrum/proc"

// member is a process that has joined a group, or monitors one. All of it is under life.mu.
type member[K comparable] struct {
	pid      proc.PID
	ref      proc.MonitorRef // of the scope's monitor; zero until it has come to it
	gone     bool            // no longer in life.members
	seats    []seat[K]
	index    map[*group[K]]int // into seats, once there are many
	monitors map[proc.Alias]*monitor[K]
}

// seat is where a process stands in a group's list: once in first, and then in more, in the order of its joins.
type seat[K comparable] struct {
	g     *group[K]
	first uint32
	more  []uint32
}

// manySeats is from when on an index is worth its memory.
const manySeats = 16

func (m *member[K]) seat(g *group[K]) *seat[K] {
	if m.index != nil {
		if i, ok := m.index[g]; ok {
			return &m.seats[i]
		}
		return nil
	}
	for i := range m.seats {
		if m.seats[i].g == g {
			return &m.seats[i]
		}
	}
	return nil
}

// sit notes that m has joined g, as element at of its list, and returns how often it had joined before.
func (m *member[K]) sit(g *group[K], at uint32) (before uint32) {
	if s := m.seat(g); s != nil {
		s.more = append(s.more, at)
		return uint32(len(s.more))
	}
	m.seats = append(m.seats, seat[K]{g: g, first: at})
	switch {
	case m.index != nil:
		m.index[g] = len(m.seats) - 1
	case len(m.seats) > manySeats:
		m.index = make(map[*group[K]]int, 2*manySeats)
		for i := range m.seats {
			m.index[m.seats[i].g] = i
		}
	}
	return 0
}

// rise forgets the last join of s, one of m's, and returns which element that was.
func (m *member[K]) rise(s *seat[K]) (at uint32) {
	if k := len(s.more); k > 0 {
		at = s.more[k-1]
		if s.more = s.more[:k-1]; k == 1 {
			s.more = nil
		}
		return at
	}
	at = s.first
	last := len(m.seats) - 1
	if m.index != nil {
		i := m.index[s.g]
		m.index[m.seats[last].g] = i
		delete(m.index, s.g)
	}
	*s = m.seats[last]
	m.seats[last] = seat[K]{}
	if m.seats = m.seats[:last]; last == 0 {
		m.seats, m.index = nil, nil
	}
	return at
}

// move changes the place of join k of s.
func (s *seat[K]) move(k, to uint32) {
	if k == 0 {
		s.first = to
	} else {
		s.more[k-1] = to
	}
}

// last is the place of the last join.
func (s *seat[K]) last() uint32 {
	if k := len(s.more); k > 0 {
		return s.more[k-1]
	}
	return s.first
}
