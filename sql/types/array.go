package types

import (
	"encoding/binary"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// An array datum is array_send's format, all numbers 32-bit big-endian:
//
//	ndim, hasnull, element OID, then per dimension length and lower bound,
//	then per element its length (−1 for NULL) and bytes
//
// Elements are in container form (appendElem): integers and floats big-endian
// in their typlen, all else as the datum's own bytes. Only types whose datum
// differs from the wire (vectors, jsonb, record, nested containers) make
// AppendBinary rewrite the elements. An empty array has ndim 0. int2vector and
// oidvector are such arrays of one dimension with lower bound 0.

// MaxArrayDims is PostgreSQL's MAXDIM.
const MaxArrayDims = 6

// maxArrayElems bounds the number of elements (MaxArraySize).
const maxArrayElems = 134_217_727

func tooManyArrayDims(n int) error {
	return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", n, MaxArrayDims)
}

func arrayTooLarge() error {
	return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArrayElems)
}

// arrayElemRoom is what an element takes at most beside the bytes of its datum.
const arrayElemRoom = 20

// longestArray is the most bytes of elements, but in tests: MaxText, and enough for as many
// integers as PostgreSQL puts into that.
var longestArray = 8*maxArrayElems + arrayElemRoom

func arrayTooLong() error {
	return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", MaxText)
}

// appendElem appends a value in container form, without length.
func appendElem(dst []byte, oid OID, d Datum) []byte {
	info := byOID(oid)
	if info == nil {
		return append(dst, d.ref...)
	}
	switch info.Rep {
	case RepInt:
		switch info.width() {
		case 1:
			return append(dst, byte(d.bits))
		case 2:
			return binary.BigEndian.AppendUint16(dst, uint16(d.bits))
		case 4:
			return binary.BigEndian.AppendUint32(dst, uint32(d.bits))
		}
		return binary.BigEndian.AppendUint64(dst, d.bits)
	case RepFloat:
		if info.Len == 4 {
			return binary.BigEndian.AppendUint32(dst, float32Bits(d.Float()))
		}
		return binary.BigEndian.AppendUint64(dst, wireFloat(d))
	}
	return append(dst, d.ref...)
}

// elemDatum reads container form; bytes are borrowed. Wrong lengths, which only
// a damaged datum has, read as zero.
func elemDatum(oid OID, b []byte) Datum {
	info := byOID(oid)
	if info == nil || info.Rep == RepBytes {
		return Bytes(b)
	}
	if len(b) != info.width() {
		return Datum{}
	}
	return fixedDatum(info, b)
}

// fixedDatum reads a RepInt or RepFloat value of info.Len bytes.
func fixedDatum(info *Info, b []byte) Datum {
	if info.Rep == RepFloat {
		if info.Len == 4 {
			return Float(float32From(binary.BigEndian.Uint32(b)))
		}
		return Datum{bits: binary.BigEndian.Uint64(b)}
	}
	switch info.width() {
	case 1:
		return Int(int64(b[0]))
	case 2:
		return Int(int64(int16(binary.BigEndian.Uint16(b))))
	case 4:
		u := binary.BigEndian.Uint32(b)
		if isUnsigned(info.OID) {
			return Int(int64(u))
		}
		return Int(int64(int32(u)))
	}
	return Int(int64(binary.BigEndian.Uint64(b)))
}

// isUnsigned reports the 32-bit types without sign: oid, xid, cid, reg*.
func isUnsigned(oid OID) bool {
	switch oid {
	case Int4OID, DateOID:
		return false
	}
	return true
}

// ArrayDim is one dimension of an array.
type ArrayDim struct {
	Len   int
	Lower int
}

// ArrayBuilder collects the elements of an array in row-major order. The zero
// value must be given its element type by Reset.
type ArrayBuilder struct {
	elem  OID
	buf   []byte
	n     int
	nulls bool
}

// Reset starts a new array of the element type.
func (b *ArrayBuilder) Reset(elem OID) {
	*b = ArrayBuilder{elem: elem, buf: b.buf[:0]}
}

