package dist

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Centroids is how many centroids a part of a product quantizer has: as many as a nibble
// can name.
const Centroids = 16

// BookSums writes, for each part p of v, the products of v with the part's centroids to
// out[16·p:]. Part p has the components from cuts[p] on to cuts[p+1], at least one, and
// books[16·j:] has component j of the sixteen centroids of its part.
func BookSums(v, books []float32, cuts []uint32, out []float32) {
	parts := len(cuts) - 1
	if parts < 1 || int(cuts[parts]) != len(v) || len(books) != Centroids*len(v) || len(out) < Centroids*parts {
		panic("dist: vector and books of different shapes")
	}
	bookSums(&v[0], &books[0], &cuts[0], parts, &out[0])
}

func bookSumsGo(v, books *float32, cuts *uint32, parts int, out *float32) {
	ends := unsafe.Slice(cuts, parts+1)
	vs, os := unsafe.Slice(v, ends[parts]), unsafe.Slice(out, Centroids*parts)
	bs := unsafe.Slice(books, Centroids*len(vs))
	for p := range parts {
		var sum [Centroids]float32
		for j := ends[p]; j < ends[p+1]; j++ {
			x, b := vs[j], (*[Centroids]float32)(bs[Centroids*j:])
			for c := range sum {
				sum[c] += x * b[c]
			}
		}
		copy(os[Centroids*p:], sum[:])
	}
}

// NibbleTables is the length of the tables that FillNibbles fills for so many nibbles.
func NibbleTables(nibbles int) int { return (nibbles + 3) / 4 * tableGroup }

// NibbleBlock is the length of a block of codes of so many nibbles, with the factor add; see
// PutInBlock, which takes a nibble for a component of four bits and whole groups of four.
func NibbleBlock(nibbles int) int { return (nibbles+3)/4*blockGroup + blockTail(true) }

// FillNibbles makes the tables of Blocks from what each nibble adds, sixteen values each:
// in steps of step from the nibble's least value on. It returns the step and the sum of the
// least values; NaN where that overflows. Nibbles that are missing in the last group add nothing.
func FillNibbles(table []byte, sums []float32) (step, least float32) {
	nibbles := len(sums) / Centroids
	if len(table) != NibbleTables(nibbles) {
		panic("dist: tables of a wrong shape")
	}
	widest := float32(0)
	for p := range nibbles {
		lo, hi := limits((*[Centroids]float32)(sums[Centroids*p:]))
		widest = max(widest, hi-lo)
		least += lo
	}
	step = widest / maxEntry
	inv := 1 / step
	switch {
	case step-step != 0 || least-least != 0: // overflowed: the sums say nothing
		step, inv, least = 0, 0, float32(math.NaN())
	case !(step > 0) || inv > math.MaxFloat32:
		step, inv = 0, 0
	}
	for p := range nibbles {
		s := (*[Centroids]float32)(sums[Centroids*p:])
		to := (*[2 * Centroids]byte)(table[nibbleTable(p):])
		lo, _ := limits(s)
		for c, x := range s {
			to[c] = byte(int32((x-lo)*inv + 0.5)) // at most maxEntry
		}
		copy(to[Centroids:], to[:Centroids])
	}
	for p := nibbles; p%4 != 0; p++ {
		clear(table[nibbleTable(p) : nibbleTable(p)+2*Centroids])
	}
	return step, least
}

func limits(s *[Centroids]float32) (lo, hi float32) {
	lo, hi = s[0], s[0]
	odd := float32(0)
	for _, x := range s {
		odd += x * 0 // what is no number shows
		if x < lo {
			lo = x
		}
		if x > hi {
			hi = x
		}
	}
	return lo + odd, hi
}

// nibbleTable is where the table of a nibble begins.
func nibbleTable(p int) int { return p/4*tableGroup + p%2*blockGroup + p%4/2*(blockGroup/2) }

// PairTail is the number of bytes behind the codes of a record that Pairs reads: the
// factor add as float32, and the factors scale, above, and err as bfloat16.
const PairTail = 8

// PairStride is the length of a record of codes of so many nibbles: two in a byte, the
// first one low, whole words of them, and the factors.
func PairStride(nibbles int) int { return (pairs(nibbles)+3)&^3 + PairTail }

func pairs(nibbles int) int { return (nibbles + 1) / 2 }

// PutPairs writes codes, one nibble a byte, and their factors to a record.
func PutPairs(rec, codes []byte, f BlockFactors) {
	at := PairStride(len(codes)) - PairTail
	clear(rec[:at])
	for i, c := range codes {
		rec[i/2] |= c << (i % 2 * 4)
	}
	binary.LittleEndian.PutUint32(rec[at:], math.Float32bits(f.Add))
	binary.LittleEndian.PutUint32(rec[at+4:], packFactors(f.Scale, f.Err))
}

// PairErr is the factor err of a record.
func PairErr(rec []byte, nibbles int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(rec[PairStride(nibbles)-4:]) << 16)
}

// PairTables is the length of what Pairs reads for so many nibbles: sixteen values each, of
// what it adds, and zeros for those that are missing in the last word of a code.
func PairTables(nibbles int) int { return (PairStride(nibbles) - PairTail) * 2 * Centroids }

// Pairs writes, for each ordinal, the affine form
//
//	k[0] + add + k[1]·scale·S
//
// where S is the sum of what the table says of the code's nibbles.
func Pairs(table []float32, k *[2]float32, rows *Rows, ords []uint32, out []float32) {
	out = out[:len(ords)]
	words := len(table) / (8 * Centroids)
	if words == 0 || 4*words+PairTail > rows.stride {
		panic("dist: query and records of different shapes")
	}
	for i, o := range ords {
		rec := rows.Record(o)
		f := (*[2]uint32)(unsafe.Add(rec, 4*words))
		scale := math.Float32frombits(f[1] &^ 0xffff)
		out[i] = k[0] + math.Float32frombits(f[0]) + k[1]*scale*sumNibbles(&table[0], (*byte)(rec), words)
	}
}

func sumNibblesGo(table *float32, rec *byte, words int) float32 {
	t, codes := unsafe.Slice(table, words*8*Centroids), unsafe.Slice(rec, 4*words)
	var low, high float32
	for _, c := range codes {
		u := (*[2 * Centroids]float32)(t)
		low += u[c&15]
		high += u[Centroids+c>>4]
		t = t[2*Centroids:]
	}
	return low + high
}
