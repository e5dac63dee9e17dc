package types

import (
	"encoding/binary"
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// decodeArray checks array_recv's format and brings elements into container
// form; the result borrows b when nothing had to change. named is the element type as
// the message has it: a domain where the elements are of one.
func decodeArray(elem T, named OID, b []byte) (Datum, error) {
	if len(b) < 12 {
		return Datum{}, shortMessage()
	}
	ndim, flags := int(int32(binary.BigEndian.Uint32(b))), binary.BigEndian.Uint32(b[4:])
	if ndim < 0 {
		return Datum{}, badBinary("invalid number of dimensions: %d", ndim)
	}
	if ndim > MaxArrayDims {
		return Datum{}, tooManyArrayDims(ndim)
	}
	if flags > 1 {
		return Datum{}, badBinary("invalid array flags")
	}
	if got := binary.BigEndian.Uint32(b[8:]); got != named && stableOID(got) && stableOID(named) {
		return Datum{}, pgerr.Newf(pgerrcode.DatatypeMismatch, "binary data has array element type %d (%s) instead of expected %d (%s)",
			got, formatOID(got), named, TypeName(OID(named)))
	}
	if len(b) < 12+8*ndim {
		return Datum{}, shortMessage()
	}
	dims := ArrayDims(make([]ArrayDim, 0, MaxArrayDims), Bytes(b))
	n := 1
	for _, d := range dims {
		if d.Len < 0 {
			return Datum{}, arrayTooLarge()
		}
		if n *= d.Len; n > maxArrayElems {
			return Datum{}, arrayTooLarge()
		}
	}
	for _, d := range dims {
		if d.Lower+d.Len > math.MaxInt32 {
			return Datum{}, pgerr.Newf(pgerrcode.ProgramLimitExceeded, "array lower bound is too large: %d", d.Lower)
		}
	}
	rest := b[12+8*ndim:]
	if ndim == 0 || n == 0 {
		if len(rest) > 0 {
			return Datum{}, badBinary("incorrect binary data format")
		}
		return EmptyArray(elem.OID), nil
	}
	if n > len(rest)/4 {
		return Datum{}, shortMessage()
	}
	var ab ArrayBuilder
	ab.Reset(elem.OID)
	for i := 0; i < n; i++ {
		d, next, err := decodeMember(elem, rest)
		if err != nil {
			return Datum{}, err
		}
		ab.Append(d)
		rest = next
	}
	if len(rest) > 0 {
		return Datum{}, badBinary("incorrect binary data format")
	}
	return ab.Shaped(dims)
}

// stableOID reports a number that means the same type on every server. What comes with the
// number of another type is read as what is expected.
func stableOID(oid OID) bool { return oid < 10000 }

// formatOID is a type as errors about binary data name it.
func formatOID(oid OID) string {
	if oid == 0 {
		return "-"
	}
	return TypeName(oid)
}

// decodeMember reads one length-prefixed value in wire format.
func decodeMember(t T, b []byte) (d Datum, rest []byte, err error) {
	if len(b) < 4 {
		return Datum{}, nil, shortMessage()
	}
	n := int32(binary.BigEndian.Uint32(b))
	b = b[4:]
	if n == -1 {
		return Null, b, nil
	}
	if n < 0 || int(n) > len(b) {
		return Datum{}, nil, badBinary("insufficient data left in message")
	}
	d, err = DecodeBinary(t, b[:n:n])
	return d, b[n:], err
}

// nameElements writes the domain that the elements are of into an array's header.
func nameElements(dst []byte, start int, info *Info, elem OID) []byte {
	if info.Elem != elem && Of(info.OID).ElemDomain() != 0 && len(dst) >= start+12 {
		binary.BigEndian.PutUint32(dst[start+8:], info.Elem)
	}
	return dst
}

// appendArrayBinary prints array_send's format.
func appendArrayBinary(dst []byte, info *Info, d Datum) []byte {
	elem := ArrayElemOID(d)
	start := len(dst)
	if !wireDiffers(elem) {
		dst = append(dst, d.ref...)
		return nameElements(dst, start, info, elem)
	}
	head := 12 + 8*ArrayNDims(d)
	dst = nameElements(append(dst, d.ref[:min(head, len(d.ref))]...), start, info, elem)
	for it := NewArrayIter(d); ; {
		v, ok := it.Next()
		if !ok {
			return dst
		}
		dst = appendMember(dst, Of(elem), v)
	}
}

// appendMember appends a length-prefixed value in wire format.
func appendMember(dst []byte, t T, v Datum) []byte {
	if v.null {
		return append(dst, 0xff, 0xff, 0xff, 0xff)
	}
	at := len(dst)
	dst = AppendBinary(append(dst, 0, 0, 0, 0), t, v)
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// wireDiffers reports types whose container form is not their wire format.
func wireDiffers(oid OID) bool {
	switch oid {
	case VectorOID, HalfvecOID, SparsevecOID, Int8vecOID, JSONBOID, JSONPathOID, InetOID, CidrOID:
		return true
	}
	info := byOID(oid)
	if x := extensionOf(oid); x != nil {
		return x.encode != nil
	}
	if info != nil && info.IsArray { // of a domain over arrays
		return Of(oid).ElemDomain() != 0 || wireDiffers(info.elem(-1).OID)
	}
	if info != nil && info.Range != nil {
		return wireDiffers(info.Range.Elem)
	}
	return info != nil && info.Type == 'e' || isRecord(oid)
}
