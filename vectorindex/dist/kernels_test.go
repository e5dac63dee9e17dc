package dist

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// guarded returns n float32 at a chosen misalignment, right before an inaccessible
// NaN margin: a kernel that reads beyond its input shows up as NaN.
func guarded(r *rand.Rand, n, shift int) []float32 {
	buf := make([]float32, n+64)
	for i := range buf {
		buf[i] = float32(math.NaN())
	}
	v := buf[shift : shift+n : shift+n]
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func closeTo(got, want float32, scale float64) bool {
	return math.Abs(float64(got)-float64(want)) <= 1e-5*(1+scale)
}

// checkFloats compares all float kernels of tier k with the oracle.
func checkFloats(t *testing.T, k kernels, r *rand.Rand, dims, n, shift int) {
	t.Helper()
	if dims == 0 {
		return
	}
	q := guarded(r, dims, shift)
	base := guarded(r, dims*n, shift+1)
	got, want := make([]float32, 2*n), make([]float32, 2*n)
	scale := float64(dims)
	defer func(k kernels) { active = k }(active)
	active = k
	for op := opDot; op <= opDotNorm; op++ {
		clear(want)
		scanGo(op, &q[0], &base[0], dims, n, &want[0])
		for _, far := range []int{0, 192, ahead} { // what is asked for changes no sum
			clear(got)
			scan(op, &q[0], &base[0], dims, n, far, &got[0])
			for i := range got {
				if !closeTo(got[i], want[i], scale) {
					t.Fatalf("%s scan %d dims=%d n=%d shift=%d ahead=%d: [%d] = %v, want %v", k.name, op, dims, n, shift, far, i, got[i], want[i])
				}
			}
		}
	}
	for op := opDot; op <= opL1; op++ {
		// Exact sums have the same bits in every tier.
		if got, want := exact(op, &q[0], &base[0], dims), exactGo(op, &q[0], &base[0], dims); got != want {
			t.Fatalf("%s exact %d dims=%d shift=%d: %v, want %v", k.name, op, dims, shift, got, want)
		}
	}
	o := &genericKernels
	ords := make([]uint32, n)
	for i := range ords {
		ords[i] = uint32(r.IntN(n))
	}
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&base[0])), 4*len(base))
	flat := FlatRows(bytes, 4*dims)
	one := Rows{chunks: make([]unsafe.Pointer, n), shift: 0, stride: 4 * dims}
	for i := range n {
		one.chunks[i] = flat.Record(uint32(i))
	}
	for name, f := range map[string][2]gatherFunc{
		"gatherDot": {k.gatherDot, o.gatherDot}, "gatherL2": {k.gatherL2, o.gatherL2}, "gatherL1": {k.gatherL1, o.gatherL1},
	} {
		for _, rows := range []*Rows{&flat, &one} {
			f[0](&q[0], dims, &rows.chunks[0], rows.shift, rows.mask(), rows.stride, &ords[0], n, &got[0])
			f[1](&q[0], dims, &rows.chunks[0], rows.shift, rows.mask(), rows.stride, &ords[0], n, &want[0])
			for i := range n {
				if !closeTo(got[i], want[i], scale) {
					t.Fatalf("%s %s dims=%d n=%d: [%d] = %v, want %v", k.name, name, dims, n, i, got[i], want[i])
				}
			}
		}
	}
}

func checkCodes(t *testing.T, k kernels, r *rand.Rand, dims, n, shift int) {
	t.Helper()
	stride := CodeStride(dims)
	buf := make([]byte, n*stride+64)[shift : shift+n*stride]
	for i := range n {
		rec := buf[i*stride : (i+1)*stride]
		for j := range rec { // padding holds anything
			rec[j] = byte(r.Uint32())
			if r.IntN(4) == 0 {
				rec[j] = 255
			}
		}
		for j := range 4 {
			binary.LittleEndian.PutUint32(rec[stride-CodeTail+4*j:], math.Float32bits(float32(r.NormFloat64())))
		}
	}
	q := make([]int8, stride)
	for i := range dims {
		q[i] = int8(r.Uint32())
		if r.IntN(4) == 0 {
			q[i] = -128
		}
	}
	f := [5]float32{float32(r.NormFloat64()), 2, -1, 0.5, 0.25}
	rows := FlatRows(buf, stride)
	ords := make([]uint32, n)
	for i := range ords {
		ords[i] = uint32(r.IntN(n))
	}
	got, want := make([]float32, n+1), make([]float32, n+1)
	got[n], want[n] = 42, 42
	k.codes(&q[0], &f, &rows.chunks[0], rows.shift, rows.mask(), stride, &ords[0], n, &got[0])
	codesGo(&q[0], &f, &rows.chunks[0], rows.shift, rows.mask(), stride, &ords[0], n, &want[0])
	for i := range got {
		if math.Abs(float64(got[i]-want[i])) > 1e-5*(10+math.Abs(float64(want[i]))) {
			t.Fatalf("%s codes dims=%d n=%d: [%d] = %v, want %v", k.name, dims, n, i, got[i], want[i])
		}
	}
}

