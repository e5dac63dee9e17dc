package builtin

import (
	"bytes"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/regex"
	"github.com/loxodb/loxodb/sql/types"
)

// parseFlags reads the flags argument of a regexp function; global says whether
// it may contain g.
func parseFlags(s string, fn string, global bool) (regexFlags, error) {
	var f regexFlags
	for _, c := range s {
		if c == 'g' {
			if !global {
				return f, badParam("%s() does not support the \"global\" option", fn)
			}
			f.global = true
			continue
		}
		if c == 'e' {
			c = 'b' // PostgreSQL reads a basic expression with this option, too; (?e) is an extended one
		}
		if !f.Set(c) {
			return f, badParam("invalid regular expression option: \"%c\"", c)
		}
	}
	return f, nil
}

// regexArgs compiles a[1] with the flags at position flagsAt, if given.
func regexArgs(c *Ctx, a []types.Datum, flagsAt int, fn string, global bool) (*regex.Regexp, regexFlags, error) {
	var f regexFlags
	if flagsAt < len(a) {
		var err error
		if f, err = parseFlags(a[flagsAt].Text(), fn, global); err != nil {
			return nil, f, err
		}
	}
	re, err := siteRegex(c, a[1].Bytes(), f.Flags)
	return re, f, err
}

func regexpLike(c *Ctx, a []types.Datum) (types.Datum, error) {
	re, _, err := regexArgs(c, a, 2, "regexp_like", false)
	if err != nil {
		return types.Datum{}, err
	}
	is, err := re.Match(a[0].Bytes(), c.goOn)
	return types.Bool(is), err
}

// group is the text of a capture group, NULL if it took no part.
func group(s []byte, m []int, g int) types.Datum {
	if m[2*g] < 0 {
		return types.Null
	}
	return types.Bytes(s[m[2*g]:m[2*g+1]])
}

// groups is the text[] of all capture groups, or of the whole match without any.
func groups(s []byte, m []int) types.Datum {
	var b types.ArrayBuilder
	b.Reset(types.TextOID)
	if len(m) == 2 {
		b.Append(group(s, m, 0))
	}
	for g := 1; g < len(m)/2; g++ {
		b.Append(group(s, m, g))
	}
	return b.Array()
}

func regexpMatch(c *Ctx, a []types.Datum) (types.Datum, error) {
	if len(a) > 2 { // the flags are looked at before the expression
		if f, err := parseFlags(a[2].Text(), "regexp_match", true); err == nil && f.global {
			return types.Datum{}, badParam("regexp_match() does not support the \"global\" option").
				WithHint("Use the regexp_matches function instead.")
		}
	}
	re, _, err := regexArgs(c, a, 2, "regexp_match", true)
	if err != nil {
		return types.Datum{}, err
	}
	m, err := re.On(a[0].Bytes(), c.goOn).Find(0)
	if m == nil || err != nil {
		return types.Null, err
	}
	return groups(a[0].Bytes(), m), nil
}

func regexpMatches(c *Ctx, a []types.Datum) (RowIter, error) {
	re, f, err := regexArgs(c, a, 2, "regexp_matches", true)
	if err != nil {
		return nil, err
	}
	s := a[0].Bytes()
	m := matchSeq{on: re.On(s, c.goOn), s: s}
	return &partRows{func() (types.Datum, bool, error) {
		found, err := m.next()
		if found == nil || err != nil {
			return types.Null, false, err
		}
		if !f.global {
			m.from = len(s) + 1
		}
		return groups(s, found), true, nil
	}}, nil
}

// matchSeq finds one match after the other. A match may be empty right behind another.
type matchSeq struct {
	on   *regex.Matcher
	s    []byte
	from int
}

// next is the next match, nil if there is none.
func (x *matchSeq) next() ([]int, error) {
	if x.from > len(x.s) {
		return nil, nil
	}
	m, err := x.on.Find(x.from)
	if m == nil || err != nil {
		x.from = len(x.s) + 1
		return nil, err
	}
	if x.from = m[1]; m[0] == m[1] {
		_, n := utf8.DecodeRune(x.s[x.from:])
		x.from += max(n, 1)
	}
	return m, nil
}

// eachMatch calls do with the matches that begin at byte from or later, until it has
// enough.
func eachMatch(c *Ctx, re *regex.Regexp, s []byte, from int, do func(m []int) (more bool)) error {
	x := matchSeq{on: re.On(s, c.goOn), s: s, from: from}
	for n := 1; ; n++ {
		m, err := x.next()
		if m == nil || err != nil || !do(m) {
			return err
		}
		if n%lookEvery == 0 {
			if err := c.goOn(); err != nil {
				return err
			}
		}
	}
}

