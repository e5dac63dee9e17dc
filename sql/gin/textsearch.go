package gin

import (
	"github.com/loxodb/loxodb/sql/tsearch"
	"github.com/loxodb/loxodb/sql/types"
)

// vectorClass is tsvector_ops: an entry for each lexeme. Weights and places are not
// in it.
var vectorClass = &Class{
	Name:      "tsvector_ops",
	accepts:   isTSVector,
	isDefault: isTSVector,
	ops: []Op{
		{Name: "@@", Strategy: 1, right: func(_, t types.T) bool { return t.OID == types.TSQueryOID }},
		{Name: "@@@", Strategy: 2, right: func(_, t types.T) bool { return t.OID == types.TSQueryOID }},
	},
	entries: func(e *Entries, _ types.T, d types.Datum) {
		for _, l := range types.TSVector(d) {
			e.put(kindWord, func(dst []byte) []byte { return appendText(dst, l.Word) })
		}
	},
	search: func(_ *Op, _ types.T, d types.Datum, _ Settings) *Search { return lexemes(types.TSQuery(d)) },
}

func isTSVector(t types.T) bool { return t.OID == types.TSVectorOID }

// lexemes is what a tsquery asks for; what has no entries of its own, such as a
// negation, may hold for any row.
func lexemes(n *tsearch.Node) *Search {
	switch {
	case n == nil:
		return none
	case n.Op == tsearch.Word && n.Prefix:
		return prefix(n.Word)
	case n.Op == tsearch.Word:
		return entry(kindWord, func(dst []byte) []byte { return appendText(dst, n.Word) })
	case n.Op == tsearch.And, n.Op == tsearch.Phrase:
		return and(lexemes(n.Left), lexemes(n.Right))
	case n.Op == tsearch.Or:
		return or(lexemes(n.Left), lexemes(n.Right))
	}
	return all
}

// prefix is the search for lexemes that begin so.
func prefix(word []byte) *Search {
	e := entry(kindWord, func(dst []byte) []byte { return append(dst, word...) })
	return &Search{Kind: Prefix, Entry: e.Entry}
}
