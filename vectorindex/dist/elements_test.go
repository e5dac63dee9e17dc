package dist

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// recordsOf returns n records of size bytes each that end where their memory ends: a
// kernel that reads beyond one of them counts what it must not.
func recordsOf(r *rand.Rand, n, size, shift int) ([]unsafe.Pointer, [][]byte) {
	var at []unsafe.Pointer
	var all [][]byte
	for range n {
		buf := make([]byte, shift+size+64)
		for i := range buf {
			buf[i] = byte(r.Uint32()) | 1
		}
		v := buf[shift : shift+size : shift+size]
		at, all = append(at, unsafe.Pointer(&buf[shift])), append(all, v)
	}
	return at, all
}

// halves fills v with finite binary16 of all kinds.
func halves(r *rand.Rand, v []byte) {
	for i := 0; i+1 < len(v); i += 2 {
		h := uint16(r.Uint32())
		if r.IntN(3) > 0 {
			h = h&0x83ff | uint16(10+r.IntN(8))<<10 // about 1
		}
		if h&0x7c00 == 0x7c00 {
			h = 0
		}
		binary.LittleEndian.PutUint16(v[i:], h)
	}
}

func checkHalves(t *testing.T, k kernels, r *rand.Rand, dims, n, shift int) {
	t.Helper()
	if dims == 0 {
		return
	}
	defer func(k kernels) { active = k }(active)
	active = k
	at, all := recordsOf(r, n, 2*dims, shift)
	scale := 0.0
	for _, v := range all {
		halves(r, v)
	}
	q := guarded(r, dims, shift%16)
	ords := make([]uint32, n)
	for i := range ords {
		ords[i] = uint32(r.IntN(n))
	}
	for _, op := range []scanOp{opDot, opL2, opL1} {
		got, want := make([]float32, n+1), make([]float32, n+1)
		got[n], want[n] = 42, 42
		sumHalves(op, &q[0], dims, &at[0], 0, 0, 2*dims, &ords[0], n, &got[0])
		sumHalvesGo(op, &q[0], dims, &at[0], 0, 0, 2*dims, &ords[0], n, &want[0])
		for i := range got {
			scale = math.Abs(float64(want[i])) * 10
			if i < n && op == opDot {
				sumHalvesGo(opL1, &q[0], dims, &at[0], 0, 0, 2*dims, &ords[i], 1, &want[i])
				scale = math.Abs(float64(want[i])) * 100
				sumHalvesGo(op, &q[0], dims, &at[0], 0, 0, 2*dims, &ords[i], 1, &want[i])
			}
			if !closeTo(got[i], want[i], scale+float64(dims)) {
				t.Fatalf("%s halves %d dims=%d n=%d shift=%d: [%d] = %v, want %v", k.name, op, dims, n, shift, i, got[i], want[i])
			}
		}
	}
	got, want := make([]float32, dims+1), make([]float32, dims+1)
	got[dims], want[dims] = 42, 42
	decodeHalves(got[:dims], all[0])
	decodeHalvesGo(want[:dims], all[0])
	for i := range got {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s decoded %d: %v, want %v", k.name, i, got[i], want[i])
		}
	}
}

func checkBytes(t *testing.T, k kernels, r *rand.Rand, size, n, shift int) {
	t.Helper()
	if size == 0 {
		return
	}
	defer func(k kernels) { active = k }(active)
	active = k
	at, all := recordsOf(r, n, size, shift)
	if r.IntN(4) == 0 { // the greatest sums
		for _, v := range all {
			for i := range v {
				v[i] = []byte{0x80, 0x7f, 0xff, 0}[r.IntN(4)]
			}
		}
	}
	_, qs := recordsOf(r, 1, size, shift/2)
	ords := make([]uint32, n)
	for i := range ords {
		ords[i] = uint32(r.IntN(n))
	}
	for op := byteDot; op <= byteJaccard; op++ {
		got, want := make([]int32, 2*n+1), make([]int32, 2*n+1)
		got[2*n], want[2*n] = 42, 42
		sumBytes(op, &qs[0][0], size, &at[0], 0, 0, size, &ords[0], n, &got[0])
		sumBytesGo(op, &qs[0][0], size, &at[0], 0, 0, size, &ords[0], n, &want[0])
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s bytes %d size=%d n=%d shift=%d: [%d] = %v, want %v", k.name, op, size, n, shift, i, got[i], want[i])
			}
		}
	}
}

// Kernels of bytes at the lengths of the longest vectors, all components extreme.
func TestLongestBytes(t *testing.T) {
	for _, k := range available() {
		r := rand.New(rand.NewPCG(8, 8))
		for _, size := range []int{MaxBits / 8, MaxDims, MaxDims - 1} {
			for range 4 {
				checkBytes(t, k, r, size, 2, r.IntN(64))
			}
		}
	}
}

