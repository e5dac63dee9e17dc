package dist

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// checkBlocks compares the kernel of tier k with sums over codes that were never
// interleaved.
func checkBlocks(t *testing.T, k kernels, r *rand.Rand, dims, bits, n, shift int) {
	t.Helper()
	adds := n%2 == 0
	padded, size := BlockDims(dims, bits), BlockBytes(dims, bits, adds)
	count := (n + BlockLen - 1) / BlockLen
	buf := make([]byte, count*size+64)[shift : shift+count*size]
	for i := range buf { // what no entry has holds anything
		buf[i] = byte(r.Uint32())
	}
	codes := make([]byte, n*padded)
	factors := make([]BlockFactors, n)
	for i := range n {
		c := codes[i*padded : (i+1)*padded]
		for j := range c {
			c[j] = byte(r.IntN(1 << bits))
		}
		f := BlockFactors{float32(r.NormFloat64()), r.Float32(), r.Float32()}
		PutInBlock(buf[i/BlockLen*size:(i/BlockLen+1)*size], i%BlockLen, c, bits, f, adds)
		if !adds {
			f.Add = 0
		}
		factors[i] = rounded(t, f)
	}
	q, most := make([]float32, padded), float32(0)
	for i := range q {
		q[i] = float32(r.NormFloat64())
		if dims%3 == 0 {
			q[i] = float32(math.Copysign(1, float64(q[i]))) // every table is as great as can be
		}
		most = max(most, abs32(q[i]))
	}
	step := BlockStep(bits, most)
	defer func(k kernels) { active = k }(active)
	active = k
	table := make([]byte, TableBytes(dims, bits))
	least := FillTable(table, q, bits, 1/step)
	f := [4]float32{float32(r.NormFloat64()), step, least, 0.5}
	out, marks := make([]float32, count*BlockLen+1), make([]uint32, count+1)
	out[count*BlockLen], marks[count] = 42, 42
	bound := float32(r.NormFloat64()) * most * float32(math.Sqrt(float64(padded)))
	Blocks(table, &f, unsafe.Pointer(unsafe.SliceData(buf)), adds, n, bound, out, marks)
	per := 4 / bits
	for i := range n {
		c, sum, product := codes[i*padded:(i+1)*padded], 0, 0.0
		for p := 0; p < padded/per; p++ {
			nibble := 0
			for j := range per {
				nibble |= int(c[p*per+j]) << (bits * j)
				product += float64(c[p*per+j]) * float64(q[p*per+j])
			}
			sum += int(table[p/4*tableGroup+p%2*64+p%4/2*32+nibble])
		}
		scale := float64(most) * float64(padded) * float64(int(1)<<bits)
		if about := float64(step)*float64(sum) + float64(least); math.Abs(about-product) > 0.51*float64(step)*float64(padded/per)+1e-5*scale {
			t.Fatalf("%d bits, dims=%d: the tables say %v of %v", bits, dims, about, product)
		}
		fac := factors[i]
		want := float64(f[0]) + float64(fac.Add) + float64(fac.Scale)*(float64(f[1])*float64(sum)+float64(f[2])) + float64(f[3])*float64(fac.Err)
		if math.Abs(float64(out[i])-want) > 1e-5*(10+scale*(1+float64(fac.Scale))) {
			t.Fatalf("%s blocks dims=%d bits=%d n=%d: [%d] = %v, want %v", k.name, dims, bits, n, i, out[i], want)
		}
		if got := marks[i/BlockLen]>>(i%BlockLen)&1 != 0; got != (out[i] < bound) {
			t.Fatalf("%s blocks: %v marked %v below %v", k.name, out[i], got, bound)
		}
	}
	if n%BlockLen != 0 && marks[count-1]>>(n%BlockLen) != 0 {
		t.Fatalf("%s blocks n=%d: marked %b", k.name, n, marks[count-1])
	}
	if out[count*BlockLen] != 42 || marks[count] != 42 {
		t.Fatalf("%s blocks dims=%d bits=%d n=%d: wrote too far", k.name, dims, bits, n)
	}
}

