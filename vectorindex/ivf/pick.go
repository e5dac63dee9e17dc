package ivf

import (
	"math/bits"
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// picker finds the nearest of many lists, a few at a time.
type picker struct {
	far    []float32
	rest   []entry // what was not given out, once all were looked at
	marks  []uint64
	sample []float32
	all    bool
}

// reset begins with the distances of the lists, which are not kept beyond the search.
func (p *picker) reset(far []float32) { p.far, p.rest, p.all = far, p.rest[:0], false }

// pickSample is how many distances the guess of a limit is made from.
const pickSample = 64

// next appends the n nearest lists that were not given out before, nearest first; fewer
// only when there are not so many. A first call of few of many looks at those below a
// limit that it guesses from a sample.
func (p *picker) next(dst []entry, n int) []entry {
	first := len(dst) == 0
	if first && n <= len(p.far)/4 && len(p.far) >= 4*pickSample {
		if p.below(p.guess(n)); len(p.rest) >= n {
			return p.take(dst, n)
		}
	}
	if !p.all {
		given := len(dst)
		p.rest = p.rest[:0]
		for l, d := range p.far {
			p.rest = append(p.rest, makeEntry(d, uint32(l)))
		}
		p.all = true
		nearestFirst(p.rest, given)
		p.rest = p.rest[:copy(p.rest, p.rest[given:])]
	}
	return p.take(dst, n)
}

func (p *picker) take(dst []entry, n int) []entry {
	n = min(n, len(p.rest))
	nearestFirst(p.rest, n)
	dst = append(dst, p.rest[:n]...)
	p.rest = p.rest[:copy(p.rest, p.rest[n:])]
	return dst
}

// guess is a distance that more than n lists are likely below, but not many more.
func (p *picker) guess(n int) float32 {
	p.sample = p.sample[:0]
	step := len(p.far) / pickSample
	for i := range pickSample {
		p.sample = append(p.sample, p.far[i*step])
	}
	slices.Sort(p.sample)
	at := n * pickSample / len(p.far)
	return p.sample[min(at+at/4+3, pickSample-1)]
}

// below fills the rest with the lists below a limit.
func (p *picker) below(limit float32) {
	p.marks = slices.Grow(p.marks[:0], dist.MarkWords(len(p.far)))[:dist.MarkWords(len(p.far))]
	dist.Below(p.far, nil, dist.Affine{Scale: 1}, limit, p.marks)
	p.rest = p.rest[:0]
	for w, mark := range p.marks {
		for ; mark != 0; mark &= mark - 1 {
			l := 64*w + bits.TrailingZeros64(mark)
			if !(p.far[l] < limit) {
				continue // no number, which Below marks, too
			}
			p.rest = append(p.rest, makeEntry(p.far[l], uint32(l)))
		}
	}
}
