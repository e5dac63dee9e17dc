package types

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// badRange is 22P02 for a literal whose punctuation is wrong.
func badRange(kind, s, detail string) error {
	return pgerr.Newf(pgerrcode.InvalidTextRepresentation, "malformed %s literal: \"%s\"", kind, s).WithDetail("%s", detail)
}

const endOfInput = "Unexpected end of input."

// parseRange reads [lower,upper), with quotes and backslashes around what needs them.
func (rt *RangeType) parseRange(s string, f *Format) (Datum, error) {
	fail := func(detail string) (Datum, error) { return Datum{}, badRange("range", s, detail) }
	i := skipSpace(s, 0)
	if len(s)-i >= 5 && LowerASCII(s[i:i+5]) == "empty" {
		if skipSpace(s, i+5) != len(s) {
			return fail("Junk after \"empty\" key word.")
		}
		return rt.Make(EmptyRange)
	}
	var r Range
	switch {
	case i < len(s) && s[i] == '[':
		r.Lower.Inclusive = true
	case i < len(s) && s[i] == '(':
	default:
		return fail("Missing left parenthesis or bracket.")
	}
	i++
	var text [2]string
	for k, bound := range []*Bound{&r.Lower, &r.Upper} {
		at := func(c byte) bool { return i < len(s) && s[i] == c }
		if k == 0 && at(',') || k == 1 && (at(')') || at(']')) {
			bound.Infinite = true
		} else {
			var ok bool
			if text[k], i, ok = rangeBoundText(s, i); !ok {
				return fail(endOfInput)
			}
		}
		switch {
		case k == 0 && at(','):
			i++
		case k == 0:
			return fail("Missing comma after lower bound.")
		case at(']'):
			r.Upper.Inclusive = true
			i++
		case at(')'):
			i++
		default:
			return fail("Too many commas.")
		}
	}
	if skipSpace(s, i) != len(s) {
		return fail("Junk after right parenthesis or bracket.")
	}
	for k, bound := range []*Bound{&r.Lower, &r.Upper} {
		if bound.Infinite {
			continue
		}
		var err error
		if bound.Val, err = ParseText(rt.bound(), text[k], f); err != nil {
			return Datum{}, err
		}
		if err = CheckDomain(rt.Domain, bound.Val, f); err != nil {
			return Datum{}, err
		}
	}
	return rt.Make(r)
}

// rangeBoundText reads a bound up to the comma or bracket that ends it.
func rangeBoundText(s string, i int) (text string, end int, ok bool) {
	var b []byte
	quoted := false
	for {
		if i >= len(s) {
			return "", i, false
		}
		c := s[i]
		if !quoted && (c == ',' || c == ')' || c == ']') {
			return string(b), i, true
		}
		i++
		switch {
		case c == '\\':
			if i >= len(s) {
				return "", i, false
			}
			b = append(b, s[i])
			i++
		case c != '"':
			b = append(b, c)
		case !quoted:
			quoted = true
		case i < len(s) && s[i] == '"':
			b = append(b, c)
			i++
		default:
			quoted = false
		}
	}
}

// parseMultirange reads {range,…}. Inside a range only its end and its quotes matter
// here; blanks are skipped wherever they stand.
func (rt *RangeType) parseMultirange(s string, f *Format) (Datum, error) {
	fail := func(detail string) (Datum, error) { return Datum{}, badRange("multirange", s, detail) }
	i := skipSpace(s, 0)
	if i >= len(s) || s[i] != '{' {
		return fail("Missing left brace.")
	}
	i++
	var list []Range
	for seen := 0; ; {
		if i = skipSpace(s, i); i >= len(s) {
			return fail(endOfInput)
		}
		switch {
		case s[i] == '[' || s[i] == '(':
			end := rangeEnd(s, i)
			if end < 0 {
				return fail(endOfInput)
			}
			d, err := rt.parseRange(s[i:end], f)
			if err != nil {
				return Datum{}, err
			}
			list = append(list, rt.RangeOf(d))
			i = end
		case s[i] == '}' && seen == 0:
		case len(s)-i >= 5 && LowerASCII(s[i:i+5]) == "empty":
			i += 5
		default:
			return fail("Expected range start.")
		}
		seen++
		if i = skipSpace(s, i); i >= len(s) {
			return fail(endOfInput)
		}
		i++
		if s[i-1] == '}' {
			break
		}
		if s[i-1] != ',' {
			return fail("Expected comma or end of multirange.")
		}
	}
	if skipSpace(s, i) != len(s) {
		return fail("Junk after closing right brace.")
	}
	return rt.MakeMulti(list), nil
}

// rangeEnd is the offset behind the bracket that closes the range at i, −1 for none.
func rangeEnd(s string, i int) int {
	for quoted := false; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ')' || c == ']'):
			return i + 1
		}
	}
	return -1
}

func (rt *RangeType) appendRangeText(dst []byte, r Range, f *Format) []byte {
	if r.Empty {
		return append(dst, "empty"...)
	}
	left, right := byte('('), byte(')')
	if r.Lower.Inclusive {
		left = '['
	}
	if r.Upper.Inclusive {
		right = ']'
	}
	dst = append(dst, left)
	for k, b := range []Bound{r.Lower, r.Upper} {
		if k == 1 {
			dst = append(dst, ',')
		}
		if !b.Infinite {
			start := len(dst)
			dst = quoteBound(AppendText(dst, Of(rt.Elem), b.Val, f), start)
		}
	}
	return append(dst, right)
}

// quoteBound puts quotes around dst[start:] where a reader needs them.
func quoteBound(dst []byte, start int) []byte {
	plain := len(dst) > start
	for _, c := range dst[start:] {
		plain = plain && !isSpace(c) && strings.IndexByte(`"\()[],`, c) < 0
	}
	if plain {
		return dst
	}
	text := string(dst[start:])
	dst = append(dst[:start], '"')
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' {
			dst = append(dst, text[i])
		}
		dst = append(dst, text[i])
	}
	return append(dst, '"')
}

func (rt *RangeType) appendMultiText(dst []byte, d Datum, f *Format) []byte {
	dst = append(dst, '{')
	for i, r := range rt.RangesOf(d) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = rt.appendRangeText(dst, r, f)
	}
	return append(dst, '}')
}
