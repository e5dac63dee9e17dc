package dist

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// books is a random product quantizer: parts of one component or more.
type books struct {
	cuts      []uint32
	centroids []float32
}

func someBooks(r *rand.Rand, parts, shift int) books {
	b := books{cuts: []uint32{0}}
	for range parts {
		b.cuts = append(b.cuts, b.cuts[len(b.cuts)-1]+1+uint32(r.IntN(7)))
	}
	b.centroids = guarded(r, Centroids*int(b.cuts[parts]), shift)
	return b
}

func (b *books) sum(v []float32, p int, c byte) (sum float64) {
	for j := b.cuts[p]; j < b.cuts[p+1]; j++ {
		sum += float64(v[j]) * float64(b.centroids[Centroids*j+uint32(c)])
	}
	return sum
}

// checkBooks compares everything that tier k does with books with sums over codes.
func checkBooks(t *testing.T, k kernels, r *rand.Rand, parts, n, shift int) {
	t.Helper()
	defer func(k kernels) { active = k }(active)
	active = k
	b := someBooks(r, parts, shift)
	v := guarded(r, int(b.cuts[parts]), 3*shift%16)
	sums := make([]float32, Centroids*parts+1)
	sums[Centroids*parts] = 42
	BookSums(v, b.centroids, b.cuts, sums)
	for p := range parts {
		for c := range Centroids {
			if want := b.sum(v, p, byte(c)); !closeTo(sums[Centroids*p+c], float32(want), 20) {
				t.Fatalf("%s: part %d of %v, centroid %d: %v, want %v", k.name, p, b.cuts, c, sums[Centroids*p+c], want)
			}
		}
	}
	if sums[Centroids*parts] != 42 {
		t.Fatalf("%s: wrote too far", k.name)
	}
	sums = sums[:Centroids*parts]
	codes := make([][]byte, n)
	factors := make([]BlockFactors, n)
	block, size := NibbleBlock(parts), PairStride(parts)
	blocks := make([]byte, (n+BlockLen-1)/BlockLen*block)
	rows := FlatRows(make([]byte, n*size), size)
	ords := make([]uint32, n)
	for i := range n {
		codes[i] = make([]byte, (parts+3)&^3)
		for p := range parts {
			codes[i][p] = byte(r.IntN(Centroids))
		}
		f := BlockFactors{float32(r.NormFloat64()), r.Float32(), r.Float32()}
		PutInBlock(blocks[i/BlockLen*block:(i/BlockLen+1)*block], i%BlockLen, codes[i], 4, f, true)
		ords[i] = uint32(n - 1 - i)
		PutPairs(rows.Bytes(ords[i]), codes[i][:parts], f)
		factors[i] = rounded(t, f)
		if got := PairErr(rows.Bytes(ords[i]), parts); got != factors[i].Err || RoundScale(f.Scale) != factors[i].Scale {
			t.Fatalf("%v kept as %v, %v", f, RoundScale(f.Scale), got)
		}
	}
	table := make([]byte, NibbleTables(parts))
	step, least := FillNibbles(table, sums)
	inBlocks, marks := make([]float32, (n+BlockLen-1)/BlockLen*BlockLen), make([]uint32, (n+BlockLen-1)/BlockLen)
	Blocks(table, &[4]float32{1, step, least, 0}, unsafe.Pointer(unsafe.SliceData(blocks)), true, n, 0, inBlocks, marks)
	pairs := make([]float32, PairTables(parts))
	copy(pairs, sums)
	inPairs := make([]float32, n+1)
	inPairs[n] = 42
	Pairs(pairs, &[2]float32{1, -2}, &rows, ords, inPairs)
	for i := range n {
		product := 0.0
		for p := range parts {
			product += b.sum(v, p, codes[i][p])
		}
		f := factors[i]
		want := 1 + f.Add + f.Scale*float32(product)
		if !(math.Abs(float64(inBlocks[i]-want)) <= 0.51*float64(step)*float64(parts)+1e-3) {
			t.Fatalf("%s blocks parts=%d n=%d: [%d] = %v, want %v", k.name, parts, n, i, inBlocks[i], want)
		}
		if want = 1 + f.Add - 2*f.Scale*float32(product); !closeTo(inPairs[i], want, float64(20*parts)) {
			t.Fatalf("%s pairs parts=%d n=%d: [%d] = %v, want %v", k.name, parts, n, i, inPairs[i], want)
		}
	}
	if inPairs[n] != 42 {
		t.Fatal("wrote too far")
	}
}

func TestBooksAgainstOracle(t *testing.T) {
	for _, k := range available() {
		r := rand.New(rand.NewPCG(8, 8))
		for parts := 1; parts < 600; parts += 1 + parts/6 {
			checkBooks(t, k, r, parts, 1+parts%70, parts%16)
		}
	}
}

// TestNibblesOfOddSums: sums that are all the same need no step, and what overflows says
// nothing.
func TestNibblesOfOddSums(t *testing.T) {
	sums, table := make([]float32, 5*Centroids), make([]byte, NibbleTables(5))
	for i := range sums {
		sums[i] = 3
	}
	if step, least := FillNibbles(table, sums); step != 0 || least != 15 {
		t.Errorf("step %v, least %v", step, least)
	}
	for _, x := range []float32{float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), math.MaxFloat32} {
		sums[7], sums[8] = x, -x
		if _, least := FillNibbles(table, sums); least == least {
			t.Errorf("%v: least %v", x, least)
		}
	}
}

func FuzzBooks(f *testing.F) {
	f.Add(uint64(1), uint16(50), uint8(32), uint8(3))
	f.Add(uint64(2), uint16(599), uint8(65), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, parts uint16, n, shift uint8) {
		for _, k := range available() {
			checkBooks(t, k, rand.New(rand.NewPCG(seed, 9)), 1+int(parts)%600, 1+int(n), int(shift)%16)
		}
	})
}

func BenchmarkBooks(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	const parts, n = 50, 32
	x := someBooks(r, parts, 0)
	v, sums := guarded(r, int(x.cuts[parts]), 0), make([]float32, Centroids*parts)
	table, pairs := make([]byte, NibbleTables(parts)), make([]float32, PairTables(parts))
	rows := FlatRows(make([]byte, n*PairStride(parts)), PairStride(parts))
	ords, out := make([]uint32, n), make([]float32, n)
	for i := range ords {
		ords[i] = uint32(i)
	}
	for _, k := range available() {
		saved := active
		active = k
		b.Run(fmt.Sprintf("%s/sums%d", k.name, len(v)), func(b *testing.B) {
			for range b.N {
				BookSums(v, x.centroids, x.cuts, sums)
			}
		})
		b.Run(k.name+"/pairs32x50", func(b *testing.B) {
			for range b.N {
				Pairs(pairs, &[2]float32{1, 1}, &rows, ords, out)
			}
		})
		active = saved
	}
	b.Run("nibbles50", func(b *testing.B) {
		for range b.N {
			FillNibbles(table, sums)
		}
	})
}
