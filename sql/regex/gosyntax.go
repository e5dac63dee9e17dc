package regex

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// goSyntax writes a language for Go's regexp. Look-around and word boundaries,
// which Go knows only of ASCII, cannot be written.
func goSyntax(x *expr) (string, bool) {
	var b strings.Builder
	ok := writeGo(&b, x)
	return b.String(), ok
}

func writeGo(b *strings.Builder, x *expr) bool {
	switch x.op {
	case opEmpty:
		b.WriteString("(?:)")
	case opSet:
		writeSet(b, x.set)
	case opCat:
		for _, k := range x.kids {
			if !writeGo(b, k) {
				return false
			}
		}
	case opAlt:
		b.WriteString("(?:")
		for i, k := range x.kids {
			if i > 0 {
				b.WriteByte('|')
			}
			if !writeGo(b, k) {
				return false
			}
		}
		b.WriteByte(')')
	case opRepeat:
		b.WriteString("(?:")
		if !writeGo(b, x.kids[0]) {
			return false
		}
		b.WriteByte(')')
		switch {
		case x.max == endless && x.min == 0:
			b.WriteByte('*')
		case x.max == endless && x.min == 1:
			b.WriteByte('+')
		case x.max == endless:
			fmt.Fprintf(b, "{%d,}", x.min)
		default:
			fmt.Fprintf(b, "{%d,%d}", x.min, x.max)
		}
	case opCond:
		text, ok := map[cond]string{condTextStart: `\A`, condTextEnd: `\z`, condLineStart: `(?m:^)`, condLineEnd: `(?m:$)`}[x.cond]
		b.WriteString(text)
		return ok
	default:
		return false
	}
	return true
}

func writeSet(b *strings.Builder, s *charSet) {
	if len(s.spans) == 1 && s.spans[0].lo == s.spans[0].hi && utf8.ValidRune(s.spans[0].lo) {
		b.WriteString(regexp.QuoteMeta(string(s.spans[0].lo)))
		return
	}
	b.WriteByte('[')
	some := false
	for _, p := range s.spans {
		if p.lo <= utf8.MaxRune {
			fmt.Fprintf(b, `\x{%x}-\x{%x}`, p.lo, min(p.hi, utf8.MaxRune))
			some = true
		}
	}
	if !some { // nothing
		b.WriteString(`^\x{0}-\x{10ffff}`)
	}
	b.WriteByte(']')
}

// looksBack reports that x asks what is before a place.
func looksBack(x *expr) bool {
	if x.op == opLook || x.op == opCond && x.cond != condTextEnd && x.cond != condLineEnd {
		return true
	}
	for _, k := range x.kids {
		if looksBack(k) {
			return true
		}
	}
	return false
}