// Half agrees with its definition for every bit pattern.
func TestHalf(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		exp, frac := int(h>>10&31), float64(h&1023)
		want := math.Ldexp(1+frac/1024, exp-15)
		switch {
		case exp == 0:
			want = math.Ldexp(frac, -24)
		case exp == 31 && frac == 0:
			want = math.Inf(1)
		case exp == 31:
			want = math.NaN()
		}
		want = math.Copysign(want, 1-2*float64(h>>15))
		got := float64(Half(h))
		if got != want && !(got != got && want != want) || math.Signbit(got) != math.Signbit(want) {
			t.Fatalf("%#x is %v, want %v", h, got, want)
		}
	}
}

// vectorOf draws a vector of the space.
func vectorOf(r *rand.Rand, s Space) []byte {
	switch s.Element {
	case Sparse:
		n := r.IntN(min(s.Dims, 40) + 1)
		v := make([]byte, sparseHead)
		seen := map[uint32]bool{}
		for len(seen) < n {
			seen[r.Uint32N(uint32(s.Dims))] = true
		}
		binary.LittleEndian.PutUint32(v, uint32(s.Dims))
		binary.LittleEndian.PutUint32(v[4:], uint32(n))
		for i := range uint32(s.Dims) {
			if seen[i] {
				v = binary.LittleEndian.AppendUint32(v, i)
			}
		}
		for range n {
			v = binary.LittleEndian.AppendUint32(v, math.Float32bits(float32(r.NormFloat64())))
		}
		return v
	case Float32:
		f := make([]float32, s.Dims)
		for i := range f {
			f[i] = float32(r.NormFloat64())
		}
		return FloatBytes(f)
	}
	v := make([]byte, s.Size())
	for i := range v {
		v[i] = byte(r.Uint32())
	}
	if s.Element == Float16 {
		halves(r, v)
	}
	if s.Element == Bit {
		v[len(v)-1] &^= byte(1<<(8*len(v)-s.Dims) - 1)
	}
	return v
}

// components decodes a vector of any space by its definition.
func components(s Space, v []byte) []float64 {
	out := make([]float64, s.Dims)
	for i := range out {
		switch s.Element {
		case Float32:
			out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(v[4*i:])))
		case Float16:
			out[i] = float64(Half(binary.LittleEndian.Uint16(v[2*i:])))
		case Int8:
			out[i] = float64(int8(v[i]))
		case Bit:
			out[i] = float64(v[i/8] >> (7 - i%8) & 1)
		}
	}
	if s.Element == Sparse {
		n := int(binary.LittleEndian.Uint32(v[4:]))
		for i := range n {
			out[binary.LittleEndian.Uint32(v[8+4*i:])] = float64(math.Float32frombits(binary.LittleEndian.Uint32(v[8+4*n+4*i:])))
		}
	}
	return out
}

// defined is the distance by its definition.
func defined(m Metric, a, b []float64) float64 {
	var dot, na, nb, l1, either float64
	for i, x := range a {
		y := b[i]
		dot, na, nb = dot+x*y, na+x*x, nb+y*y
		l1 += math.Abs(x - y)
		either += max(x, y)
	}
	switch m {
	case L2:
		sum := 0.0
		for i, x := range a {
			sum += (x - b[i]) * (x - b[i])
		}
		return sum
	case InnerProduct:
		return -dot
	case Cosine:
		return 1 - dot/math.Sqrt(na*nb)
	case Jaccard:
		if dot == 0 {
			return 1
		}
		return 1 - dot/either
	}
	return l1 // Hamming of bits as well
}

func spaces(dims int) []Space {
	var out []Space
	for e := Float32; e.Valid(); e++ {
		for m := L2; m.Valid(); m++ {
			if e.Measures(m) {
				out = append(out, Space{Element: e, Metric: m, Dims: dims})
			}
		}
	}
	return out
}

func near(got, want, scale float64) bool {
	return got == want || math.Abs(got-want) <= scale*(1+math.Abs(want)) || got != got && want != want
}

