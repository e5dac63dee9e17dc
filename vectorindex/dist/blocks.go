package dist

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// BlockLen is how many codes lie together in a block.
const BlockLen = 32

// A block holds BlockLen codes of 1, 2 or 4 bits a component, interleaved so that one
// shuffle looks up a piece of all of them, and their factors. Codes are cut into
// nibbles: nibble p of a code has the components p·4/bits and following, the first one
// lowest. For each group of four nibbles the block has 64 bytes, two halves of 32: of
// entry e, byte lane(e) of the first half has the first nibble of the group and, above
// it, the second, the same byte of the second half has the third and the fourth. Rows of
// BlockLen u32 follow, by entry: the factor add as float32, if the blocks have it, and
// the factors scale, above, and err as bfloat16.
const (
	blockGroup = 64           // bytes of a group of four nibbles
	blockRow   = 4 * BlockLen // bytes of a row of factors
	tableGroup = 2 * blockGroup
	maxEntry   = 127 // of a table: two make a byte
)

// BlockDims is dims rounded up to whole groups of nibbles, as NibbleDims, and to 16 for
// codes of one bit.
func BlockDims(dims, bits int) int {
	each := max(8, 16/bits)
	return (NibbleDims(dims) + each - 1) / each * each
}

// BlockBytes is the length of a block, a multiple of 64.
func BlockBytes(dims, bits int, adds bool) int {
	return BlockDims(dims, bits)*bits/16*blockGroup + blockTail(adds)
}

// blockTail is the length of the factors of a block.
func blockTail(adds bool) int {
	if adds {
		return 2 * blockRow
	}
	return blockRow
}

// blockLane is the byte of an entry in a half. Sums of even and of odd bytes come out of
// different registers: with the entries in this order they are stored as they come.
func blockLane(entry int) int { return 2*(entry%16) + entry/16 }

// BlockFactors are what a block has of an entry beside its code; not negative but for
// Add, which blocks without it do without.
type BlockFactors struct{ Add, Scale, Err float32 }

// PutInBlock makes codes, one component a byte and BlockDims of them, entry number of
// block. Bytes of other entries are not written. The error is rounded up.
func PutInBlock(block []byte, entry int, codes []byte, bits int, f BlockFactors, adds bool) {
	lane, per := blockLane(entry), 4/bits
	at := 0
	for ; len(codes) >= 4*per; codes = codes[4*per:] {
		var nibble [4]byte
		for i := range nibble {
			for j, c := range codes[i*per : (i+1)*per] {
				nibble[i] |= c << (bits * j)
			}
		}
		block[at+lane] = nibble[0] | nibble[1]<<4
		block[at+blockGroup/2+lane] = nibble[2] | nibble[3]<<4
		at += blockGroup
	}
	if adds {
		binary.LittleEndian.PutUint32(block[at+4*entry:], math.Float32bits(f.Add))
		at += blockRow
	}
	binary.LittleEndian.PutUint32(block[at+4*entry:], packFactors(f.Scale, f.Err))
}

// packFactors are two factors as bfloat16, the error rounded up.
func packFactors(ofScale, ofErr float32) uint32 {
	scale, err := math.Float32bits(ofScale), math.Float32bits(ofErr)
	const half = 1<<15 - 1 // of what is cut off; not a number stays none
	if scale < math.MaxUint32/2-half {
		scale += half + scale>>16&1
	}
	if err&0xffff != 0 && err < math.Float32bits(math.MaxFloat32) {
		err += 1 << 16
	}
	return scale&^0xffff | err>>16
}

// RoundScale is a scale as blocks and pairs keep it.
func RoundScale(f float32) float32 { return math.Float32frombits(packFactors(f, 0)) }

// TableBytes is the length of the tables of a query.
func TableBytes(dims, bits int) int { return BlockDims(dims, bits) * bits / 16 * tableGroup }

// BlockStep is the step by which FillTable rounds for a query whose components are at
// most most, by amount.
func BlockStep(bits int, most float32) float32 {
	return most * float32((int(1)<<bits-1)*(4/bits)) / maxEntry
}