func checkCodesL1(t *testing.T, k kernels, r *rand.Rand, dims, n, shift int) {
	t.Helper()
	if dims == 0 {
		return
	}
	stride := CodeStride(dims)
	buf := make([]byte, n*stride+64)[shift : shift+n*stride]
	for i := range buf {
		buf[i] = byte(r.Uint32())
	}
	for i := range n {
		tail := buf[(i+1)*stride-CodeTail:]
		binary.LittleEndian.PutUint32(tail[8:], math.Float32bits(float32(r.NormFloat64())))
		binary.LittleEndian.PutUint32(tail[12:], math.Float32bits(float32(r.Float64()/128)))
	}
	q := guarded(r, dims, 3)
	rows := FlatRows(buf, stride)
	ords := make([]uint32, n)
	for i := range ords {
		ords[i] = uint32(r.IntN(n))
	}
	got, want := make([]float32, n+1), make([]float32, n+1)
	got[n], want[n] = 42, 42
	k.codesL1(&q[0], dims, &rows.chunks[0], rows.shift, rows.mask(), stride, &ords[0], n, &got[0])
	codesL1Go(&q[0], dims, &rows.chunks[0], rows.shift, rows.mask(), stride, &ords[0], n, &want[0])
	for i := range got {
		if !closeTo(got[i], want[i], float64(dims)) {
			t.Fatalf("%s codesL1 dims=%d n=%d: [%d] = %v, want %v", k.name, dims, n, i, got[i], want[i])
		}
	}
}

// checkBelow compares the distances with the oracle's and the marks with what
// they say about the distances.
func checkBelow(t *testing.T, k kernels, r *rand.Rand, n, shift int) {
	t.Helper()
	defer func(k kernels) { active = k }(active)
	active = k
	special := []float32{0, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), math.MaxFloat32, -math.MaxFloat32, 1e-45}
	sums, factors := guarded(r, n, shift), guarded(r, n, shift+1)
	for i := range sums {
		if r.IntN(8) == 0 {
			sums[i] = special[r.IntN(len(special))]
		}
		if r.IntN(32) == 0 {
			factors[i] = special[r.IntN(len(special))]
		}
	}
	a := Affine{Add: float32(r.IntN(2)), Scale: float32(r.NormFloat64())}
	bound := float32(r.NormFloat64())
	if r.IntN(4) == 0 {
		bound = special[1+r.IntN(2)]
	}
	for _, f := range [][]float32{nil, factors} {
		got, want := append(make([]float32, shift), sums...)[shift:], append([]float32(nil), sums...)
		marks, oracle := make([]uint64, MarkWords(n)+1), make([]uint64, MarkWords(n))
		marks[len(oracle)] = 42
		Below(got, f, a, bound, marks)
		for w := range oracle {
			end := min(64*w+64, n)
			var fs []float32
			if f != nil {
				fs = f[64*w : end]
			}
			oracle[w] = belowWord(want[64*w:end], fs, a, bound)
		}
		for i, d := range got {
			finite := !math.IsNaN(float64(d)) && !math.IsInf(float64(d), 0)
			if finite && !closeTo(d, want[i], math.Abs(float64(sums[i]))) {
				t.Fatalf("%s below n=%d: [%d] = %v, want %v", k.name, n, i, d, want[i])
			}
			if marked := marks[i/64]>>(i%64)&1 == 1; marked != (d < bound || !finite) {
				t.Fatalf("%s below n=%d: [%d] = %v, bound %v, marked %v", k.name, n, i, d, bound, marked)
			}
		}
		if n%64 != 0 && marks[len(oracle)-1]>>(n%64) != 0 || marks[len(oracle)] != 42 {
			t.Fatalf("%s below n=%d: marks beyond the end", k.name, n)
		}
	}
}

