package collate

import (
	"bytes"
	"maps"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// The orders of MySQL's collations. They go by weights of single characters: Only
// languages' collations know sequences (mysql_tailored.go). In most of them a text counts as if it
// had any number of spaces at its end (PAD SPACE).

// mysqlPrefix begins the names of these orders, after loose.
const mysqlPrefix = "mysql-"

// Names of MySQL's orders: texts that differ may be equal in each of them.
const (
	MySQLBin        = loose + mysqlPrefix + "bin"
	MySQLGeneral    = loose + mysqlPrefix + "general"
	MySQLUnicode    = loose + mysqlPrefix + "unicode"
	MySQLUnicode520 = loose + mysqlPrefix + "unicode520"
	MySQL0900AI     = loose + mysqlPrefix + "0900-ai"
	MySQL0900AS     = loose + mysqlPrefix + "0900-as"
	MySQL0900CS     = loose + mysqlPrefix + "0900-cs"
	MySQLSwedish    = loose + mysqlPrefix + "swedish"
	MySQLLatin1     = loose + mysqlPrefix + "latin1"
	MySQLASCII      = loose + mysqlPrefix + "ascii"
	MySQLGBK        = loose + mysqlPrefix + "gbk"
	MySQLGBKBin     = loose + mysqlPrefix + "gbkbin"
	MySQLGeneral500 = loose + mysqlPrefix + "general-500"
	MySQLGerman1    = loose + mysqlPrefix + "latin1-german1"
	MySQLGerman2    = loose + mysqlPrefix + "latin1-german2"
	MySQLDanish     = loose + mysqlPrefix + "latin1-danish"
	MySQLSpanish    = loose + mysqlPrefix + "latin1-spanish"
	MySQLLatin1CS   = loose + mysqlPrefix + "latin1-general-cs"
)

// mysqlOrder is how a text's weights are found.
type mysqlOrder struct {
	padded bool
	// levels are the tables of weights, that of letters first; nil = one goes by.
	levels []int
	by     func(r rune) rune
	// wide weights stand in keys as two bytes each, others as one or three.
	wide bool
	// letters: case makes no difference.
	letters bool
	// narrow: a character is one byte in the character set.
	narrow bool
	// tailored, where it is there, comes before the tables.
	tailored func() *tailoring
	// plain are the weights of ASCII characters at the first level.
	plain func() *[128]rune
}

// What stands in the place of a weight.
const (
	noWeight rune = -1 // the character counts for nothing
	several  rune = -2
)

func init() {
	maps.Copy(mysqlOrders, tailored())
	for _, o := range mysqlOrders {
		o.plain = sync.OnceValue(func() *[128]rune {
			var t [128]rune
			for c := range t {
				if t[c] = noWeight; o.begins(rune(c)) {
					t[c] = several
					continue
				}
				o.weights([]byte{byte(c)}, 0, func(w rune) {
					if t[c] != noWeight {
						w = several
					}
					t[c] = w
				})
			}
			return &t
		})
	}
}

var mysqlOrders = map[string]*mysqlOrder{
	MySQLBin:        {padded: true, by: func(r rune) rune { return r }},
	MySQLGeneral:    {padded: true, letters: true, by: generalWeight},
	MySQLUnicode:    {padded: true, letters: true, wide: true, levels: []int{tableUnicode}},
	MySQLUnicode520: {padded: true, letters: true, wide: true, levels: []int{tableUnicode520}},
	MySQL0900AI:     {letters: true, wide: true, levels: []int{table0900Primary}},
	MySQL0900AS:     {letters: true, wide: true, levels: []int{table0900Primary, table0900Secondary}},
	MySQL0900CS:     {wide: true, levels: []int{table0900Primary, table0900Secondary, table0900Tertiary}},
	MySQLSwedish:    {padded: true, letters: true, narrow: true, by: tableWeight(tableSwedish)},
	MySQLLatin1:     {padded: true, letters: true, narrow: true, by: tableWeight(tableLatin1)},
	MySQLASCII:      {padded: true, letters: true, narrow: true, by: asciiWeight},
	MySQLGBK:        {padded: true, letters: true, by: tableWeight(tableGBK)},
	MySQLGBKBin:     {padded: true, by: gbkCode},
}

// IsMySQL reports an order of MySQL's.
func IsMySQL(order string) bool { return strings.HasPrefix(order, loose+mysqlPrefix) }

// IgnoresCase reports an order of MySQL's in which capital letters equal small ones.
func IgnoresCase(order string) bool {
	m := mysqlOrders[order]
	return m != nil && m.letters
}

// ByCodePoint reports an order of MySQL's in which texts are equal only when they are the
// same but for spaces at the end.
func ByCodePoint(order string) bool { return order == MySQLBin || order == MySQLGBKBin }

// generalWeight is a character's weight in utf8mb4_general_ci; all beyond the first plane
// are equal.
func generalWeight(r rune) rune {
	if r > 0xffff {
		return 0xfffd
	}
	var buf [2]uint16
	if w, ok := tables[tableGeneral]().of(r, &buf); ok {
		return rune(w[0])
	}
	return r
}

// tableWeight finds weights in a table of a small character set; what is not in the set
// comes after it.
func tableWeight(n int) func(rune) rune {
	return func(r rune) rune {
		var buf [2]uint16
		if w, ok := tables[n]().of(r, &buf); ok {
			return rune(w[0])
		}
		return 0x10000 + r
	}
}

func asciiWeight(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r - ('a' - 'A')
	}
	return r
}

