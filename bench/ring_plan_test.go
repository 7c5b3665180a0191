package bench

import (
	"slices"
	"testing"
)

// TestRingPlanAgreesWithARingThatIsPlayed plays small rings, token by token, and compares
// what each place sees with what the plan says.
func TestRingPlanAgreesWithARingThatIsPlayed(t *testing.T) {
	for places := 2; places <= 7; places++ {
		for tokens := 1; tokens <= 15; tokens++ {
			for hops := int64(1); hops <= 20; hops++ {
				p := planRing(places, tokens, hops*int64(tokens))
				if p.hops != hops {
					t.Fatalf("%d messages of %d tokens make %d hops, want %d", hops*int64(tokens), tokens, p.hops, hops)
				}
				due := make([]uint64, places)
				type token struct {
					place  int
					number uint64
				}
				var all []token
				for i := range places {
					due[i] = p.due(i)
				}
				for i := places - 1; i >= 0; i-- { // the foremost first
					for n := p.behind(i + 1); n < p.behind(i); n++ {
						if p.begins(n) != i {
							t.Fatalf("%d places, %d tokens: token %d begins at %d, or at %d", places, tokens, n, p.begins(n), i)
						}
						all = append(all, token{i, n})
					}
				}
				if len(all) != tokens {
					t.Fatalf("%d places: %d tokens begin, want %d", places, len(all), tokens)
				}
				for hop := int64(1); hop <= hops; hop++ {
					for k := range all {
						x := &all[k]
						x.place = (x.place + 1) % places
						if x.number != due[x.place] {
							t.Fatalf("%d places, %d tokens: number %d arrives at %d, which waits for %d", places, tokens, x.number, x.place, due[x.place])
						}
						due[x.place]++
						if ends := x.number >= p.ends(x.place); ends != (hop == hops) {
							t.Fatalf("%d places, %d tokens: token %d ends after %d hops of %d: %t", places, tokens, k, hop, hops, ends)
						}
						if x.place == 0 {
							x.number += p.tokens
						}
					}
				}
				if got := p.seen(); !slices.Equal(got, due) {
					t.Fatalf("%d places, %d tokens, %d hops: places wait for %v, the plan says %v", places, tokens, hops, due, got)
				}
			}
		}
	}
}
