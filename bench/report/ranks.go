package report

import (
	"math"
	"slices"
)

// exactUpTo is how many samples, of both sides together, are compared exactly.
// Beyond, the normal approximation is as good.
const exactUpTo = 60

// ranksTest returns how probable it is that two samples of the same distribution
// differ at least as much as x and y in either direction: the two-sided
// Mann-Whitney U test. Ties count as they are, not as if the samples were
// continuous.
func ranksTest(x, y []float64) (p float64) {
	n, m := len(x), len(y)
	if n == 0 || m == 0 {
		return 1
	}
	doubled := doubledRanks(x, y)
	sum := 0
	for _, r := range doubled[:n] {
		sum += r
	}
	if n+m <= exactUpTo {
		return exact(doubled, n, sum)
	}
	return approximate(doubled, n, sum)
}

// leastP returns the smallest result ranksTest can have for samples of these sizes:
// two of all ways to choose n of n+m.
func leastP(n, m int) float64 {
	ways := 1.0
	for i := 1; i <= n; i++ {
		ways *= float64(m+i) / float64(i)
	}
	return min(1, 2/ways)
}

// doubledRanks returns twice the rank of each of x and then y among all of them.
// Equal values share the mean of their ranks, which doubling makes whole.
func doubledRanks(x, y []float64) []int {
	all := slices.Concat(x, y)
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case all[a] < all[b]:
			return -1
		case all[a] > all[b]:
			return 1
		}
		return 0
	})
	ranks := make([]int, len(all))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && all[order[j]] == all[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			ranks[order[k]] = i + 1 + j // ranks i+1 to j: twice their mean
		}
		i = j
	}
	return ranks
}

// exact counts, of all ways to choose n of the ranks, those whose sum lies at least
// as far from the expected one.
func exact(ranks []int, n, sum int) float64 {
	total := 0
	for _, r := range ranks {
		total += r
	}
	// ways[k][s] is in how many ways k of the ranks seen so far add up to s. The
	// numbers stay below 2^60 or so, but a float64 is exact enough for a probability.
	ways := make([][]float64, n+1)
	for k := range ways {
		ways[k] = make([]float64, total+1)
	}
	ways[0][0] = 1
	reached := 0 // the largest sum so far
	for i, r := range ranks {
		reached += r
		for k := min(n, i+1); k >= 1; k-- {
			for s := reached; s >= r; s-- {
				ways[k][s] += ways[k-1][s-r]
			}
		}
	}
	// Compare times len(ranks), so that the expected sum is whole.
	expected := n * total
	far := abs(sum*len(ranks) - expected)
	var extreme, all float64
	for s, w := range ways[n] {
		all += w
		if abs(s*len(ranks)-expected) >= far {
			extreme += w
		}
	}
	return min(1, extreme/all)
}

// approximate takes the sum of ranks for normally distributed, with a correction
// for ties and for continuity.
func approximate(ranks []int, n, sum int) float64 {
	size := float64(len(ranks))
	var mean, squares float64
	for _, r := range ranks {
		mean += float64(r) / 2 / size
	}
	for _, r := range ranks {
		d := float64(r)/2 - mean
		squares += d * d
	}
	// The variance of a sum of n drawn without replacement.
	variance := float64(n) * (size - float64(n)) / (size * (size - 1)) * squares
	if variance == 0 {
		return 1
	}
	far := max(0, math.Abs(float64(sum)/2-float64(n)*mean)-0.5)
	return math.Erfc(far / math.Sqrt(2*variance))
}

func abs(v int) int { return max(v, -v) }