// gbkCode is a character's code in GBK.
func gbkCode(r rune) rune {
	if r < utf8.RuneSelf {
		return r
	}
	var in [utf8.UTFMax]byte
	out, err := simplifiedchinese.GBK.NewEncoder().Bytes(in[:utf8.EncodeRune(in[:], r)])
	if err != nil || len(out) != 2 {
		return 0x10000 + r
	}
	return rune(out[0])<<8 | rune(out[1])
}

// implicit are the weights at the second and third level of characters that only the
// table of the first has.
var implicit = [...][]uint16{nil, {0x20}, {0x02}}

// weights calls put with the weights of a text at a level.
func (o *mysqlOrder) weights(text []byte, level int, put func(rune)) {
	for len(text) > 0 {
		text = text[o.weigh(text, level, put):]
	}
}

func (o *mysqlOrder) appendWeight(dst []byte, w rune) []byte {
	switch {
	case o.wide:
		return append(dst, byte(w>>8), byte(w))
	case w < 0x80:
		return append(dst, byte(w))
	}
	return append(dst, 0x80|byte(w>>16), byte(w>>8), byte(w))
}

// appendKey appends a text's key: its weights, of several levels with two zero bytes
// between, and in padded orders what tells how many spaces stand in a row.
func (o *mysqlOrder) appendKey(dst, text []byte) []byte {
	if !o.padded {
		return o.appendLevels(dst, text)
	}
	space := rune(' ')
	if o.levels != nil {
		space = 0x209 // in all versions but 5.2.0
		if o.levels[0] == tableUnicode520 {
			space = 0x20a
		}
	}
	text = bytes.TrimRight(text, " ")
	run := 0
	put := func(w rune) {
		if w == space {
			run++
			return
		}
		if run > 0 {
			dst = appendRun(o.appendWeight(dst, space), run, w > space)
			run = 0
		}
		dst = o.appendWeight(dst, w)
	}
	plain := o.plain()
	for len(text) > 0 {
		if c := text[0]; c < utf8.RuneSelf && plain[c] != several {
			if w := plain[c]; w != noWeight && w != space && run == 0 && !o.wide && w < 0x80 {
				dst = append(dst, byte(w))
			} else if w != noWeight {
				put(w)
			}
			text = text[1:]
			continue
		}
		text = text[o.weigh(text, 0, put):]
	}
	return append(o.appendWeight(dst, space), endOfText)
}

// endOfText stands where a text's spaces never end.
const endOfText = 0x80

// appendRun appends how many spaces come before a weight that is greater than that of a
// space, or less. Before a greater one fewer are greater, before a lesser one more, and
// all of those are greater and all of these less than endOfText.
func appendRun(dst []byte, n int, greater bool) []byte {
	const most = 0x7e
	for {
		k := min(n-1, most)
		if greater {
			dst = append(dst, 0xff-byte(k))
		} else {
			dst = append(dst, 1+byte(k))
		}
		if k < most {
			return dst
		}
		n -= most
	}
}

// appendLevels appends a text's weights as they are.
func (o *mysqlOrder) appendLevels(dst, text []byte) []byte {
	if len(o.levels) < 2 {
		plain := o.plain()
		for len(text) > 0 && text[0] < utf8.RuneSelf && plain[text[0]] != several {
			if w := plain[text[0]]; w != noWeight {
				dst = o.appendWeight(dst, w)
			}
			text = text[1:]
		}
	}
	for level := range max(len(o.levels), 1) {
		if level > 0 {
			dst = append(dst, 0, 0)
		}
		o.weights(text, level, func(w rune) { dst = o.appendWeight(dst, w) })
	}
	return dst
}

// AppendParts appends the weights of a part of a text in an order of MySQL's, where spaces
// at the end count: as LOCATE and the like compare.
func (o *Order) AppendParts(dst, part []byte) []byte { return o.mysql.appendLevels(dst, part) }

// PartLength is how many bytes of a text are as long as a part of so many bytes and characters
// in the character set of an order of MySQL's; more than there are for none.
func (o *Order) PartLength(text []byte, bytes, chars int) int {
	if !o.mysql.narrow {
		if bytes > len(text) || bytes < len(text) && !utf8.RuneStart(text[bytes]) {
			return len(text) + 1
		}
		return bytes
	}
	n := 0
	for ; chars > 0; chars-- {
		if n >= len(text) {
			return len(text) + 1
		}
		_, k := utf8.DecodeRune(text[n:])
		n += k
	}
	return n
}

// SameChar reports whether two characters are equal in an order of MySQL's, as LIKE
// compares them.
func (o *Order) SameChar(a, b rune) bool {
	if a == b {
		return true
	}
	m := o.mysql
	if a < utf8.RuneSelf && b < utf8.RuneSelf && len(m.levels) < 2 {
		if t := m.plain(); t[a] >= 0 && t[b] >= 0 {
			return t[a] == t[b]
		}
	}
	if !m.knows(a) || !m.knows(b) {
		return false
	}
	var x, y [64]byte
	var in [2][utf8.UTFMax]byte
	ka := m.appendLevels(x[:0], in[0][:utf8.EncodeRune(in[0][:], a)])
	kb := m.appendLevels(y[:0], in[1][:utf8.EncodeRune(in[1][:], b)])
	return bytes.Equal(ka, kb)
}

// knows reports a character that the tables of weights have, or that needs none.
func (o *mysqlOrder) knows(r rune) bool {
	if o.levels == nil {
		return true
	}
	if o.tailored != nil {
		if _, _, ok := o.tailored().of(r, nil); ok {
			return true
		}
	}
	var buf [2]uint16
	_, ok := tables[o.levels[0]]().of(r, &buf)
	return ok
}
