package regex

import (
	"cmp"
	"slices"
	"sync"
	"unicode"
)

// span is a range of characters, both ends included.
type span struct{ lo, hi rune }

// charSet is a set of characters: sorted spans that do not touch.
type charSet struct {
	spans []span
	ascii [2]uint64 // the members below 128, for speed
}

func newSet(spans []span) *charSet {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	s := &charSet{}
	for _, p := range spans {
		if n := len(s.spans); n > 0 && p.lo <= s.spans[n-1].hi+1 {
			s.spans[n-1].hi = max(s.spans[n-1].hi, p.hi)
			continue
		}
		s.spans = append(s.spans, p)
	}
	for _, p := range s.spans {
		for c := p.lo; c <= p.hi && c < 128; c++ {
			s.ascii[c>>6] |= 1 << (c & 63)
		}
	}
	return s
}

func (s *charSet) has(c rune) bool {
	if c < 128 {
		return s.ascii[c>>6]>>(c&63)&1 != 0
	}
	_, ok := slices.BinarySearchFunc(s.spans, c, func(p span, c rune) int {
		switch {
		case p.hi < c:
			return -1
		case p.lo > c:
			return 1
		}
		return 0
	})
	return ok
}

// complement is every other character.
func complement(spans []span) []span {
	var out []span
	next := rune(0)
	for _, p := range newSet(spans).spans {
		if p.lo > next {
			out = append(out, span{next, p.lo - 1})
		}
		next = p.hi + 1
	}
	return append(out, span{next, maxChar})
}

// withCases adds the other cases of every member.
func withCases(spans []span) []span {
	out := slices.Clone(spans)
	for _, p := range spans {
		if p.lo == p.hi {
			out = append(out, single(unicode.ToLower(p.lo)), single(unicode.ToUpper(p.lo)))
			continue
		}
		list := cased()
		from, _ := slices.BinarySearch(list, p.lo)
		for _, c := range list[from:] {
			if c > p.hi {
				break
			}
			out = append(out, single(unicode.ToLower(c)), single(unicode.ToUpper(c)))
		}
	}
	return out
}

func single(c rune) span { return span{c, c} }

// cased lists the characters that have another case.
var cased = sync.OnceValue(func() []rune {
	var list []rune
	for c := range rune(0x20000) { // beyond lie none
		if unicode.ToLower(c) != c || unicode.ToUpper(c) != c {
			list = append(list, c)
		}
	}
	return list
})

// tables collects the members of Unicode's tables.
func tables(list ...*unicode.RangeTable) []span {
	var out []span
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			out = append(out, span{lo, hi})
			return
		}
		for c := lo; c <= hi; c += stride {
			out = append(out, single(c))
		}
	}
	for _, t := range list {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return newSet(out).spans
}

// minus is a without the members of b.
func minus(a, b []span) []span { return complement(append(complement(a), b...)) }

// classes are the character classes as the C library has them in C.UTF-8: digits of
// other scripts are letters, no-break spaces are punctuation.
var classes = sync.OnceValue(func() map[string][]span {
	digit := []span{{'0', '9'}}
	alpha := minus(tables(unicode.L, unicode.Nl, unicode.Nd, unicode.Other_Alphabetic), digit)
	alnum := append(slices.Clone(digit), alpha...)
	space := append(minus(tables(unicode.Zs, unicode.Zl, unicode.Zp), []span{single(0xa0), single(0x2007), single(0x202f)}), span{'\t', '\r'})
	printed := minus(tables(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs, unicode.Cf, unicode.Co), nil)
	graph := minus(printed, space)
	return map[string][]span{
		"alpha": alpha, "digit": digit, "alnum": alnum, "space": space, "print": printed, "graph": graph,
		"word":   append(slices.Clone(alnum), single('_')),
		"upper":  tables(unicode.Lu, unicode.Lt, unicode.Other_Uppercase),
		"lower":  append(tables(unicode.Ll, unicode.Other_Lowercase), single(0x1c5), single(0x1c8), single(0x1cb), single(0x1f2)),
		"blank":  {single(' '), single('\t')},
		"punct":  minus(graph, alnum),
		"cntrl":  tables(unicode.Cc),
		"xdigit": {{'0', '9'}, {'A', 'F'}, {'a', 'f'}},
		"ascii":  {{0, 127}},
	}
})

// class is a character class by name.
func class(name string, fold bool) ([]span, bool) {
	if fold && (name == "upper" || name == "lower") {
		name = "alpha"
	}
	s, ok := classes()[name]
	return s, ok
}

var (
	wordSet    = sync.OnceValue(func() *charSet { return newSet(classes()["word"]) })
	anyChar    = newSet([]span{{0, maxChar}})
	notNewline = newSet([]span{{0, '\n' - 1}, {'\n' + 1, maxChar}})
)

func isWord(c rune) bool { return wordSet().has(c) }
