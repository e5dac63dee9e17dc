package quant

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Books are what product quantization (Jégou, Douze, Schmid 2011) has learned of a set of
// vectors: their components in parts, in order, and for each part sixteen centroids. They
// hold nothing that changes.
type Books struct {
	cuts      []uint32  // part p has the components from cuts[p] on to cuts[p+1]
	centroids []float32 // see dist.BookSums
	half      []float32 // of each centroid, half its squared norm
	mean      []float32 // of the vectors
	bookFigures
}

// bookFigures are what the training measured of products of a code's error with a difference
// of neighbours, for norms of 1: what one in 80 is beyond, at least blockSpread deviations, and what
// none is but one in a million, by the deviation and by the greatest that was seen. Errors are not
// rotated at random as those of RaBitQ, so they need not be normal.
type bookFigures struct{ few, none float32 }

// longVector is from how many dimensions on a part has four components, not two.
const longVector = 256

// Parts is the number of parts, and of nibbles of a code, of vectors of dims components: a
// byte codes four components, of long vectors eight.
func Parts(dims int) int {
	each := 2
	if dims >= longVector {
		each = 4
	}
	return max(min(dims, 8), (dims+each-1)/each)
}

// TrainOptions directs a training.
type TrainOptions struct {
	Metric  dist.Metric
	Seed    uint64
	Workers int
	// Near is, for each vector of the sample, another one near to it that is coded against the
	// same centre; -1 = none.
	Near []int32
	// Centre is what vector i is coded against; nil = the origin, and not needed but for
	// InnerProduct.
	Centre   func(i int) []float32
	Progress func(done, total int) // may be nil; from one goroutine at a time
}

// BookSample is how many vectors books are learned from at most, if they have dims
// components: 256 for each centroid of a part, but no more than 64 MiB.
func BookSample(dims int) int { return min(256*dist.Centroids, max(64*dist.Centroids, (16<<20)/dims)) }

// TrainBooks learns the books of a sample of vectors, one behind the other, each less what
// it is coded against. The mean is that of the vectors themselves. The same sample and
// seed give the same books.
func TrainBooks(ctx context.Context, o TrainOptions, sample, mean []float32) (*Books, error) {
	parts := Parts(len(mean))
	b := &Books{mean: mean, cuts: cuts(sample, len(mean), parts)}
	b.centroids = make([]float32, dist.Centroids*len(mean))
	var mu sync.Mutex
	done := 0
	err := inParallel(ctx, o.Workers, parts, func(p int) {
		l := lloyd{sample: sample, dims: len(mean)}
		l.train(rand.New(rand.NewPCG(o.Seed, uint64(p))), b, p)
		mu.Lock()
		defer mu.Unlock()
		if done++; o.Progress != nil {
			o.Progress(done, parts)
		}
	})
	if err != nil {
		return nil, err
	}
	b.derive()
	b.measure(&o, sample)
	return b, nil
}