// maxCollected is how many elements may be collected of which nobody knew how many come:
// PostgreSQL keeps their datums, eight bytes each, in memory that it doubles up to
// MaxAllocSize.
const maxCollected = 1 << 26

// Collect is Append for elements that are collected one by one from somewhere.
func (b *ArrayBuilder) Collect(d Datum) error {
	if b.n >= maxCollected {
		return AllocTooLarge(2 * 8 * maxCollected)
	}
	if !d.null && len(b.buf)+len(d.ref)+arrayElemRoom > longestArray {
		return arrayTooLong()
	}
	if err := b.room(len(d.ref)); err != nil {
		return err
	}
	b.append(d)
	return nil
}

// room is nil, or the error of an array for which the memory has no room with n bytes more.
func (b *ArrayBuilder) room(n int) error {
	n += len(b.buf)
	if !Grown(int64(n), int64(n-len(b.buf))) || n > MaxText {
		return nil
	}
	return Afford(n)
}

// Append adds an element, copying it.
func (b *ArrayBuilder) Append(d Datum) {
	if len(b.buf)+len(d.ref)+arrayElemRoom > longestArray {
		panic(stopped{arrayTooLong()})
	}
	if err := b.room(len(d.ref)); err != nil {
		panic(stopped{err})
	}
	b.append(d)
}

func (b *ArrayBuilder) append(d Datum) {
	b.n++
	if d.null {
		b.nulls = true
		b.buf = append(b.buf, 0xff, 0xff, 0xff, 0xff)
		return
	}
	at := len(b.buf)
	b.buf = append(b.buf, 0, 0, 0, 0)
	b.buf = appendElem(b.buf, b.elem, d)
	binary.BigEndian.PutUint32(b.buf[at:], uint32(len(b.buf)-at-4))
}

// MayHoldNulls marks the array as one that may hold NULLs, if d is marked so: a slice
// keeps the mark of what it is cut from.
func (b *ArrayBuilder) MayHoldNulls(d Datum) {
	b.nulls = b.nulls || len(d.ref) >= 8 && binary.BigEndian.Uint32(d.ref[4:]) != 0
}

// Len is the number of elements so far.
func (b *ArrayBuilder) Len() int { return b.n }

// Array is the one-dimensional array of the elements, with lower bound 1.
func (b *ArrayBuilder) Array() Datum {
	d, _ := b.Shaped([]ArrayDim{{b.n, 1}}) // one dimension of just this length always fits
	return d
}

// Shaped is the array with the given dimensions, whose product must be Len.
func (b *ArrayBuilder) Shaped(dims []ArrayDim) (Datum, error) {
	if b.n == 0 {
		dims = nil
	}
	if len(dims) > MaxArrayDims {
		return Datum{}, tooManyArrayDims(len(dims))
	}
	n := 1
	for _, d := range dims {
		n *= d.Len
	}
	if len(dims) > 0 && n != b.n {
		return Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "wrong number of array subscripts")
	}
	if b.n > maxArrayElems {
		return Datum{}, arrayTooLarge()
	}
	out := make([]byte, 0, 12+8*len(dims)+len(b.buf))
	out = appendArrayHeader(out, b.elem, b.nulls, dims)
	return Bytes(append(out, b.buf...)), nil
}

func appendArrayHeader(out []byte, elem OID, nulls bool, dims []ArrayDim) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(dims)))
	flag := uint32(0)
	if nulls {
		flag = 1
	}
	out = binary.BigEndian.AppendUint32(out, flag)
	out = binary.BigEndian.AppendUint32(out, elem)
	for _, d := range dims {
		out = binary.BigEndian.AppendUint32(out, uint32(d.Len))
		out = binary.BigEndian.AppendUint32(out, uint32(int32(d.Lower)))
	}
	return out
}

// EmptyArray is the array without elements.
func EmptyArray(elem OID) Datum { return Bytes(appendArrayHeader(nil, elem, false, nil)) }

