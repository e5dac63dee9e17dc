package dist

import (
	"math"
	"unsafe"
)

// sparseHead is the length of what comes before a sparse vector's indices.
const sparseHead = 8

// sparseVec views a sparse vector.
type sparseVec struct {
	index []uint32
	value []float32
}

// sparseOf views checked bytes.
func sparseOf(v []byte) sparseVec { return sparseAt(unsafe.Pointer(unsafe.SliceData(v))) }

func sparseAt(p unsafe.Pointer) sparseVec {
	n := int(*(*uint32)(unsafe.Add(p, 4)))
	if n == 0 {
		return sparseVec{} // a pointer behind the vector would keep another alive
	}
	return sparseVec{
		index: unsafe.Slice((*uint32)(unsafe.Add(p, sparseHead)), n),
		value: unsafe.Slice((*float32)(unsafe.Add(p, sparseHead+4*n)), n),
	}
}

func (s sparseVec) normSq() float64 {
	sum := 0.0
	for _, x := range s.value {
		sum += float64(float64(x) * float64(x))
	}
	return sum
}

// maxDense bounds the memory of a query that is spread out: 1 MiB, enough for the
// vocabularies of language models.
const maxDense = 1 << 18

// sparseQuery is a sparse query. One of few enough dimensions is spread out over an
// array of all of them, so that a distance reads the other vector once and has no
// branch; others are merged.
type sparseQuery struct {
	vec    sparseVec
	dense  []float32 // zero but where the query is not; nil when merging or not yet needed
	memory []float32
	dims   int
	spread []uint32 // what is not zero in memory
	normSq float64
	sumAbs float64
}

func (q *sparseQuery) reset(dims int, v sparseVec) {
	for _, i := range q.spread {
		q.memory[i] = 0
	}
	q.spread, q.dense = q.spread[:0], nil
	q.vec, q.dims = v, dims
}

// prepare spreads the query out, once, if it can be.
func (q *sparseQuery) prepare() {
	if q.dense != nil || q.dims > maxDense {
		return
	}
	if len(q.memory) < q.dims {
		q.memory = make([]float32, q.dims)
	}
	q.dense, q.spread = q.memory[:q.dims], append(q.spread, q.vec.index...)
	q.normSq, q.sumAbs = q.vec.normSq(), 0
	for i, at := range q.vec.index {
		q.dense[at] = q.vec.value[i]
		q.sumAbs += math.Abs(float64(q.vec.value[i]))
	}
}

// gatherSparse is Distances of sparse vectors. Sums are float64, for L2 is computed
// of norms and the dot product, which cancel.
func (q *Query) gatherSparse(v *Vectors, ords []uint32, out []float32) {
	const ahead = 4
	q.sparse.prepare()
	for i := range min(ahead, len(ords)) {
		v.Prefetch(ords[i])
	}
	for i, o := range ords {
		if i+ahead < len(ords) {
			v.Prefetch(ords[i+ahead])
		}
		b := sparseAt(v.record(o))
		if q.sparse.dense == nil {
			out[i] = float32(q.merged(b))
		} else {
			out[i] = q.spreadOut(b)
		}
	}
}

// spreadOut is the distance of b to a query that is spread out.
func (q *Query) spreadOut(b sparseVec) float32 {
	s := &q.sparse
	if q.space.Metric == L1 {
		sum := s.sumAbs
		for j, i := range b.index {
			x := float64(s.dense[i])
			sum += math.Abs(x-float64(b.value[j])) - math.Abs(x)
		}
		return float32(sum)
	}
	dot, normSq := 0.0, 0.0
	for j, i := range b.index {
		y := float64(b.value[j])
		dot += float64(s.dense[i]) * y
		normSq += y * y
	}
	switch q.space.Metric {
	case InnerProduct:
		return float32(-dot)
	case Cosine:
		return cosineOrNaN(dot, s.normSq, normSq)
	}
	return float32(max(0, s.normSq+normSq-2*dot))
}

// exactSparse merges, so that the sum is of the components' own terms.
func (q *Query) exactSparse(v []byte) float64 { return q.merged(sparseOf(v)) }

// merged is the exact distance of b. Terms are added in the order of indices.
func (q *Query) merged(b sparseVec) float64 {
	a := q.sparse.vec
	switch q.space.Metric {
	case InnerProduct, Cosine:
		return q.combine(mergedDot(a, b), b.normSq())
	case L1:
		return mergedSum(a, b, l1Term)
	}
	return mergedSum(a, b, l2Term)
}

func mergedDot(a, b sparseVec) float64 {
	sum := 0.0
	for i, j := 0, 0; i < len(a.index) && j < len(b.index); {
		x, y := a.index[i], b.index[j]
		if x == y {
			sum += dotTerm(float64(a.value[i]), float64(b.value[j]))
		}
		if x <= y {
			i++
		}
		if y <= x {
			j++
		}
	}
	return sum
}

func mergedSum(a, b sparseVec, term func(x, y float64) float64) float64 {
	sum, i, j := 0.0, 0, 0
	for i < len(a.index) && j < len(b.index) {
		switch x, y := a.index[i], b.index[j]; {
		case x == y:
			sum += term(float64(a.value[i]), float64(b.value[j]))
			i, j = i+1, j+1
		case x < y:
			sum += term(float64(a.value[i]), 0)
			i++
		default:
			sum += term(0, float64(b.value[j]))
			j++
		}
	}
	for ; i < len(a.index); i++ {
		sum += term(float64(a.value[i]), 0)
	}
	for ; j < len(b.index); j++ {
		sum += term(0, float64(b.value[j]))
	}
	return sum
}
