package dist

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// checkNibbles compares the kernel of tier k with sums over codes that were never packed.
// The records end with their memory, so that reading beyond them is noticed by the race
// detector and by nothing else; what lies between them is anything.
func checkNibbles(t *testing.T, k kernels, r *rand.Rand, dims, n, shift int) {
	t.Helper()
	stride, padded := NibbleStride(dims), NibbleDims(dims)
	buf := make([]byte, n*stride+64)[shift : shift+n*stride]
	for i := range buf {
		buf[i] = byte(r.Uint32())
	}
	codes := make([]byte, n*padded)
	factors := make([][3]float32, n)
	for i := range n {
		c := codes[i*padded : (i+1)*padded]
		for j := range c {
			c[j] = byte(r.IntN(16))
		}
		rec := buf[i*stride : (i+1)*stride]
		at := PackNibbles(rec, c)
		for j := range factors[i] {
			factors[i][j] = float32(r.NormFloat64())
			binary.LittleEndian.PutUint32(rec[at+4*j:], math.Float32bits(factors[i][j]))
		}
	}
	q, packed := make([]int8, padded), make([]int8, NibbleQuery(dims))
	for i := range q {
		if q[i] = int8(r.Uint32()); r.IntN(4) == 0 || dims%5 == 0 {
			q[i] = -128
		}
	}
	PutNibbleQuery(packed, q)
	f := [4]float32{float32(r.NormFloat64()), 0.5, -3, 2}
	ords := make([]uint32, n)
	for i := range ords {
		ords[i] = uint32(r.IntN(n))
	}
	defer func(k kernels) { active = k }(active)
	active = k
	out := make([]float32, n+1)
	out[n] = 42
	rows := FlatRows(buf, stride)
	Nibbles(packed, dims, &f, &rows, ords, out[:n])
	for i, o := range ords {
		sum := 0
		for j, c := range codes[int(o)*padded : int(o+1)*padded] {
			sum += int(q[j]) * int(c)
		}
		fac := factors[o]
		want := float64(f[0]) + float64(fac[0]) + float64(fac[1])*(float64(f[1])*float64(sum)+float64(f[2])) + float64(f[3])*float64(fac[2])
		if scale := 10 + math.Abs(want) + math.Abs(float64(sum)); math.Abs(float64(out[i])-want) > 1e-5*scale {
			t.Fatalf("%s nibbles dims=%d n=%d: [%d] = %v, want %v", k.name, dims, n, i, out[i], want)
		}
	}
	if out[n] != 42 {
		t.Fatalf("%s nibbles dims=%d n=%d: wrote too far", k.name, dims, n)
	}
}

func TestNibblesAgainstOracle(t *testing.T) {
	for _, k := range available() {
		r := rand.New(rand.NewPCG(6, 6))
		for dims := 1; dims <= 2100; dims += 1 + dims/300 {
			checkNibbles(t, k, r, dims, 1+dims%7, 4*(dims%16))
		}
		for n := 1; n <= 2*maxGather+1; n++ {
			checkNibbles(t, k, r, 100, n, 0)
		}
	}
}

// TestNibbleStride: what fits a line lies in one, and 104 components do.
func TestNibbleStride(t *testing.T) {
	for dims, want := range map[int]int{1: 32, 40: 32, 48: 64, 100: 64, 104: 64, 105: 80, 128: 80, 300: 192, 512: 272, 784: 416} {
		if got := NibbleStride(dims); got != want {
			t.Errorf("dims=%d: %d bytes, want %d", dims, got, want)
		}
	}
}

func FuzzNibbles(f *testing.F) {
	f.Add(uint64(1), uint16(100), uint8(32), uint8(3))
	f.Add(uint64(2), uint16(2099), uint8(64), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, dims uint16, n, shift uint8) {
		for _, k := range available() {
			r := rand.New(rand.NewPCG(seed, 5))
			checkNibbles(t, k, r, 1+int(dims)%2100, 1+int(n)%maxGather, 4*(int(shift)%16))
		}
	})
}

func BenchmarkNibbles(b *testing.B) {
	const n, dims = 20_000, 100
	rows := FlatRows(Aligned(n*NibbleStride(dims)), NibbleStride(dims))
	r := rand.New(rand.NewPCG(1, 1))
	ords := make([]uint32, 1<<14)
	for i := range ords {
		ords[i] = r.Uint32N(n)
	}
	q, out := make([]int8, NibbleQuery(dims)), make([]float32, 32)
	var f [4]float32
	for _, k := range available() {
		saved := active
		active = k
		b.Run(k.name, func(b *testing.B) {
			for i := range b.N {
				at := i * 32 % (len(ords) - 32)
				Nibbles(q, dims, &f, &rows, ords[at:at+32], out)
			}
		})
		active = saved
	}
}