// FillTable makes, for each nibble of a code, the table of what it adds to the product
// with q (BlockDims components), in steps of 1/inv and from the least value on: the
// product is about S/inv plus the result for the sum S of what a code's nibbles say.
func FillTable(table []byte, q []float32, bits int, inv float32) (least float32) {
	top := float32(int(1)<<bits - 1)
	for _, x := range q {
		least += top * min(x, 0)
	}
	per := 4 / bits
	if len(q)%(4*per) != 0 || len(table) != len(q)/(4*per)*tableGroup {
		panic("dist: tables of a wrong shape")
	}
	if len(q) > 0 {
		fillTable(&table[0], &q[0], len(q)/per, per, &digits[bits], top, inv)
	}
	return least
}

// digits are, for codes of so many bits, the components of each nibble, by component.
var digits = func() (d [5][4][16]float32) {
	for _, bits := range []int{1, 2, 4} {
		for j := range 4 / bits {
			for c := range 16 {
				d[bits][j][c] = float32(c >> (bits * j) & (1<<bits - 1))
			}
		}
	}
	return d
}()

func fillTableGo(table *byte, q *float32, nibbles, per int, digits *[4][16]float32, top, inv float32) {
	qs, ts := unsafe.Slice(q, nibbles*per), unsafe.Slice(table, nibbles/4*tableGroup)
	for p := range nibbles {
		at := p/4*tableGroup + p%2*blockGroup + p%4/2*(blockGroup/2)
		to := ts[at : at+32]
		for c := range 16 {
			sum := float32(0)
			for j, x := range qs[p*per : (p+1)*per] {
				sum += digits[j][c]*x - top*min(x, 0)
			}
			to[c] = byte(min(int32(sum*inv+0.5), maxEntry))
			to[16+c] = to[c]
		}
	}
}

// Blocks writes, for each of the first n entries of consecutive blocks, the affine form
//
//	k[0] + add + scale·(k[1]·S + k[2]) + k[3]·err
//
// where S is the sum of what the tables say of the entry's nibbles, and marks those that
// are not bound or more: bit e of marks[b] is entry e of block b. out has room for
// whole blocks; what is written for entries from n on says nothing.
func Blocks(table []byte, k *[4]float32, blocks unsafe.Pointer, adds bool, n int, bound float32, out []float32, marks []uint32) {
	count := (n + BlockLen - 1) / BlockLen
	if count == 0 {
		return
	}
	_, _ = out[:count*BlockLen], marks[:count]
	active.blocks(&table[0], len(table)/tableGroup, k, blocks, blockTail(adds), n, bound, &out[0], &marks[0])
	if rest := n % BlockLen; rest > 0 {
		marks[count-1] &= 1<<rest - 1
	}
}

func blocksGo(table *byte, groups int, k *[4]float32, blocks unsafe.Pointer, tail, n int, bound float32, out *float32, marks *uint32) {
	t := unsafe.Slice(table, groups*tableGroup)
	size := groups*blockGroup + tail
	for at := 0; at < n; at += BlockLen {
		b := unsafe.Slice((*byte)(unsafe.Add(blocks, at/BlockLen*size)), size)
		o, mark := unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(out), 4*at)), BlockLen), uint32(0)
		for e := range min(BlockLen, n-at) {
			sum, lane := int32(0), blockLane(e)
			for g := range groups {
				lo, hi := b[g*blockGroup+lane], b[g*blockGroup+32+lane]
				part := t[g*tableGroup : (g+1)*tableGroup]
				sum += int32(part[lo&15]) + int32(part[64+lo>>4]) + int32(part[32+hi&15]) + int32(part[96+hi>>4])
			}
			d := k[0]
			if tail > blockRow {
				d += f32at(b[groups*blockGroup:], e)
			}
			f := binary.LittleEndian.Uint32(b[size-blockRow+4*e:])
			d += math.Float32frombits(f&^0xffff)*(k[1]*float32(sum)+k[2]) + k[3]*math.Float32frombits(f<<16)
			if o[e] = d; !(d >= bound) {
				mark |= 1 << e
			}
		}
		*(*uint32)(unsafe.Add(unsafe.Pointer(marks), at/8)) = mark
	}
}