// splitBy gives the pieces of s between the matches; empty matches at the ends or right
// after another match do not cut.
func splitBy(c *Ctx, re *regex.Regexp, s []byte) parts {
	x := matchSeq{on: re.On(s, c.goOn), s: s}
	at, last := 0, 0
	done := false
	return func() (types.Datum, bool, error) {
		for !done {
			m, err := x.next()
			if err != nil {
				return types.Null, false, err
			}
			if m == nil {
				done = true
				return types.Bytes(s[at:]), true, nil
			}
			cut := m[0] < len(s) && m[1] > last
			if last = m[1]; cut {
				p := s[at:m[0]:m[0]]
				at = m[1]
				return types.Bytes(p), true, nil
			}
		}
		return types.Null, false, nil
	}
}

func regexpSplitArray(c *Ctx, a []types.Datum) (types.Datum, error) {
	re, _, err := regexArgs(c, a, 2, "regexp_split_to_array", false)
	if err != nil {
		return types.Datum{}, err
	}
	return collect(c, types.TextOID, splitBy(c, re, a[0].Bytes()))
}

func regexpSplitTable(c *Ctx, a []types.Datum) (RowIter, error) {
	re, _, err := regexArgs(c, a, 2, "regexp_split_to_table", false)
	if err != nil {
		return nil, err
	}
	return &partRows{splitBy(c, re, a[0].Bytes())}, nil
}

// substringBy is substring(s from pattern): the first group, or the whole match.
func substringBy(c *Ctx, s types.Datum, pattern string) (types.Datum, error) {
	re, err := siteRegex(c, []byte(pattern), regex.Flags{})
	if err != nil {
		return types.Datum{}, err
	}
	m, err := re.On(s.Bytes(), c.goOn).Find(0)
	if m == nil || err != nil {
		return types.Null, err
	}
	if len(m) > 2 {
		return group(s.Bytes(), m, 1), nil
	}
	return group(s.Bytes(), m, 0), nil
}

// expandReplacement appends the replacement text with \1…\9 and \& filled in.
func expandReplacement(dst, repl, s []byte, m []int) []byte {
	for {
		at := bytes.IndexByte(repl, '\\')
		if at < 0 || at+1 >= len(repl) {
			return append(dst, repl...)
		}
		dst = append(dst, repl[:at]...)
		switch c := repl[at+1]; {
		case c >= '1' && c <= '9':
			if g := int(c - '0'); 2*g < len(m) && m[2*g] >= 0 {
				dst = append(dst, s[m[2*g]:m[2*g+1]]...)
			}
		case c == '&':
			dst = append(dst, s[m[0]:m[1]]...)
		case c == '\\':
			dst = append(dst, '\\')
		default:
			dst = append(dst, '\\', c)
		}
		repl = repl[at+2:]
	}
}

// replaceMatches replaces match number n (0: all) found from byte from on.
func replaceMatches(c *Ctx, re *regex.Regexp, s, repl []byte, from, n int) ([]byte, error) {
	var out []byte
	at, k := 0, 0
	var full error
	err := eachMatch(c, re, s, from, func(m []int) bool {
		if k++; n != 0 && k != n {
			return true
		}
		out = append(out, s[at:m[0]]...)
		out = expandReplacement(out, repl, s, m)
		at = m[1]
		full = types.Grow(len(out)-len(repl), len(repl))
		return n == 0 && full == nil
	})
	if full == nil && err == nil && out != nil {
		full = types.Grow(len(out), len(s)-at)
	}
	if full != nil {
		return nil, full
	}
	if at == 0 && out == nil {
		return s, err
	}
	return append(out, s[at:]...), err
}

func regexpReplace(c *Ctx, a []types.Datum) (types.Datum, error) {
	if len(a) > 3 && len(a[3].Bytes()) > 0 && a[3].Bytes()[0] >= '0' && a[3].Bytes()[0] <= '9' {
		return types.Datum{}, badParam("invalid regular expression option: \"%c\"", a[3].Bytes()[0]).
			WithHint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.")
	}
	re, f, err := regexArgs(c, a, 3, "regexp_replace", true)
	if err != nil {
		return types.Datum{}, err
	}
	n := 1
	if f.global {
		n = 0
	}
	out, err := replaceMatches(c, re, a[0].Bytes(), a[2].Bytes(), 0, n)
	return types.Bytes(out), err
}

