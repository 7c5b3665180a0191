package bench

import "math"

// ringPlan says where tokens begin, how far each travels, and what every place of the
// ring is to see of them.
//
// Tokens spread over the ring at the beginning, and as nothing overtakes, they pass each
// place in the same order for ever. Numbered from the foremost, with as many added as
// there are tokens whenever one leaves place 0, they arrive at every place with the
// numbers one after the other: a token that is lost, doubled or overtaken breaks the
// row at the next place.
type ringPlan struct {
	places int
	tokens uint64
	hops   int64             // of each token
	last   map[int][2]uint64 // the numbers of the first and the last token that end at a place
}

func planRing(places, tokens int, messages int64) *ringPlan {
	tokens = max(1, tokens)
	p := &ringPlan{places: places, tokens: uint64(tokens), hops: max(1, messages/int64(tokens)), last: map[int][2]uint64{}}
	for k := range p.tokens {
		at := int64(p.begins(k)) + p.hops
		place := int(at % int64(places))
		number := k + p.tokens*uint64((at-1)/int64(places))
		span, known := p.last[place]
		if !known {
			span[0] = number
		}
		p.last[place] = [2]uint64{min(span[0], number), max(span[1], number)}
	}
	return p
}

// messages counts the hops, and the start that goes around once where there is more
// than one token.
func (p *ringPlan) messages() int64 {
	n := p.hops * int64(p.tokens)
	if p.tokens > 1 {
		n += int64(p.places - 1)
	}
	return n
}

// begins returns the place at which a token begins.
func (p *ringPlan) begins(token uint64) int {
	return int((p.tokens - 1 - token) * uint64(p.places) / p.tokens)
}

// behind returns how many tokens begin at a place or ahead of it; those that begin at it
// are the numbers from behind(place+1) on.
func (p *ringPlan) behind(place int) uint64 {
	// Token j from the last one begins at j*places/tokens, rounded down.
	below := (uint64(place)*p.tokens + uint64(p.places) - 1) / uint64(p.places)
	return p.tokens - min(below, p.tokens)
}

// due returns the number of the first token to arrive at a place.
func (p *ringPlan) due(place int) uint64 {
	if place == 0 {
		return 0
	}
	return p.behind(place)
}

// ends returns the number from which on tokens end at a place.
func (p *ringPlan) ends(place int) uint64 {
	if span, ok := p.last[place]; ok {
		return span[0]
	}
	return math.MaxUint64
}

// seen returns for each place the number it must wait for when all tokens have ended.
// What passed a place came to the next one, so it follows from where tokens ended.
func (p *ringPlan) seen() []uint64 {
	out := make([]uint64, p.places)
	at := 0
	for place := range p.last {
		at = place
		break
	}
	for range p.places {
		if span, ok := p.last[at]; ok {
			out[at] = span[1] + 1
		} else {
			out[at] = out[(at+1)%p.places]
			if at == 0 {
				out[at] -= p.tokens
			}
		}
		at = (at + p.places - 1) % p.places
	}
	return out
}