// rounded is what a block keeps of factors: 8 bits of the scale, to the nearest, and of
// the error, upwards.
func rounded(t *testing.T, f BlockFactors) BlockFactors {
	t.Helper()
	block := make([]byte, BlockBytes(1, 2, false))
	PutInBlock(block, 3, make([]byte, BlockDims(8, 2)), 2, f, false)
	w := math.Float32bits(f32at(block[len(block)-blockRow:], 3))
	out := BlockFactors{f.Add, math.Float32frombits(w &^ 0xffff), math.Float32frombits(w << 16)}
	if math.Abs(float64(out.Scale-f.Scale)) > float64(f.Scale)/256 || out.Err < f.Err || out.Err > f.Err*(1+1.0/128) {
		t.Fatalf("%v is kept as %v", f, out)
	}
	return out
}

func TestBlocksAgainstOracle(t *testing.T) {
	for _, k := range available() {
		r := rand.New(rand.NewPCG(6, 6))
		for _, bits := range []int{1, 2, 4} {
			for dims := 1; dims <= 2100; dims += 1 + dims/8 {
				checkBlocks(t, k, r, dims, bits, 1+dims%71, 4*(dims%16))
			}
			for n := 1; n <= 3*BlockLen; n++ {
				checkBlocks(t, k, r, 100, bits, n, 0)
			}
		}
	}
}

// TestBlocksKeepWhatIsNoNumber: an estimate that overflowed is always marked.
func TestBlocksKeepWhatIsNoNumber(t *testing.T) {
	for _, k := range available() {
		block, table := make([]byte, BlockBytes(8, 2, false)), make([]byte, TableBytes(8, 2))
		nan := float32(math.NaN())
		PutInBlock(block, 20, make([]byte, BlockDims(8, 2)), 2, BlockFactors{0, nan, 1}, false)
		PutInBlock(block, 21, make([]byte, BlockDims(8, 2)), 2, BlockFactors{0, 1, nan}, false)
		var out [BlockLen]float32
		var marks [1]uint32
		f := [4]float32{5, 1, 1, 1}
		saved := active
		active = k
		Blocks(table, &f, unsafe.Pointer(unsafe.SliceData(block)), false, BlockLen, 1, out[:], marks[:])
		active = saved
		if marks[0] != 3<<20 {
			t.Errorf("%s: marked %b", k.name, marks[0])
		}
	}
}

func FuzzBlocks(f *testing.F) {
	f.Add(uint64(1), uint16(100), uint8(1), uint8(32), uint8(3))
	f.Add(uint64(2), uint16(2099), uint8(2), uint8(64), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, dims uint16, bits, n, shift uint8) {
		for _, k := range available() {
			r := rand.New(rand.NewPCG(seed, 5))
			checkBlocks(t, k, r, 1+int(dims)%2100, 1<<(bits%3), 1+int(n), 4*(int(shift)%16))
		}
	})
}

func BenchmarkBlocks(b *testing.B) {
	const blocks, dims = 5, 100
	for _, k := range available() {
		for _, bits := range []int{1, 2, 4} {
			size := BlockBytes(dims, bits, false)
			buf, table := make([]byte, blocks*size), make([]byte, TableBytes(dims, bits))
			q := make([]float32, BlockDims(dims, bits))
			r := rand.New(rand.NewPCG(1, 1))
			for i := range q {
				q[i] = float32(r.NormFloat64())
			}
			var out [blocks * BlockLen]float32
			var marks [blocks]uint32
			f := [4]float32{1, 1, 1, 1}
			saved := active
			active = k
			b.Run(fmt.Sprintf("%s/%dbits160x100", k.name, bits), func(b *testing.B) {
				for range b.N {
					Blocks(table, &f, unsafe.Pointer(unsafe.SliceData(buf)), false, blocks*BlockLen, 0, out[:], marks[:])
				}
			})
			b.Run(fmt.Sprintf("%s/%dbitsTable", k.name, bits), func(b *testing.B) {
				for range b.N {
					FillTable(table, q, bits, 100)
				}
			})
			active = saved
		}
	}
}