// Every space's distances, exact and estimated, one by one and in batches, agree
// with their definition in every tier, and exact ones have the same bits in all.
func TestSpaces(t *testing.T) {
	defer func(k kernels) { active = k }(active)
	for _, dims := range []int{1, 7, 8, 63, 100, 513, 1100, maxDense + 5} {
		for _, s := range spaces(dims) {
			if s.Element != Sparse && dims > MaxDims || raceEnabled && dims > 513 {
				continue
			}
			r := rand.New(rand.NewPCG(uint64(dims), 1))
			st := NewStore(s, 4, 0, func(n int) []byte { return make([]byte, n) })
			const n = 100
			var all [][]byte
			for i := range n {
				v := vectorOf(r, s)
				if i%10 == 0 {
					v = zeroOf(s)
				}
				if err := s.Check(v); err != nil {
					t.Fatal(err)
				}
				if err := st.Append(v); err != nil {
					t.Fatal(err)
				}
				all = append(all, v)
			}
			q := vectorOf(r, s)
			exacts := make([]float64, n)
			for tier, k := range available() {
				active = k
				checkSpace(t, s, q, all, st.View(), exacts, tier == 0)
			}
		}
	}
}

func zeroOf(s Space) []byte {
	if s.Element == Sparse {
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(s.Dims)), 0)
	}
	return make([]byte, s.Size())
}

func checkSpace(t *testing.T, s Space, qv []byte, all [][]byte, v *Vectors, exacts []float64, first bool) {
	t.Helper()
	var q Query
	q.Reset(s, qv)
	qc := components(s, qv)
	n := len(all)
	ords, out, run := make([]uint32, n), make([]float32, n), make([]float32, n-3)
	for i := range ords {
		ords[i] = uint32(n - 1 - i)
	}
	q.Distances(v, ords, out)
	q.SumRange(v, 3, run)
	a := q.Affine()
	for i, x := range run {
		if run[i] = a.Add + a.Scale*x; s.Normed() {
			run[i] = a.Add + a.Scale*x*v.invNorm(uint32(i+3))
		}
	}
	for i, b := range all {
		if string(v.Bytes(uint32(i))) != string(b) {
			t.Fatalf("%v: vector %d is not what was stored", s, i)
		}
		c := components(s, b)
		want := defined(s.Metric, qc, c)
		scale := defined(L1, c, make([]float64, len(c))) + 1
		got := q.Exact(b)
		if !near(got, want, 1e-12*scale) || !near(s.Exact(b, qv), got, 1e-15) {
			t.Fatalf("%s %v: exact %v, want %v", active.name, s, got, want)
		}
		if !near(float64(out[n-1-i]), got, 1e-6*scale) || i >= 3 && !near(float64(run[i-3]), got, 1e-6*scale) {
			t.Fatalf("%s %v: vector %d: estimates %v, exact %v", active.name, s, i, out[n-1-i], got)
		}
		if !s.Estimates() && float64(out[n-1-i]) != got {
			t.Fatalf("%s %v: %v is not exact: %v", active.name, s, out[n-1-i], got)
		}
		if first {
			exacts[i] = got
		} else if got != exacts[i] && got == got {
			t.Fatalf("%s %v: exact %v, the generic tier has %v", active.name, s, got, exacts[i])
		}
	}
}

// What is no vector of the space is refused.
func TestCheck(t *testing.T) {
	u32 := func(v ...uint32) (b []byte) {
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, x)
		}
		return b
	}
	one, nan, inf := math.Float32bits(1), math.Float32bits(float32(math.NaN())), math.Float32bits(float32(math.Inf(-1)))
	for _, c := range []struct {
		e    Element
		dims int
		v    []byte
		ok   bool
	}{
		{Float32, 2, u32(one, 0), true}, {Float32, 2, u32(one), false}, {Float32, 1, u32(nan), false}, {Float32, 1, u32(inf), false},
		{Float32, 1, nil, false}, {Float32, 1, []byte{1}, false},
		{Float16, 1, []byte{0, 0x3c}, true}, {Float16, 1, []byte{0, 0x7c}, false}, {Float16, 1, []byte{1, 0xfc}, false}, {Float16, 2, []byte{0, 0}, false},
		{Int8, 3, []byte{0x80, 0, 0x7f}, true}, {Int8, 3, []byte{1}, false},
		{Bit, 3, []byte{0xe0}, true}, {Bit, 3, []byte{0xf0}, false}, {Bit, 8, []byte{0xff}, true}, {Bit, 9, []byte{0xff}, false},
		{Sparse, 5, u32(5, 0), true}, {Sparse, 5, u32(5, 2, 0, 4, one, one), true}, {Sparse, 5, u32(6, 0), false}, {Sparse, 5, u32(5), false},
		{Sparse, 5, u32(5, 1, 5, one), false}, {Sparse, 5, u32(5, 2, 1, 1, one, one), false}, {Sparse, 5, u32(5, 2, 2, 1, one, one), false},
		{Sparse, 5, u32(5, 1, 1, nan), false}, {Sparse, 5, u32(5, 2, 1, one), false}, {Sparse, 5, u32(5, 1<<31, 1, one), false}, {Sparse, 5, nil, false},
	} {
		err := Space{Element: c.e, Dims: c.dims}.Check(c.v)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrVector) {
			t.Errorf("%v of %d dimensions %x: %v", c.e, c.dims, c.v, err)
		}
	}
}

