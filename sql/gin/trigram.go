package gin

import (
	"math"

	"github.com/loxodb/loxodb/sql/regex"
	"github.com/loxodb/loxodb/sql/trgm"
	"github.com/loxodb/loxodb/sql/types"
)

// trigramClass is gin_trgm_ops of pg_trgm: an entry for each trigram.
var trigramClass = &Class{
	Name:      "gin_trgm_ops",
	Extension: "pg_trgm",
	accepts:   isText,
	isDefault: func(types.T) bool { return false },
	ops: []Op{
		{Name: "%", Strategy: similar, right: textual},
		{Name: "~~", Strategy: like, right: textual},
		{Name: "~~*", Strategy: ilike, right: textual},
		{Name: "~", Strategy: regexp, right: textual},
		{Name: "~*", Strategy: iregexp, right: textual},
		{Name: "%>", Strategy: similarWord, right: textual},
		{Name: "%>>", Strategy: strictWord, right: textual},
		{Name: "=", Strategy: textEqual, right: textual},
	},
	entries: func(e *Entries, _ types.T, d types.Datum) {
		for _, t := range trgm.Of(d.Bytes()) {
			e.put(kindValue, appendTrigram(t))
		}
	},
	search: trigramSearch,
}

const (
	similar     = 1
	like        = 3
	ilike       = 4
	regexp      = 5
	iregexp     = 6
	similarWord = 7
	strictWord  = 9
	textEqual   = 11
)

// Thresholds are the settings with the least values at which operators hold, by the
// functions that measure.
var Thresholds = map[string]string{
	"similarity":             "pg_trgm.similarity_threshold",
	"word_similarity":        "pg_trgm.word_similarity_threshold",
	"strict_word_similarity": "pg_trgm.strict_word_similarity_threshold",
}

func isText(t types.T) bool { return t.OID == types.TextOID || t.OID == types.VarcharOID }

func textual(_, t types.T) bool { return isText(t) }

func appendTrigram(t trgm.Trigram) func(dst []byte) []byte {
	return func(dst []byte) []byte { return append(dst, byte(t>>16), byte(t>>8), byte(t)) }
}

func trigramSearch(op *Op, _ types.T, d types.Datum, s Settings) *Search {
	switch op.Strategy {
	case similar:
		return similarTo(d.Bytes(), s.Threshold(Thresholds["similarity"]))
	case similarWord:
		return similarTo(d.Bytes(), s.Threshold(Thresholds["word_similarity"]))
	case strictWord:
		return similarTo(d.Bytes(), s.Threshold(Thresholds["strict_word_similarity"]))
	case like, ilike:
		return and(trigrams(trgm.OfLike(d.Bytes()))...)
	case textEqual:
		return and(trigrams(trgm.Of(d.Bytes()))...)
	}
	n, err := regex.NeedOf(string(d.Bytes()), regex.Flags{Fold: op.Strategy == iregexp})
	if err != nil {
		return all // whoever tests the rows will say so
	}
	return needed(n)
}

func trigrams(list []trgm.Trigram) (out []*Search) {
	for _, t := range list {
		out = append(out, entry(kindValue, appendTrigram(t)))
	}
	return out
}

// similarTo finds what has so many of the text's trigrams that it can reach the
// threshold: all measures are at most the share of the text's trigrams that are found.
func similarTo(text []byte, threshold float64) *Search {
	list := trigrams(trgm.Of(text))
	if threshold <= 0 {
		return all
	}
	least := int(math.Floor(threshold*float64(len(list)) - 1e-4))
	for least < len(list) && float64(float32(least)/float32(len(list))) < threshold {
		least++
	}
	switch {
	case len(list) == 0:
		return none
	case least >= len(list):
		return and(list...)
	case least <= 1:
		return or(list...)
	}
	return &Search{Kind: Least, N: least, Args: list}
}

// needed is the search for what a regular expression needs.
func needed(n *regex.Need) *Search {
	switch {
	case len(n.Any) > 0:
		var list []*Search
		for _, k := range n.Any {
			list = append(list, needed(k))
		}
		return or(list...)
	case len(n.All) > 0:
		var list []*Search
		for _, k := range n.All {
			list = append(list, needed(k))
		}
		return and(list...)
	}
	return and(trigrams(trgm.OfPart(n.Text))...)
}
