package collate

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Collations of languages are one of the large orders with other weights for some
// characters, and with weights for sequences of them, as Spanish "ch".

// tailoredTable lists them: the order without its prefix, the characters in hexadecimal
// with + between, and their weights with a point between, those of further levels after a
// slash. They are what a server gives as WEIGHT_STRING where that is not what it gives in
// the order beneath.
//
//go:embed mysql_tailored.tsv
var tailoredTable string

// tailoring is what an order weighs otherwise than the one beneath.
type tailoring struct {
	single map[rune]levels
	// sequences are by their first character, longer ones first.
	sequences map[rune][]sequence
}

// levels are the weights at each level; what is missing has none there.
type levels [3][]uint16

type sequence struct {
	rest string // after the first character
	levels
}

// languages are those of the collations of version 4.0.0 of the Unicode algorithm, in the
// order of their numbers in MySQL.
var languages = []string{"icelandic", "latvian", "romanian", "slovenian", "polish", "estonian", "spanish", "swedish", "turkish",
	"czech", "danish", "lithuanian", "slovak", "spanish2", "roman", "persian", "esperanto", "hungarian", "sinhala", "german2",
	"croatian", "", "vietnamese"} // the one without a name is unicode_520

// languageOrder is the order of a language's collation.
func languageOrder(language string) string { return loose + mysqlPrefix + "unicode-" + language }

// tailored lists the orders that are made from others.
func tailored() map[string]*mysqlOrder {
	list := map[string]*mysqlOrder{}
	add := func(name, beneath string) {
		o := *mysqlOrders[beneath]
		o.tailored = sync.OnceValue(func() *tailoring { return readTailoring(strings.TrimPrefix(name, loose+mysqlPrefix)) })
		o.letters = o.letters && name != MySQLLatin1CS
		list[name] = &o
	}
	for _, l := range languages {
		if l != "" {
			add(languageOrder(l), MySQLUnicode)
		}
	}
	add(MySQLGeneral500, MySQLGeneral)
	for _, name := range []string{MySQLGerman1, MySQLGerman2, MySQLDanish} {
		add(name, MySQLSwedish)
	}
	for _, name := range []string{MySQLLatin1CS, MySQLSpanish} {
		add(name, MySQLLatin1)
	}
	return list
}

// readTailoring reads the lines of an order, which are the program's own.
func readTailoring(order string) *tailoring {
	t := &tailoring{single: map[rune]levels{}, sequences: map[rune][]sequence{}}
	number := func(s string) rune {
		n, err := strconv.ParseUint(s, 16, 32)
		if err != nil {
			panic("collate: tailoring of " + order + ": " + err.Error())
		}
		return rune(n)
	}
	for line := range strings.Lines(tailoredTable) {
		c := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if c[0] != order {
			continue
		}
		var w levels
		for i, level := range strings.Split(c[2], "/") {
			for _, s := range strings.FieldsFunc(level, func(r rune) bool { return r == '.' }) {
				w[i] = append(w[i], uint16(number(s)))
			}
		}
		var chars []rune
		for s := range strings.SplitSeq(c[1], "+") {
			chars = append(chars, number(s))
		}
		if len(chars) == 1 {
			t.single[chars[0]] = w
			continue
		}
		t.sequences[chars[0]] = append(t.sequences[chars[0]], sequence{string(chars[1:]), w})
	}
	for _, l := range t.sequences {
		slices.SortStableFunc(l, func(a, b sequence) int { return len(b.rest) - len(a.rest) })
	}
	return t
}

// of are the weights of a character, or of a sequence that it begins, with the length of
// what follows it there; ok is false where they are those of the order beneath.
func (t *tailoring) of(r rune, rest []byte) (w levels, length int, ok bool) {
	for _, s := range t.sequences[r] {
		if len(rest) >= len(s.rest) && string(rest[:len(s.rest)]) == s.rest {
			return s.levels, len(s.rest), true
		}
	}
	w, ok = t.single[r]
	return w, 0, ok
}

// begins reports a character that may begin a sequence.
func (o *mysqlOrder) begins(r rune) bool {
	return o.tailored != nil && o.tailored().sequences[r] != nil
}

// weigh calls put with the weights of a text's first character at a level, or of the
// sequence that counts as one, and returns its length.
func (o *mysqlOrder) weigh(text []byte, level int, put func(rune)) int {
	r, n := utf8.DecodeRune(text)
	if o.tailored != nil {
		if w, more, ok := o.tailored().of(r, text[n:]); ok {
			for _, x := range w[level] {
				put(rune(x))
			}
			return n + more
		}
	}
	if o.levels == nil {
		put(o.by(r))
		return n
	}
	var buf [2]uint16
	w, ok := tables[o.levels[level]]().of(r, &buf)
	switch {
	case ok:
	case level > 0:
		w = implicit[level]
	case r > 0xffff: // beyond what the table knows
		w = append(buf[:0], 0xfffd)
	}
	for _, x := range w {
		put(rune(x))
	}
	return n
}
