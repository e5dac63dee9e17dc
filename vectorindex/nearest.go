package vectorindex

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// Compare orders two distances: nearer first, NaN last.
func Compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return cmp.Compare(nanLast(a), nanLast(b))
}

func nanLast(d float64) float64 {
	if math.IsNaN(d) {
		return math.Inf(1)
	}
	return d
}

// Nearest pulls from s until it has the k nearest hits that check keeps, and
// returns them in distance order (ties by row), in buf's memory when it is large
// enough. Fewer than k means that no more qualify.
//
// check gets the hits in distance order, in small batches, and sets keep[i] for
// those whose row is visible, has the hit's epoch and passes the filter; keep is
// all false before the call. It may correct a hit's Dist, if Err says that it
// is an estimate, but not below Dist − Err.
//
// The rule that keeps the order exact although late hits exist (see Searcher): k
// passing hits are not enough; pulling goes on until the next hit of the round
// cannot be nearer than the k-th.
func Nearest(ctx context.Context, s Searcher, k int, buf []Hit, check func(hits []Hit, keep []bool) error) ([]Hit, error) {
	top := buf[:0]
	if k <= 0 {
		return top, nil
	}
	const batch = 64
	var hits [batch]Hit
	var keep [batch]bool
	seen, kept := 0, 0
	for {
		// A little more than what is missing, at the rate at which hits have passed:
		// a fetch of the rows behind the hits is cheaper in one go.
		want := min(max(k-len(top), 1)*(seen+1)/(kept+1)+2, batch)
		n, err := s.Next(ctx, hits[:want])
		if err != nil || n == 0 {
			return top, err
		}
		if done(top, k, &hits[0]) {
			return top, nil
		}
		clear(keep[:n])
		if err := check(hits[:n], keep[:n]); err != nil {
			return top, err
		}
		seen += n
		for i, h := range hits[:n] {
			if keep[i] {
				kept++
				top = insertHit(top, h, k)
			}
		}
		if done(top, k, &hits[n-1]) {
			return top, nil
		}
	}
}

// done reports whether no hit at or after h in its round can improve top.
func done(top []Hit, k int, h *Hit) bool {
	return len(top) >= k && Compare(h.Dist-h.Err, top[k-1].Dist) >= 0
}

// insertHit puts h in its place in the sorted top and cuts it at k.
func insertHit(top []Hit, h Hit, k int) []Hit {
	i, _ := slices.BinarySearchFunc(top, h, func(a, b Hit) int {
		if c := Compare(a.Dist, b.Dist); c != 0 {
			return c
		}
		return cmp.Compare(a.Row, b.Row)
	})
	if i >= k {
		return top
	}
	if len(top) < k {
		top = append(top, Hit{})
	}
	copy(top[i+1:], top[i:])
	top[i] = h
	return top
}
