package types

import "encoding/binary"

// The kinds of JSON in MySQL's order of them ("Comparison and Ordering of JSON Values"),
// of which jsonb has these.
const (
	orderEnd = iota + 0x08 // after the last element: a shorter array sorts first
	orderNull
	orderNumber
	orderString
	orderObject
	orderArray
	orderFalse
	orderTrue
)

// AppendJSONBOrder appends bytes that compare as MySQL compares JSON: by kinds, then
// numbers by value, strings by bytes and arrays element by element. Unequal objects, whose
// order MySQL does not tell, sort by how many members they have and then by these.
func AppendJSONBOrder(dst, jsonb []byte) []byte {
	v := parseCanonical(jsonb)
	return v.appendOrder(dst)
}

func (v *jsonValue) appendOrder(dst []byte) []byte {
	switch v.kind {
	case jsonNull:
		return append(dst, orderNull)
	case jsonString:
		return appendEscaped(append(dst, orderString), v.text)
	case jsonNumber:
		n, err := parseNumeric(string(v.text))
		if err != nil { // not a jsonb datum
			return append(dst, orderNumber)
		}
		return appendNumericKey(append(dst, orderNumber), n)
	case jsonFalse:
		return append(dst, orderFalse)
	case jsonTrue:
		return append(dst, orderTrue)
	case jsonArray:
		dst = append(dst, orderArray)
		for i := range v.list {
			dst = v.list[i].appendOrder(dst)
		}
		return append(dst, orderEnd)
	}
	v.normalise()
	dst = binary.BigEndian.AppendUint32(append(dst, orderObject), uint32(len(v.list)))
	for i := range v.list {
		dst = appendEscaped(append(dst, orderString), v.keys[i])
		dst = v.list[i].appendOrder(dst)
	}
	return dst
}
