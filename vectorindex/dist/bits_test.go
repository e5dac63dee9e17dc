package dist

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// checkBits compares the kernel of tier k with sums over codes that were never packed.
func checkBits(t *testing.T, k kernels, r *rand.Rand, dims, bits, n, shift int) {
	t.Helper()
	stride, padded := BitStride(dims, bits), BitDims(dims)
	buf := make([]byte, n*stride+64)[shift : shift+n*stride]
	for i := range buf { // padding holds anything
		buf[i] = byte(r.Uint32())
	}
	codes := make([]byte, n*padded)
	factors := make([][3]float32, n)
	for i := range n {
		c := codes[i*padded : (i+1)*padded]
		for j := range c {
			c[j] = byte(r.IntN(1 << bits))
		}
		rec := buf[i*stride : (i+1)*stride]
		at := PackBits(rec, c, bits)
		if at != BitCodeBytes(dims, bits) {
			t.Fatalf("%d bytes of codes, want %d", at, BitCodeBytes(dims, bits))
		}
		for j := range factors[i] {
			factors[i][j] = float32(r.NormFloat64())
			binary.LittleEndian.PutUint32(rec[at+4*j:], math.Float32bits(factors[i][j]))
		}
		back := make([]byte, padded)
		if UnpackBits(back, rec, bits); !bytes.Equal(back, c) {
			t.Fatalf("dims=%d bits=%d: codes %v come back as %v", dims, bits, c, back)
		}
	}
	q := make([]int8, padded)
	for i := range q {
		if q[i] = int8(r.Uint32()); r.IntN(4) == 0 {
			q[i] = -128
		}
	}
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
	Bits(q, bits, &f, &rows, ords, out[:n])
	for i, o := range ords {
		sum := 0
		for j, c := range codes[int(o)*padded : int(o+1)*padded] {
			sum += int(q[j]) * int(c)
		}
		fac := factors[o]
		want := float64(f[0]) + float64(fac[0]) + float64(fac[1])*(float64(f[1])*float64(sum)+float64(f[2])) + float64(f[3])*float64(fac[2])
		if scale := 10 + math.Abs(want) + math.Abs(float64(sum)); math.Abs(float64(out[i])-want) > 1e-5*scale {
			t.Fatalf("%s bits dims=%d bits=%d n=%d: [%d] = %v, want %v", k.name, dims, bits, n, i, out[i], want)
		}
	}
	if out[n] != 42 {
		t.Fatalf("%s bits dims=%d bits=%d n=%d: wrote too far", k.name, dims, bits, n)
	}
}

func TestBitsAgainstOracle(t *testing.T) {
	for _, k := range available() {
		r := rand.New(rand.NewPCG(6, 6))
		for bits := 1; bits <= 8; bits++ {
			for dims := 1; dims <= 2100; dims += lengthStep() {
				checkBits(t, k, r, dims, bits, 1+dims%3, 4*(dims%16))
			}
			for n := 1; n <= 2*maxGather+1; n++ {
				checkBits(t, k, r, 100, bits, n, 0)
			}
		}
	}
}

func FuzzBits(f *testing.F) {
	f.Add(uint64(1), uint16(100), uint8(1), uint8(32), uint8(3))
	f.Add(uint64(2), uint16(2099), uint8(7), uint8(64), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, dims uint16, bits, n, shift uint8) {
		for _, k := range available() {
			r := rand.New(rand.NewPCG(seed, 5))
			checkBits(t, k, r, 1+int(dims)%2100, 1+int(bits)%8, 1+int(n)%maxGather, 4*(int(shift)%16))
		}
	})
}

func BenchmarkBits(b *testing.B) {
	const n, dims = 20_000, 100
	for _, bits := range []int{1, 2, 3, 4, 8} {
		stride := BitStride(dims, bits)
		rows := FlatRows(make([]byte, n*stride), stride)
		r := rand.New(rand.NewPCG(1, 1))
		ords := make([]uint32, 1<<14)
		for i := range ords {
			ords[i] = r.Uint32N(n)
		}
		q, out := make([]int8, BitDims(dims)), make([]float32, 32)
		var k [4]float32
		b.Run(fmt.Sprintf("%dbits32x100", bits), func(b *testing.B) {
			for i := range b.N {
				at := i * 32 % (len(ords) - 32)
				Bits(q, bits, &k, &rows, ords[at:at+32], out)
			}
		})
	}
}
