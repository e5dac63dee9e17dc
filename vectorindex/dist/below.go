package dist

import "math"

// Affine turns the sums of SumRows and SumGather into distances: Add + Scale·sum.
// Where every vector has a factor of its own (its inverse norm, for Cosine) the
// factor multiplies Scale first.
type Affine struct{ Add, Scale float32 }

// MarkWords is how many words Below writes for n sums.
func MarkWords(n int) int { return (n + 63) / 64 }

// Below turns sums into distances in place and marks those that a search must
// look at: bit i of marks is set when distance i is below bound, infinite or NaN.
// factors has a factor of each vector, or is nil. marks has MarkWords(len(sums))
// words, all of which are written.
func Below(sums, factors []float32, a Affine, bound float32, marks []uint64) {
	marks = marks[:MarkWords(len(sums))]
	whole := len(sums) &^ 63
	if whole > 0 {
		var f *float32
		if factors != nil {
			f = &factors[:whole][0]
		}
		below(&sums[0], f, whole, a.Add, a.Scale, bound, &marks[0])
	}
	if whole < len(sums) {
		rest := factors
		if rest != nil {
			rest = factors[whole:len(sums)]
		}
		marks[whole/64] = belowWord(sums[whole:], rest, a, bound)
	}
}

// belowWord is Below for at most 64 sums.
func belowWord(sums, factors []float32, a Affine, bound float32) (mark uint64) {
	for i, s := range sums {
		f := a.Scale
		if factors != nil {
			f *= factors[i]
		}
		d := a.Add + s*f
		sums[i] = d
		if d < bound || !(math.Abs(float64(d)) <= math.MaxFloat32) {
			mark |= 1 << i
		}
	}
	return mark
}
