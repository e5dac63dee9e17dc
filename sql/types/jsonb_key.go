package types

import (
	"bytes"
	"encoding/binary"
)

// jsonb keys: a tag byte in jsonb's order of kinds, then strings escaped,
// numbers as numeric keys, arrays and objects with their count before the
// members. At the top an empty array sorts before all scalars, a quirk of
// PostgreSQL that its documentation keeps.
const (
	tagEmptyArray = 0x08
	tagNull       = 0x10
	tagString     = 0x20
	tagNumber     = 0x30
	tagFalse      = 0x40
	tagTrue       = 0x41
	tagArray      = 0x50
	tagObject     = 0x60
)

// CompareJSONB orders two jsonb datums as jsonb_cmp does.
func CompareJSONB(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	var ba, bb [256]byte
	return bytes.Compare(appendJSONBKey(ba[:0], a), appendJSONBKey(bb[:0], b))
}

// appendJSONBKey appends the key of a jsonb datum.
func appendJSONBKey(dst, b []byte) []byte {
	if len(b) == 2 && b[0] == '[' {
		return append(dst, tagEmptyArray)
	}
	v := parseCanonical(b)
	return v.appendKey(dst)
}

func (v *jsonValue) appendKey(dst []byte) []byte {
	switch v.kind {
	case jsonNull:
		return append(dst, tagNull)
	case jsonString:
		return appendEscaped(append(dst, tagString), v.text)
	case jsonNumber:
		n, err := parseNumeric(string(v.text))
		if err != nil { // not a jsonb datum
			return append(dst, tagNumber)
		}
		return appendNumericKey(append(dst, tagNumber), n)
	case jsonFalse:
		return append(dst, tagFalse)
	case jsonTrue:
		return append(dst, tagTrue)
	case jsonArray:
		dst = binary.BigEndian.AppendUint32(append(dst, tagArray), uint32(len(v.list)))
		for i := range v.list {
			dst = v.list[i].appendKey(dst)
		}
		return dst
	}
	v.normalise()
	dst = binary.BigEndian.AppendUint32(append(dst, tagObject), uint32(len(v.list)))
	for i := range v.list {
		dst = appendEscaped(append(dst, tagString), v.keys[i])
		dst = v.list[i].appendKey(dst)
	}
	return dst
}
