package gin

import (
	"encoding/binary"

	"github.com/loxodb/loxodb/sql/types"
)

// jsonbClass is jsonb_ops: an entry for each key and each scalar, wherever it stands.
// A string that is an array's element counts as a key: ? asks for both.
var jsonbClass = &Class{
	Name:      "jsonb_ops",
	accepts:   isJSONB,
	isDefault: isJSONB,
	ops: []Op{
		{Name: "@>", Strategy: jsonbContains, right: isType(types.JSONBOID)},
		{Name: "?", Strategy: jsonbExists, right: isType(types.TextOID)},
		{Name: "?|", Strategy: jsonbExistsAny, right: isType(types.TextArrayOID)},
		{Name: "?&", Strategy: jsonbExistsAll, right: isType(types.TextArrayOID)},
		{Name: "@?", Strategy: jsonbPathExists, right: isType(types.JSONPathOID)},
		{Name: "@@", Strategy: jsonbPathMatch, right: isType(types.JSONPathOID)},
	},
	entries: jsonbEntries,
	search:  jsonbSearch,
}

// jsonbPathClass is jsonb_path_ops: an entry for each scalar together with the keys
// on the way to it.
var jsonbPathClass = &Class{
	Name:      "jsonb_path_ops",
	accepts:   isJSONB,
	isDefault: func(types.T) bool { return false },
	ops: []Op{
		{Name: "@>", Strategy: jsonbContains, right: isType(types.JSONBOID)},
		{Name: "@?", Strategy: jsonbPathExists, right: isType(types.JSONPathOID)},
		{Name: "@@", Strategy: jsonbPathMatch, right: isType(types.JSONPathOID)},
	},
	entries: jsonbPathEntries,
	search:  jsonbPathSearch,
}

const (
	jsonbContains   = 7
	jsonbExists     = 9
	jsonbExistsAny  = 10
	jsonbExistsAll  = 11
	jsonbPathExists = 15
	jsonbPathMatch  = 16
)

func isJSONB(t types.T) bool { return t.OID == types.JSONBOID }

func isType(oid types.OID) func(key, t types.T) bool {
	return func(_, t types.T) bool { return t.OID == oid }
}

func jsonbEntries(e *Entries, _ types.T, d types.Datum) {
	types.JSONBWalk(d.Bytes(), func(part types.JSONBPart, text []byte) {
		switch part {
		case types.JSONBKey:
			e.put(kindKey, func(dst []byte) []byte { return appendText(dst, text) })
		case types.JSONBValue, types.JSONBElement:
			e.put(scalar(text, part == types.JSONBElement))
		}
	})
}

// scalar is the entry of a scalar's text; element says that it is one of an array.
func scalar(text []byte, element bool) (kind byte, add func(dst []byte) []byte) {
	if text[0] != '"' {
		return kindValue, func(dst []byte) []byte { return appendScalar(dst, text) }
	}
	s, _ := types.JSONText(text)
	kind = kindValue
	if element {
		kind = kindKey
	}
	return kind, func(dst []byte) []byte {
		if !element {
			dst = append(dst, '"')
		}
		return appendText(dst, s.Bytes())
	}
}

// appendScalar appends null, a boolean, or a number: equal ones are the same.
func appendScalar(dst, text []byte) []byte {
	return types.AppendKey(dst, types.Of(types.JSONBOID), types.Bytes(text), false)
}

func jsonbSearch(op *Op, _ types.T, d types.Datum, _ Settings) *Search {
	switch op.Strategy {
	case jsonbContains:
		var e Entries
		jsonbEntries(&e, types.T{}, d)
		return allOf(&e)
	case jsonbExists:
		return keyEntry(d.Bytes())
	case jsonbExistsAny:
		return or(keyEntries(d)...)
	case jsonbExistsAll:
		return and(keyEntries(d)...)
	}
	return pathSearch(d, op.Strategy == jsonbPathMatch, &step{})
}

// allOf is the search for rows that have all the entries.
func allOf(e *Entries) *Search {
	var list []*Search
	for _, k := range e.Sorted() {
		list = append(list, &Search{Kind: Entry, Entry: k})
	}
	return and(list...)
}

func keyEntry(key []byte) *Search {
	return entry(kindKey, func(dst []byte) []byte { return appendText(dst, key) })
}

func keyEntries(array types.Datum) (list []*Search) {
	for it := types.NewArrayIter(array); ; {
		v, ok := it.Next()
		if !ok {
			return list
		}
		if !v.IsNull() {
			list = append(list, keyEntry(v.Bytes()))
		}
	}
}

// pathHash is the hash (FNV-1a) of the keys on the way to a value; arrays are no part
// of it.
type pathHash uint64

const (
	fnvOffset pathHash = 14695981039346656037
	fnvPrime  pathHash = 1099511628211
)

func (h pathHash) add(b []byte) pathHash {
	for _, c := range b {
		h = (h ^ pathHash(c)) * fnvPrime
	}
	return (h ^ pathHash(len(b))) * fnvPrime
}

// leaf appends the entry of a scalar's text at the end of the way.
func (h pathHash) leaf(text []byte) func(dst []byte) []byte {
	if text[0] == '"' {
		s, _ := types.JSONText(text)
		h = h.add([]byte{'"'}).add(s.Bytes())
	} else {
		var buf [64]byte
		h = h.add(appendScalar(buf[:0], text))
	}
	return func(dst []byte) []byte { return binary.BigEndian.AppendUint64(dst, uint64(h)) }
}

func jsonbPathEntries(e *Entries, _ types.T, d types.Datum) {
	var open []pathHash // of the containers around
	way, at := fnvOffset, fnvOffset
	types.JSONBWalk(d.Bytes(), func(part types.JSONBPart, text []byte) {
		switch part {
		case types.JSONBOpen:
			open = append(open, way)
			way = at
		case types.JSONBClose:
			way, open = open[len(open)-1], open[:len(open)-1]
			at = way
		case types.JSONBKey:
			at = way.add(text)
		default:
			e.put(kindValue, at.leaf(text))
		}
	})
}

func jsonbPathSearch(op *Op, _ types.T, d types.Datum, _ Settings) *Search {
	if op.Strategy == jsonbContains {
		var e Entries
		jsonbPathEntries(&e, types.T{}, d)
		return allOf(&e)
	}
	return pathSearch(d, op.Strategy == jsonbPathMatch, &step{hashes: true, known: true, way: fnvOffset})
}
