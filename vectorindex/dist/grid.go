package dist

// Grid is a row of evenly spaced points, and how components are put on them: the code of
// x is (x − Low)·Inv + Half without what is behind the point, at least 0 and at most Top,
// which is below 256.
type Grid struct{ Low, Inv, Half, Top float32 }

// Quantize writes the codes of v to dst, which is as long, and returns their sum, the sum
// of their squares, and the sum of the squared distances, in steps, from components to
// the middle of what has their code (code + 1 − Half).
func (g *Grid) Quantize(dst []byte, v []float32) (sum, sq int32, off float32) {
	dst = dst[:len(v)]
	whole := len(v) &^ 7
	if whole > 0 {
		sum, sq, off = quantize(&dst[0], &v[0], whole, g)
	}
	if whole < len(v) {
		s, q, o := quantizeGo(dst[whole:], v[whole:], g)
		sum, sq, off = sum+s, sq+q, off+o
	}
	return sum, sq, off
}

// Fit returns, for the points x = 2·code − Top of v, Σ x·v and Σ x²: how well the angle of
// v is kept, without writing the codes.
func (g *Grid) Fit(v []float32) (dot, sq float32) {
	whole := len(v) &^ 7
	if whole > 0 {
		dot, sq = fit(&v[0], whole, g)
	}
	if whole < len(v) {
		d, q := fitGo(v[whole:], g)
		dot, sq = dot+d, sq+q
	}
	return dot, sq
}

// place is where x lies before its code is cut off. The conversion keeps the compiler
// from fusing the two operations, so that all tiers find the same codes.
func (g *Grid) place(x float32) float32 { return float32((x-g.Low)*g.Inv) + g.Half }

func (g *Grid) code(place float32) int32 {
	if !(place > 0) {
		return 0
	}
	return int32(min(place, g.Top))
}

func quantizeGo(dst []byte, v []float32, g *Grid) (sum, sq int32, off float32) {
	for i, x := range v {
		p := g.place(x)
		c := g.code(p)
		dst[i] = byte(c)
		sum += c
		sq += c * c
		e := p - 0.5 - float32(c)
		off += e * e
	}
	return sum, sq, off
}

func fitGo(v []float32, g *Grid) (dot, sq float32) {
	for _, x := range v {
		twice := 2*float32(g.code(g.place(x))) - g.Top
		dot += twice * x
		sq += twice * twice
	}
	return dot, sq
}

// Range returns the least and the greatest of v, 0 and 0 if there are none.
func Range(v []float32) (lo, hi float32) {
	if len(v) == 0 {
		return 0, 0
	}
	lo, hi = v[0], v[0]
	if whole := len(v) &^ 7; whole > 0 {
		lo, hi = extremes(&v[0], whole)
		v = v[whole:]
	}
	return extremesGo(lo, hi, v)
}

func extremesGo(lo, hi float32, v []float32) (float32, float32) {
	for _, x := range v {
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi
}

// SignCodes makes a query of the first len(q) codes of a record: each less 128.
func SignCodes(q []int8, codes []byte) {
	codes = codes[:len(q)]
	whole := len(q) &^ 31
	if whole > 0 {
		signCodes(&q[0], &codes[0], whole)
	}
	signCodesGo(q[whole:], codes[whole:])
}

func signCodesGo(q []int8, codes []byte) {
	for i, c := range codes {
		q[i] = int8(c ^ 0x80)
	}
}