// checkKeep compares what stays with an obvious loop's, and that nothing beyond the end
// is written.
func checkKeep(t *testing.T, k kernels, r *rand.Rand, n, shift int) {
	t.Helper()
	defer func(k kernels) { active = k }(active)
	active = k
	special := []float32{0, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), math.MaxFloat32}
	ids := make([]uint32, shift+n+1)[shift:]
	own, dists := guarded(r, n+1, shift), guarded(r, n, shift+1)
	for i := range ids {
		ids[i] = r.Uint32()
	}
	for i := range dists {
		switch r.IntN(8) {
		case 0:
			own[i] = dists[i]
		case 1:
			own[i] = special[r.IntN(len(special))]
		case 2:
			dists[i] = special[r.IntN(len(special))]
		}
	}
	var wantIDs []uint32
	var wantOwn []float32
	for i, d := range dists {
		if !(d < own[i]) {
			wantIDs, wantOwn = append(wantIDs, ids[i]), append(wantOwn, own[i])
		}
	}
	lastID, lastOwn := ids[n], own[n]
	got := Keep(ids[:n], own[:n], dists)
	if got != len(wantIDs) || !slices.Equal(ids[:got], wantIDs) || ids[n] != lastID || math.Float32bits(own[n]) != math.Float32bits(lastOwn) {
		t.Fatalf("%s keep n=%d: %d of %v, want %v", k.name, n, got, ids, wantIDs)
	}
	for i, x := range wantOwn {
		if math.Float32bits(own[i]) != math.Float32bits(x) {
			t.Fatalf("%s keep n=%d: own[%d] = %v, want %v", k.name, n, i, own[i], x)
		}
	}
}

func TestTiersAgainstOracle(t *testing.T) {
	for _, k := range available() {
		r := rand.New(rand.NewPCG(1, 2))
		for dims := 0; dims <= 2100; dims += lengthStep() {
			n := 1 + dims%5
			if dims <= 130 {
				n = 1 + dims%maxGather
			}
			checkFloats(t, k, r, dims, n, dims%16)
			checkCodes(t, k, r, dims, n, 4*(dims%16))
			checkCodesL1(t, k, r, dims, n, 4*(dims%16))
			checkBelow(t, k, r, dims, dims%16)
			checkKeep(t, k, r, dims%130, dims%16)
			checkHalves(t, k, r, dims, n, dims%64)
			checkBytes(t, k, r, dims, n, dims%64)
		}
		for n := 1; n <= maxGather; n++ {
			checkCodes(t, k, r, 100, n, 0)
		}
	}
}

// lengthStep is what oracles over all lengths go by.
func lengthStep() int {
	if raceEnabled {
		return 17
	}
	return 1
}

func FuzzTiers(f *testing.F) {
	f.Add(uint64(1), uint16(100), uint8(32), uint8(3))
	f.Add(uint64(2), uint16(2099), uint8(64), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, dims uint16, n, shift uint8) {
		d, m, s := int(dims)%2101, 1+int(n)%maxGather, int(shift)%16
		for _, k := range available() {
			r := rand.New(rand.NewPCG(seed, 3))
			checkFloats(t, k, r, d, m, s)
			checkCodes(t, k, r, d, m, 4*s)
			checkCodesL1(t, k, r, d, m, 4*s)
			checkBelow(t, k, r, d, s)
			checkKeep(t, k, r, d, s)
			checkHalves(t, k, r, d, m, int(shift)%64)
			checkBytes(t, k, r, d, m, int(shift)%64)
			checkBytes(t, k, r, int(dims)%(MaxBits/8+1), 1+m%4, int(shift)%64)
		}
	})
}

// TestPublicFunctions checks the wrappers, batches beyond one kernel call included,
// against float64 sums.
func TestPublicFunctions(t *testing.T) {
	defer func(k kernels) { active = k }(active)
	for _, k := range available() {
		active = k
		r := rand.New(rand.NewPCG(4, 4))
		const dims, n = 37, 150
		q, base := guarded(r, dims, 0), guarded(r, dims*n, 1)
		rows := FlatRows(unsafe.Slice((*byte)(unsafe.Pointer(&base[0])), 4*len(base)), 4*dims)
		ords, out := make([]uint32, n), make([]float32, n)
		for i := range ords {
			ords[i] = uint32(n - 1 - i)
		}
		for _, m := range []Metric{L2, InnerProduct, Cosine, L1} {
			Scan(m, q, base, out)
			for i := range n {
				v := base[i*dims : (i+1)*dims]
				want := float32(m.Exact(q, v))
				if !closeTo(out[i], want, dims) || !closeTo(m.Distance(q, v), want, dims) {
					t.Fatalf("%s %v: scan %v, pair %v, want %v", k.name, m, out[i], m.Distance(q, v), want)
				}
			}
			if m == Cosine {
				continue
			}
			SumGather(m, q, &rows, ords, out)
			for i, o := range ords {
				want := float32(m.Exact(q, base[int(o)*dims:int(o+1)*dims]))
				if m == InnerProduct {
					want = -want
				}
				if !closeTo(out[i], want, dims) {
					t.Fatalf("%s %v: gather %v, want %v", k.name, m, out[i], want)
				}
			}
		}
		if d := Cosine.Distance(q, make([]float32, dims)); d == d {
			t.Fatalf("cosine with a zero vector is %v, want NaN", d)
		}
		if d := L2.Distance(nil, nil); d != 0 {
			t.Fatalf("distance of nothing is %v", d)
		}
	}
}