// ArrayElemOID is the element type that the datum itself names.
func ArrayElemOID(d Datum) OID {
	if len(d.ref) < 12 {
		return 0
	}
	return binary.BigEndian.Uint32(d.ref[8:])
}

// ArrayNDims is the number of dimensions, 0 for an empty array.
func ArrayNDims(d Datum) int {
	if len(d.ref) < 12 {
		return 0
	}
	n := int(binary.BigEndian.Uint32(d.ref))
	if n < 0 || n > MaxArrayDims || len(d.ref) < 12+8*n {
		return 0
	}
	return n
}

// ArrayDims appends the array's dimensions to dst.
func ArrayDims(dst []ArrayDim, d Datum) []ArrayDim {
	n := ArrayNDims(d)
	for i := 0; i < n; i++ {
		at := 12 + 8*i
		dst = append(dst, ArrayDim{
			Len:   int(int32(binary.BigEndian.Uint32(d.ref[at:]))),
			Lower: int(int32(binary.BigEndian.Uint32(d.ref[at+4:]))),
		})
	}
	return dst
}

// ArrayLen is the number of elements over all dimensions.
func ArrayLen(d Datum) int {
	n := ArrayNDims(d)
	if n == 0 {
		return 0
	}
	total := 1
	for i := 0; i < n; i++ {
		total *= int(int32(binary.BigEndian.Uint32(d.ref[12+8*i:])))
	}
	return total
}

// ArrayHasNull reports a NULL element.
func ArrayHasNull(d Datum) bool {
	return len(d.ref) >= 12 && binary.BigEndian.Uint32(d.ref[4:]) != 0
}

// ArrayIter walks an array's elements in row-major order. Elements are borrowed.
type ArrayIter struct {
	elem OID
	b    []byte
	left int
}

// NewArrayIter starts at the first element.
func NewArrayIter(d Datum) ArrayIter {
	n := ArrayNDims(d)
	if n == 0 {
		return ArrayIter{}
	}
	return ArrayIter{elem: ArrayElemOID(d), b: d.ref[12+8*n:], left: ArrayLen(d)}
}

// Next returns the next element; ok is false after the last.
func (it *ArrayIter) Next() (d Datum, ok bool) {
	raw, null, ok := it.nextRaw()
	if !ok {
		return Datum{}, false
	}
	if null {
		return Null, true
	}
	return elemDatum(it.elem, raw), true
}

func (it *ArrayIter) nextRaw() (raw []byte, null, ok bool) {
	if it.left <= 0 || len(it.b) < 4 {
		return nil, false, false
	}
	it.left--
	n := int32(binary.BigEndian.Uint32(it.b))
	it.b = it.b[4:]
	if n < 0 {
		return nil, true, true
	}
	if int(n) > len(it.b) {
		it.left = 0
		return nil, false, false
	}
	raw, it.b = it.b[:n:n], it.b[n:]
	return raw, false, true
}

// ArrayGet is a[s1][s2]…: NULL for wrong numbers of subscripts or ones out of
// bounds, as PostgreSQL answers.
func ArrayGet(d Datum, subscripts ...int) Datum {
	var buf [MaxArrayDims]ArrayDim
	dims := ArrayDims(buf[:0], d)
	if len(dims) == 0 || len(dims) != len(subscripts) {
		return Null
	}
	at := 0
	for i, s := range subscripts {
		s -= dims[i].Lower
		if s < 0 || s >= dims[i].Len {
			return Null
		}
		at = at*dims[i].Len + s
	}
	it := NewArrayIter(d)
	if info := byOID(it.elem); info != nil && info.Len > 0 && !ArrayHasNull(d) && info.Rep != RepBytes {
		step := 4 + info.width()
		if (at+1)*step <= len(it.b) {
			return elemDatum(it.elem, it.b[at*step+4:(at+1)*step])
		}
		return Null
	}
	for ; at > 0; at-- {
		it.nextRaw()
	}
	if v, ok := it.Next(); ok {
		return v
	}
	return Null
}
