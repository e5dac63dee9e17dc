package ivf

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// kmeans finds centroids by Lloyd's rounds over a sample. With many centroids it works
// on two levels, about √k groups and then the centroids of each, which costs √k
// instead of k distances a point and a round.
type kmeans struct {
	dims      int
	spherical bool // points are unit vectors and centroids are made so
	workers   int
	rng       *rand.Rand

	// progress is told how many of total points have gone through a level; nil: nobody.
	progress    func(done, total int)
	done, total int
}

const (
	kmeansRounds = 10
	flatCentres  = 64 // up to here one level is enough
)

// group is a range of centroids that lie together, and their middle.
type group struct {
	lo, hi int
	centre []float32
}

// train returns up to k centroids, one after the other, and the groups that they form.
// There are fewer when the points (a whole number of vectors, at least one) are. The
// points are reordered.
func (m *kmeans) train(ctx context.Context, points []float32, k int) (centroids []float32, groups []group, err error) {
	n := len(points) / m.dims
	k = min(k, n)
	if m.total = n; k > flatCentres {
		m.total = 2 * n
	}
	if k <= flatCentres {
		centroids, _, err = m.lloyd(ctx, points, k)
		return centroids, []group{{0, len(centroids) / m.dims, m.middle(centroids)}}, err
	}
	top, of, err := m.lloyd(ctx, points, int(math.Sqrt(float64(k))))
	if err != nil {
		return nil, nil, err
	}
	parts := m.split(points, of, len(top)/m.dims)
	left := k
	for i, part := range parts {
		// Centroids are shared out by the points, in whole numbers that add up.
		points := len(part) / m.dims
		share := max(1, int(math.Round(float64(left)*float64(points)/float64(n))))
		n, left = n-points, left-share
		own, _, err := m.lloyd(ctx, part, min(share, points))
		if err != nil {
			return nil, nil, err
		}
		lo := len(centroids) / m.dims
		centroids = append(centroids, own...)
		groups = append(groups, group{lo, len(centroids) / m.dims, top[i*m.dims : (i+1)*m.dims]})
	}
	return centroids, groups, nil
}

// split reorders the points by cluster and returns the clusters that have any.
func (m *kmeans) split(points []float32, of []int32, k int) [][]float32 {
	n, d := len(of), m.dims
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return int(of[a] - of[b]) })
	reorder(points, d, order)
	parts := make([][]float32, 0, k)
	for at := 0; at < n; {
		end := at
		for end < n && of[order[end]] == of[order[at]] {
			end++
		}
		parts = append(parts, points[at*d:end*d])
		at = end
	}
	return parts
}

// reorder puts the points into the given order, in place: they are what a build may hold
// in memory, once.
func reorder(points []float32, d int, order []int32) {
	at := func(i int32) []float32 { return points[int(i)*d : (int(i)+1)*d] }
	placed, first := make([]bool, len(order)), make([]float32, d)
	for start := range int32(len(order)) {
		if placed[start] {
			continue
		}
		copy(first, at(start))
		to := start
		for ; order[to] != start; to = order[to] {
			copy(at(to), at(order[to]))
			placed[to] = true
		}
		copy(at(to), first)
		placed[to] = true
	}
}

// lloyd returns k centroids and the cluster of each point. No cluster is empty.
func (m *kmeans) lloyd(ctx context.Context, points []float32, k int) ([]float32, []int32, error) {
	d, n := m.dims, len(points)/m.dims
	centroids := make([]float32, 0, k*d)
	for _, i := range m.rng.Perm(n)[:k] {
		centroids = append(centroids, points[i*d:(i+1)*d]...)
	}
	of := make([]int32, n)
	for round := range kmeansRounds {
		moved, err := m.assign(ctx, points, centroids, of)
		if err != nil {
			return nil, nil, err
		}
		m.report(m.done + n*(round+1)/kmeansRounds)
		if round > 0 && moved <= n/1000 || round == kmeansRounds-1 {
			break
		}
		m.update(points, centroids, of)
	}
	m.done += n
	m.report(m.done)
	return m.nonempty(centroids, of, k)
}

func (m *kmeans) report(done int) {
	if m.progress != nil {
		m.progress(done, m.total)
	}
}

// assign finds each point's nearest centroid and counts those that changed.
func (m *kmeans) assign(ctx context.Context, points, centroids []float32, of []int32) (int, error) {
	d, n := m.dims, len(of)
	var wg sync.WaitGroup
	moved := make([]int, m.workers)
	for w := range m.workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out := make([]float32, len(centroids)/d)
			for i := n * w / m.workers; i < n*(w+1)/m.workers; i++ {
				if i%256 == 0 && ctx.Err() != nil {
					return
				}
				dist.Scan(dist.L2, points[i*d:(i+1)*d], centroids, out)
				if c := int32(least(out)); of[i] != c {
					of[i] = c
					moved[w]++
				}
			}
		}()
	}
	wg.Wait()
	total := 0
	for _, c := range moved {
		total += c
	}
	return total, ctx.Err()
}

// least is the index of the smallest value; NaN is never smaller.
func least(v []float32) int {
	at := 0
	for i, x := range v {
		if x < v[at] {
			at = i
		}
	}
	return at
}

// update moves each centroid to the mean of its points. One without points goes next
// to a random point, which splits that point's cluster.
func (m *kmeans) update(points, centroids []float32, of []int32) {
	d := m.dims
	sums, counts := make([]float64, len(centroids)), make([]int, len(centroids)/d)
	for i, c := range of {
		counts[c]++
		sum := sums[int(c)*d : int(c+1)*d]
		for j, x := range points[i*d : (i+1)*d] {
			sum[j] += float64(x)
		}
	}
	for c, count := range counts {
		to := centroids[c*d : (c+1)*d]
		if count == 0 {
			i := m.rng.IntN(len(of))
			copy(to, points[i*d:(i+1)*d])
			continue
		}
		for j := range to {
			to[j] = float32(sums[c*d+j] / float64(count))
		}
		if m.spherical {
			normalise(to)
		}
	}
}

// nonempty drops the centroids that have no points.
func (m *kmeans) nonempty(centroids []float32, of []int32, k int) ([]float32, []int32, error) {
	number, kept := make([]int32, k), int32(0)
	used := make([]bool, k)
	for _, c := range of {
		used[c] = true
	}
	for c := range k {
		number[c] = kept
		if used[c] {
			copy(centroids[int(kept)*m.dims:int(kept+1)*m.dims], centroids[c*m.dims:(c+1)*m.dims])
			kept++
		}
	}
	for i, c := range of {
		of[i] = number[c]
	}
	return centroids[:int(kept)*m.dims], of, nil
}

// middle is the mean of some centroids.
func (m *kmeans) middle(centroids []float32) []float32 {
	c := make([]float32, m.dims)
	n := float32(len(centroids) / m.dims)
	for i, x := range centroids {
		c[i%m.dims] += x / n
	}
	return c
}