// inParallel calls f for 0 to n−1 from some goroutines.
func inParallel(ctx context.Context, workers, n int, f func(i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(1, min(workers, n)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// mostIn is how many components a part has at most, but where all have more.
const mostIn = 16

// cuts parts the components so that each part adds about as much to the error of a product, which
// is the square of its mean variance v, times 2^(−8/n) for what 4 bits save of n components,
// times n: what varies much is coded by itself, what hardly varies together.
func cuts(sample []float32, dims, parts int) []uint32 {
	vary := make([]float64, dims)
	for i, x := range sample {
		vary[i%dims] += float64(x) * float64(x)
	}
	most := max(mostIn, 2*(dims+parts-1)/parts)
	// parted cuts wherever a part would add more than limit; fewer parts for greater limits.
	parted := func(limit float64) []uint32 {
		out := []uint32{0}
		for at := 0; at < dims; {
			end, sum := at+1, vary[at]
			for end < dims && end-at < most {
				n := float64(end + 1 - at)
				if v := (sum + vary[end]) / n; n*v*v*math.Exp2(-8/n) > limit {
					break
				}
				sum += vary[end]
				end++
			}
			out, at = append(out, uint32(end)), end
		}
		return out
	}
	lo, hi := 0.0, 0.0 // exponents
	for _, v := range vary {
		hi = max(hi, v)
	}
	if hi = math.Log2(hi) * 2; math.IsInf(hi, 0) || hi != hi {
		hi = 0 // nothing varies, or overflows
	}
	hi += 16
	lo = hi - 200
	for range 60 {
		if mid := (lo + hi) / 2; len(parted(math.Exp2(mid))) > parts+1 {
			lo = mid
		} else {
			hi = mid
		}
	}
	out := parted(math.Exp2(hi))
	for len(out) > parts+1 { // whatever the limit: as even parts as there are
		out = out[:1]
		for p := range parts {
			out = append(out, uint32((p+1)*dims/parts))
		}
	}
	for len(out) < parts+1 { // halve the longest
		at := 0
		for p := 1; p < len(out)-1; p++ {
			if out[p+1]-out[p] > out[at+1]-out[at] {
				at = p
			}
		}
		out = slices.Insert(out, at+1, (out[at]+out[at+1])/2)
	}
	return out
}

// lloyd is the memory of one goroutine that trains parts.
type lloyd struct {
	sample []float32
	dims   int
	points []float32 // of the part, one behind the other
	of     []uint8
	far    []float32
}

const bookRounds = 12

// train finds the centroids of part p by Lloyd's rounds.
func (t *lloyd) train(rng *rand.Rand, b *Books, p int) {
	lo, hi := int(b.cuts[p]), int(b.cuts[p+1])
	w, n := hi-lo, len(t.sample)/t.dims
	own := b.centroids[dist.Centroids*lo : dist.Centroids*hi]
	if n == 0 {
		return
	}
	t.points = t.points[:0]
	for i := range n {
		t.points = append(t.points, t.sample[i*t.dims+lo:i*t.dims+hi]...)
	}
	t.spread(rng, own, w)
	if len(t.of) != n {
		t.of = make([]uint8, n)
	}
	cut, sums := []uint32{0, uint32(w)}, make([]float32, dist.Centroids)
	half := make([]float32, dist.Centroids)
	for range bookRounds {
		halves(half, own)
		moved := 0
		for i := range n {
			dist.BookSums(t.points[i*w:(i+1)*w], own, cut, sums)
			if c := nearestOf(sums, half); t.of[i] != c {
				t.of[i] = c
				moved++
			}
		}
		t.update(rng, own, w)
		if moved <= n/500 {
			break
		}
	}
}

// spread makes sixteen points the first centroids, each drawn with a probability that grows
// with the distance from those before (k-means++).
func (t *lloyd) spread(rng *rand.Rand, own []float32, w int) {
	n := len(t.points) / w
	t.far = t.far[:0]
	for range n {
		t.far = append(t.far, math.MaxFloat32)
	}
	at := rng.IntN(n)
	for c := range dist.Centroids {
		point := t.points[at*w : (at+1)*w]
		for j, x := range point {
			own[dist.Centroids*j+c] = x
		}
		total := 0.0
		for i := range n {
			d := float32(0)
			for j, x := range t.points[i*w : (i+1)*w] {
				d += (x - point[j]) * (x - point[j])
			}
			t.far[i] = min(t.far[i], d)
			total += float64(t.far[i])
		}
		left := rng.Float64() * total
		for at = 0; at < n-1; at++ {
			if left -= float64(t.far[at]); left < 0 {
				break
			}
		}
	}
}

// update moves each centroid to the mean of its points, one without points to a random point.
func (t *lloyd) update(rng *rand.Rand, own []float32, w int) {
	var counts [dist.Centroids]int
	sums := make([]float64, len(own))
	for i, c := range t.of {
		counts[c]++
		for j, x := range t.points[i*w : (i+1)*w] {
			sums[dist.Centroids*j+int(c)] += float64(x)
		}
	}
	for c, count := range counts {
		at := rng.IntN(len(t.of))
		for j := range w {
			x := float64(t.points[at*w+j])
			if count > 0 {
				x = sums[dist.Centroids*j+c] / float64(count)
			}
			if x-x != 0 {
				x = 0 // books are finite, whatever overflowed
			}
			own[dist.Centroids*j+c] = float32(x)
		}
	}
}

// halves writes half the squared norms of centroids.
func halves(half, own []float32) {
	clear(half)
	for i, x := range own {
		half[i%dist.Centroids] += x * x / 2
	}
}

// nearestOf is the nearest of sixteen centroids, given the products with them.
func nearestOf(sums, half []float32) uint8 {
	s, h := (*[dist.Centroids]float32)(sums), (*[dist.Centroids]float32)(half)
	best, at := s[0]-h[0], 0
	for c := 1; c < dist.Centroids; c++ {
		if x := s[c] - h[c]; x > best {
			best, at = x, c
		}
	}
	return uint8(at)
}

// derive computes what follows from the centroids.
func (b *Books) derive() {
	parts := b.parts()
	b.half = make([]float32, dist.Centroids*parts)
	for p := range parts {
		halves(b.half[dist.Centroids*p:dist.Centroids*(p+1)], b.centroids[dist.Centroids*b.cuts[p]:dist.Centroids*b.cuts[p+1]])
	}
}

func (b *Books) parts() int { return len(b.cuts) - 1 }

// measure finds the figures on the sample.
func (b *Books) measure(o *TrainOptions, sample []float32) {
	d := len(b.mean)
	n := len(sample) / d
	var m PQCode
	var seen []float64
	u, e := make([]float32, d), make([]float32, d)
	for i := range n {
		r := sample[i*d : (i+1)*d]
		b.encode(&m, o.Metric, r, b.mean)
		if !(m.normSq < math.MaxFloat32) || o.Near[i] < 0 || m.errSq <= 2e-6*m.normSq {
			continue
		}
		copy(u, sample[int(o.Near[i])*d:])
		if o.Metric == dist.InnerProduct && o.Centre != nil {
			for j, x := range o.Centre(i) {
				u[j] += x
			}
		}
		b.errorOf(&m, e, r)
		if x, ok := ratio(o.Metric, e, u, r); ok {
			seen = append(seen, math.Sqrt(x))
		}
	}
	b.bookFigures = bookFigures{1, 1} // which is true whatever the data
	if len(seen) >= leastPairs && d >= leastDims {
		b.bookFigures = figuresOf(seen)
	}
}

// figuresOf are the figures of products.
func figuresOf(seen []float64) bookFigures {
	n := len(seen)
	slices.Sort(seen)
	square := 0.0
	for _, x := range seen {
		square += x * x
	}
	deviation := math.Sqrt(square / float64(n))
	few := max(blockSpread*deviation, seen[n-1-n/80])
	none := max(SafeSpread*deviation, 1.4*seen[n-1])
	return bookFigures{float32(min(few, 1)), float32(min(none, 1))}
}

// Fewer pairs say nothing about rare products, and those of fewer components are often near 1.
const (
	leastPairs = 64
	leastDims  = 16
)

// errorOf writes what the code in m misses of r to e.
func (b *Books) errorOf(m *PQCode, e, r []float32) {
	for p := range b.parts() {
		for j := b.cuts[p]; j < b.cuts[p+1]; j++ {
			e[j] = r[j] - float32(m.scale)*b.centroids[dist.Centroids*j+uint32(m.code[p])]
		}
	}
}

// ratio is the square of the product of an error with a neighbour u, by the product of
// their squared norms; of u, but for InnerProduct, only what is orthogonal to r counts, as the
// error is, for that is what is left of the difference of near neighbours.
func ratio(m dist.Metric, e, u, r []float32) (float64, bool) {
	dot, uSq := dist.Dot64(e, u), dist.NormSq64(u)
	if m != dist.InnerProduct {
		along := dist.Dot64(r, u)
		uSq -= along * along / dist.NormSq64(r)
	}
	x := dot * dot / (dist.NormSq64(e) * uSq)
	return x, x >= 0 && x <= 1.01 // not where it is no number, or all of u was along r
}

// ErrBooks says that bytes are no books.
var ErrBooks = errors.New("quant: bytes are no codebooks")

// BooksBytes is the length of the flat form of books.
func BooksBytes(dims int) int { return 4 * (2 + Parts(dims) + 1 + (1+dist.Centroids)*dims) }

// AppendTo appends the flat form: the two figures, the cuts, the mean and the centroids,
// little-endian.
func (b *Books) AppendTo(to []byte) []byte {
	le := binary.LittleEndian
	for _, x := range []float32{b.few, b.none} {
		to = le.AppendUint32(to, math.Float32bits(x))
	}
	for _, c := range b.cuts {
		to = le.AppendUint32(to, c)
	}
	for _, part := range [][]float32{b.mean, b.centroids} {
		for _, x := range part {
			to = le.AppendUint32(to, math.Float32bits(x))
		}
	}
	return to
}

// ReadBooks is the inverse of AppendTo. The bytes are not trusted, and not kept.
func ReadBooks(from []byte, dims int) (*Books, error) {
	if len(from) != BooksBytes(dims) {
		return nil, ErrBooks
	}
	le := binary.LittleEndian
	word := func() uint32 {
		x := le.Uint32(from)
		from = from[4:]
		return x
	}
	finite := true
	float := func() float32 {
		x := math.Float32frombits(word())
		finite = finite && x-x == 0
		return x
	}
	b := &Books{bookFigures: bookFigures{float(), float()}}
	for range Parts(dims) + 1 {
		b.cuts = append(b.cuts, word())
	}
	last := uint32(0)
	for i, c := range b.cuts {
		if i == 0 && c != 0 || i > 0 && c <= last {
			return nil, ErrBooks
		}
		last = c
	}
	if int(last) != dims {
		return nil, ErrBooks
	}
	b.mean, b.centroids = make([]float32, last), make([]float32, dist.Centroids*last)
	for _, part := range [][]float32{b.mean, b.centroids} {
		for i := range part {
			part[i] = float()
		}
	}
	if !finite || !(b.few >= 0 && b.few <= 1 && b.none >= b.few && b.none <= 1) {
		return nil, ErrBooks
	}
	b.derive()
	return b, nil
}

// Bytes is the memory of the books.
func (b *Books) Bytes() int64 {
	return 4 * int64(len(b.cuts)+len(b.centroids)+len(b.half)+len(b.mean))
}

// Mean is the mean of the vectors; it must not be modified.
func (b *Books) Mean() []float32 { return b.mean }