// Vectors read back from a file are checked before they are used.
func TestFlatSparse(t *testing.T) {
	s := Space{Element: Sparse, Dims: 9}
	arena := make([]byte, 0, 64)
	for _, x := range []uint32{9, 1, 3, math.Float32bits(2), 9, 0, 9, 2, 1, 8, 0, 0} {
		arena = binary.LittleEndian.AppendUint32(arena, x)
	}
	for places, ok := range map[[3]uint32]bool{{0, 2, 3}: true, {3, 0, 0}: true, {0, 6, 3}: false, {5, 0, 0}: false, {0, 1, 2}: false, {0, 1 << 31, 2}: false} {
		b := unsafe.Slice((*byte)(unsafe.Pointer(&places)), 12)
		if v, err := FlatSparse(s, b, arena); (err == nil) != ok {
			t.Errorf("places %v: %v", places, err)
		} else if ok && string(v.Bytes(1)) != string(arena[8*places[1]:][:len(v.Bytes(1))]) {
			t.Errorf("places %v: vector 1 is %x", places, v.Bytes(1))
		}
	}
}

// A store with a capacity refuses more, and one of long sparse vectors keeps each in
// one piece.
func TestStore(t *testing.T) {
	alloc := func(n int) []byte { return make([]byte, n) }
	s := Space{Element: Int8, Metric: Cosine, Dims: 4}
	st := NewStore(s, 0, 3, alloc)
	for i := range 3 {
		if err := st.Append([]byte{byte(i), 0, 0, 0}); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Append(make([]byte, 4)); !errors.Is(err, ErrFull) {
		t.Fatalf("beyond the capacity: %v", err)
	}
	s = Space{Element: Sparse, Metric: L2, Dims: MaxNonZeros}
	st = NewStore(s, 3, 0, alloc)
	var all []string
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		n := MaxNonZeros - r.IntN(9000)
		v := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, MaxNonZeros), uint32(n))
		for i := range n {
			v = binary.LittleEndian.AppendUint32(v, uint32(i))
		}
		for range n {
			v = binary.LittleEndian.AppendUint32(v, math.Float32bits(r.Float32()))
		}
		if err := errors.Join(s.Check(v), st.Append(v)); err != nil {
			t.Fatal(err)
		}
		all = append(all, string(v))
	}
	for i, v := range all {
		if string(st.View().Bytes(uint32(i))) != v {
			t.Fatalf("vector %d changed", i)
		}
	}
}

// Comparing prepared queries allocates nothing.
func TestQueriesDoNotAllocate(t *testing.T) {
	defer func(k kernels) { active = k }(active)
	for _, k := range available() {
		active = k
		for _, s := range spaces(200) {
			r := rand.New(rand.NewPCG(6, 6))
			st := NewStore(s, 6, 0, func(n int) []byte { return make([]byte, n) })
			for range 70 {
				if err := st.Append(vectorOf(r, s)); err != nil {
					t.Fatal(err)
				}
			}
			v, a, b := st.View(), vectorOf(r, s), vectorOf(r, s)
			ords, out := []uint32{5, 3, 69}, make([]float32, 70)
			var q Query
			var sink float64
			allocs := testing.AllocsPerRun(20, func() {
				q.Reset(s, a)
				q.Distances(v, ords, out)
				q.SumRange(v, 0, out)
				sink += q.Exact(b)
			})
			if allocs != 0 {
				t.Errorf("%s %v: %v allocations", k.name, s, allocs)
			}
		}
	}
}

func BenchmarkElements(b *testing.B) {
	const n, batch = 1 << 15, 32
	for _, dims := range []int{128, 768, 1536} {
		for _, s := range spaces(dims) {
			if s.Metric == L1 || s.Element == Sparse {
				continue
			}
			r := rand.New(rand.NewPCG(1, 1))
			st := NewStore(s, 10, 0, func(n int) []byte { return make([]byte, n) })
			for range n {
				if err := st.Append(vectorOf(r, s)); err != nil {
					b.Fatal(err)
				}
			}
			ords, out := make([]uint32, batch), make([]float32, batch)
			for i := range ords {
				ords[i] = r.Uint32N(n)
			}
			var q Query
			q.Reset(s, vectorOf(r, s))
			b.Run(fmt.Sprintf("%v/%v/%d", s.Element, s.Metric, dims), func(b *testing.B) {
				for range b.N {
					q.Distances(st.View(), ords, out)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/vector")
			})
		}
	}
}