func TestChunkedRows(t *testing.T) {
	chunks := [][]byte{make([]byte, 4*8), make([]byte, 4*8)}
	rows := ChunkedRows(chunks, 2, 8)
	rows = rows.Append(make([]byte, 4*8))
	rows.Bytes(5)[0] = 9
	if chunks[1][8] != 9 || rows.Chunks() != 3 || rows.Stride() != 8 {
		t.Fatal("record 5 is not record 1 of chunk 1")
	}
}

// A range of records is the gather of its ordinals, across chunks and with padding.
func TestSumRowsIsSumGather(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	defer func(k kernels) { active = k }(active)
	for _, tier := range available() {
		active = tier
		for _, m := range []Metric{L2, InnerProduct, Cosine, L1} {
			for _, dims := range []int{1, 3, 16, 100, 131} {
				for _, pad := range []int{0, 12} {
					const shift, n = 4, 100
					stride := 4*dims + pad
					var chunks [][]byte
					for range n>>shift + 1 {
						f := make([]float32, stride<<shift/4)
						for i := range f {
							f[i] = r.Float32() - 0.5
						}
						chunks = append(chunks, unsafe.Slice((*byte)(unsafe.Pointer(&f[0])), 4*len(f)))
					}
					rows := ChunkedRows(chunks, shift, stride)
					q := make([]float32, dims)
					for i := range q {
						q[i] = r.Float32() - 0.5
					}
					lo := r.Uint32N(40)
					got, want := make([]float32, 55), make([]float32, 55)
					ords := make([]uint32, 55)
					for i := range ords {
						ords[i] = lo + uint32(i)
					}
					SumRows(m, q, &rows, lo, got)
					SumGather(m, q, &rows, ords, want)
					for i := range got {
						if math.Abs(float64(got[i]-want[i])) > 1e-4 {
							t.Fatalf("%s %v dims %d pad %d: record %d is %v, gathered %v", tier.name, m, dims, pad, lo+uint32(i), got[i], want[i])
						}
					}
				}
			}
		}
	}
}

func BenchmarkGather(b *testing.B) {
	const n, dims = 200_000, 100
	stride := CodeStride(dims)
	data := make([]byte, n*stride)
	rows := FlatRows(data, stride)
	r := rand.New(rand.NewPCG(1, 1))
	ords := make([]uint32, 1<<16)
	for i := range ords {
		ords[i] = r.Uint32N(n)
	}
	q, out := make([]int8, stride), make([]float32, 32)
	var k [5]float32
	b.Run("codes32x100", func(b *testing.B) {
		for i := range b.N {
			at := i * 32 % (len(ords) - 32)
			Codes(q, &k, &rows, ords[at:at+32], out)
		}
	})
	b.Run("codes32x100hot", func(b *testing.B) {
		for range b.N {
			Codes(q, &k, &rows, ords[:32], out)
		}
	})
	floats := make([]float32, n*dims)
	frows := FlatRows(unsafe.Slice((*byte)(unsafe.Pointer(&floats[0])), 4*len(floats)), 4*dims)
	qf := make([]float32, dims)
	b.Run("float32x100", func(b *testing.B) {
		for i := range b.N {
			at := i * 32 % (len(ords) - 32)
			SumGather(L2, qf, &frows, ords[at:at+32], out)
		}
	})
}

func BenchmarkExact(b *testing.B) {
	for _, dims := range []int{100, 768} {
		x, y := make([]float32, dims), make([]float32, dims)
		b.Run(fmt.Sprint(dims), func(b *testing.B) {
			for range b.N {
				L2Sq64(x, y)
			}
		})
	}
}

func TestPairsDoNotAllocate(t *testing.T) {
	defer func(k kernels) { active = k }(active)
	for _, k := range available() {
		active = k
		var sink float64
		allocs := testing.AllocsPerRun(10, func() {
			var a, b [50]float32
			var out [2]float32
			for m := L2; m <= L1; m++ {
				sink += float64(m.Distance(a[:], b[:])) + m.Exact(a[:], b[:])
				Scan(m, a[:25], b[:], out[:])
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", k.name, allocs)
		}
	}
}

func TestChooseByEnvironment(t *testing.T) {
	best := available()[len(available())-1].name
	for env, want := range map[string]string{"off": "generic", "generic": "generic", "": best, "nonsense": best} {
		t.Setenv("LOXODB_SIMD", env)
		if got := choose().name; got != want {
			t.Errorf("LOXODB_SIMD=%q chooses %s, want %s", env, got, want)
		}
	}
	for _, k := range available() {
		if k.name == "avx2" {
			t.Setenv("LOXODB_SIMD", "avx2")
			if got := choose().name; got != "avx2" {
				t.Errorf("LOXODB_SIMD=avx2 chooses %s", got)
			}
		}
	}
}
