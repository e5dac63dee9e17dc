package dist

// BitTail is the number of bytes behind the codes of a bit record that hold its
// three float32 factors (add, scale, err).
const BitTail = 12

// BitDims is dims rounded up to whole blocks of 64 components.
func BitDims(dims int) int { return (dims + 63) &^ 63 }

// BitCodeBytes is the length of the codes of bits bits a component.
func BitCodeBytes(dims, bits int) int { return BitDims(dims) / 8 * bits }

// BitStride returns the record length for codes of bits bits (1 to 8) a component:
// the codes and the factors, such that a record of up to a cache line lies in one.
func BitStride(dims, bits int) int {
	n := BitCodeBytes(dims, bits) + BitTail
	for _, whole := range []int{32, 64} {
		if n <= whole {
			return whole
		}
	}
	return (n + 15) &^ 15
}

// Bits writes, for each ordinal, the affine form
//
//	k[0] + add + scale·(k[1]·I + k[2]) + k[3]·err
//
// where I = Σ q[i]·code[i] of the signed query code and the record's unsigned
// codes of the given number of bits, and add, scale, err are the three float32
// behind the codes. q has BitDims components, at least 64.
//
// A code is cut into fields of 4, 2 and 1 bits, high to low, as the binary digits
// of bits say (8 is two fields of 4). The record has the fields one after the other
// and a field of w bits in blocks of 64 components, 8·w bytes each: component c of a
// block is in byte c mod 8w at bit ⌊c / 8w⌋·w, so that a kernel unpacks a block
// with one load, one shift by lane and one mask.
func Bits(q []int8, bits int, k *[4]float32, rows *Rows, ords []uint32, out []float32) {
	out = out[:len(ords)]
	if BitCodeBytes(len(q), bits)+BitTail > rows.stride || len(q) == 0 || len(q)%64 != 0 {
		panic("dist: query and records of different shapes")
	}
	for at := 0; at < len(ords); at += maxGather {
		n := min(maxGather, len(ords)-at)
		active.bits(&q[0], k, bits, len(q), &rows.chunks[0], rows.shift, rows.mask(), rows.stride, &ords[at], n, &out[at])
	}
}

// fieldWidths are the widths of a code's fields, high to low.
func fieldWidths(bits int) []int { return widths[bits] }

var widths = [9][]int{1: {1}, 2: {2}, 3: {2, 1}, 4: {4}, 5: {4, 1}, 6: {4, 2}, 7: {4, 2, 1}, 8: {4, 4}}

// PackBits writes codes (a multiple of 64 of them, below 2^bits) in the form that
// Bits reads, and returns the number of bytes.
func PackBits(rec, codes []byte, bits int) int {
	at, below := 0, bits
	for _, w := range fieldWidths(bits) {
		below -= w
		for b := 0; b < len(codes); b += 64 {
			block, field := codes[b:b+64], rec[at:at+8*w]
			clear(field)
			for lane := 0; lane < 8; lane += w {
				part := block[8*lane:]
				for i := range field {
					field[i] |= part[i] >> below & (1<<w - 1) << lane
				}
			}
			at += 8 * w
		}
	}
	return at
}

// UnpackBits is the inverse of PackBits.
func UnpackBits(codes, rec []byte, bits int) {
	clear(codes)
	at := 0
	for _, w := range fieldWidths(bits) {
		for b := 0; b < len(codes); b += 64 {
			block, field := codes[b:b+64], rec[at:at+8*w]
			for lane := 0; lane < 8; lane += w {
				part := block[8*lane:]
				for i, f := range field {
					part[i] = part[i]<<w | f>>lane&(1<<w-1)
				}
			}
			at += 8 * w
		}
	}
}
