package types

import (
	"bytes"
	"encoding/binary"
)

// CollatedOID is the type of texts, or arrays of them, beside what a collation compares
// them by, where of equal ones one has to come out again: the length of the key as a
// varint, the key, the text. Values compare by the key alone. No row of pg_type has it and no
// column can; binding puts it between operators.
const CollatedOID = FirstUserOID - 1

var collated = extensionType{
	compare: func(a, b []byte) int { return bytes.Compare(collatedKey(a), collatedKey(b)) },
	hash:    func(b []byte, seed uint64) uint64 { return hashBytes(collatedKey(b), seed) },
	key:     func(dst, b []byte) []byte { return append(dst, collatedKey(b)...) },
}

func init() {
	extensions[CollatedOID-FirstExtensionOID].Info = &Info{OID: CollatedOID, Name: "collated", Len: -1, Align: 'i', Storage: 'x',
		Type: 'b', Category: 'U', Delim: ',', Rep: RepBytes, In: "textin", Out: "textout", ModIn: "-", ModOut: "-", Namespace: 11}
	extensions[CollatedOID-FirstExtensionOID].extensionType = &collated
}

// AppendCollated appends the value of type CollatedOID of a text with its key.
func AppendCollated(dst, key, text []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	return append(append(dst, key...), text...)
}

func splitCollated(b []byte) (key, text []byte) {
	l, n := binary.Uvarint(b)
	if n <= 0 || l > uint64(len(b)-n) {
		return nil, b // no value
	}
	return b[n : n+int(l)], b[n+int(l):]
}

func collatedKey(b []byte) []byte {
	key, _ := splitCollated(b)
	return key
}

// CollatedText is the text of such a value; it is a part of it.
func CollatedText(b []byte) []byte {
	_, text := splitCollated(b)
	return text
}