// startOffset turns a 1-based start argument into a byte offset; ok is false
// beyond the end.
func startOffset(s []byte, a []types.Datum, at int) (off int, ok bool, err error) {
	if at >= len(a) {
		return 0, true, nil
	}
	start := a[at].Int()
	if start < 1 {
		return 0, false, badParam("invalid value for parameter \"%s\": %d", "start", start)
	}
	return charOffset(s, start-1), start <= int64(utf8.RuneCount(s))+1, nil
}

// nth reads an optional count argument that must be at least low.
func nth(a []types.Datum, at int, name string, fallback, low int64) (int64, error) {
	if at >= len(a) {
		return fallback, nil
	}
	if v := a[at].Int(); v >= low {
		return v, nil
	}
	return 0, badParam("invalid value for parameter \"%s\": %d", name, a[at].Int())
}

func regexpReplaceAt(c *Ctx, a []types.Datum) (types.Datum, error) {
	from, ok, err := startOffset(a[0].Bytes(), a, 3)
	if err != nil {
		return types.Datum{}, err
	}
	n, err := nth(a, 4, "n", 1, 0)
	if err != nil {
		return types.Datum{}, err
	}
	re, f, err := regexArgs(c, a, 5, "regexp_replace", true)
	if err != nil {
		return types.Datum{}, err
	}
	if f.global && len(a) <= 4 {
		n = 0
	}
	if !ok {
		return a[0], nil
	}
	out, err := replaceMatches(c, re, a[0].Bytes(), a[2].Bytes(), from, int(n))
	return types.Bytes(out), err
}

func regexpCount(c *Ctx, a []types.Datum) (types.Datum, error) {
	from, ok, err := startOffset(a[0].Bytes(), a, 2)
	if err != nil {
		return types.Datum{}, err
	}
	re, _, err := regexArgs(c, a, 3, "regexp_count", false)
	if err != nil || !ok {
		return types.Int(0), err
	}
	n := int64(0)
	err = eachMatch(c, re, a[0].Bytes(), from, func([]int) bool {
		n++
		return true
	})
	return types.Int(n), err
}

// nthMatch finds match n from start for regexp_instr and regexp_substr, whose
// arguments are string, pattern, start, n. Numbers are looked at before the pattern
// and its options; check looks at those that a function has besides.
func nthMatch(c *Ctx, a []types.Datum, flagsAt int, fn string, check func() error) (m []int, err error) {
	from, ok, err := startOffset(a[0].Bytes(), a, 2)
	if err != nil {
		return nil, err
	}
	n, err := nth(a, 3, "n", 1, 1)
	if err != nil {
		return nil, err
	}
	if err := check(); err != nil {
		return nil, err
	}
	re, _, err := regexArgs(c, a, flagsAt, fn, false)
	if err != nil || !ok {
		return nil, err
	}
	err = eachMatch(c, re, a[0].Bytes(), from, func(found []int) bool {
		if n--; n == 0 {
			m = found
		}
		return n > 0
	})
	return m, err
}

// subexpression is the group that is asked for: the first of an expression without
// groups is the whole.
func subexpression(sub int64, m []int) int64 {
	if sub == 1 && len(m) == 2 {
		return 0
	}
	return sub
}

func regexpInstr(c *Ctx, a []types.Datum) (types.Datum, error) {
	end, sub := int64(0), int64(0)
	m, err := nthMatch(c, a, 5, "regexp_instr", func() (err error) {
		if len(a) > 4 {
			if end = a[4].Int(); end != 0 && end != 1 {
				return badParam("invalid value for parameter \"%s\": %d", "endoption", end)
			}
		}
		sub, err = nth(a, 6, "subexpr", 0, 0)
		return err
	})
	if err != nil {
		return types.Datum{}, err
	}
	sub = subexpression(sub, m)
	if m == nil || 2*sub >= int64(len(m)) || m[2*sub] < 0 {
		return types.Int(0), nil
	}
	return types.Int(int64(utf8.RuneCount(a[0].Bytes()[:m[2*sub+end]])) + 1), nil
}

func regexpSubstr(c *Ctx, a []types.Datum) (types.Datum, error) {
	sub := int64(0)
	m, err := nthMatch(c, a, 4, "regexp_substr", func() (err error) {
		sub, err = nth(a, 5, "subexpr", 0, 0)
		return err
	})
	if err != nil {
		return types.Datum{}, err
	}
	sub = subexpression(sub, m)
	if m == nil || 2*sub >= int64(len(m)) {
		return null()
	}
	return group(a[0].Bytes(), m, int(sub)), nil
}
