package builtin

import (
	"bytes"
	"regexp"
	"unicode/utf8"

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
		if !f.set(c) {
			return f, badParam("invalid regular expression option: \"%c\"", c)
		}
	}
	return f, nil
}

// regexArgs compiles a[1] with the flags at position flagsAt, if given.
func regexArgs(c *Ctx, a []types.Datum, flagsAt int, fn string, global bool) (*regexp.Regexp, regexFlags, error) {
	var f regexFlags
	if flagsAt < len(a) {
		var err error
		if f, err = parseFlags(a[flagsAt].Text(), fn, global); err != nil {
			return nil, f, err
		}
	}
	re, err := siteRegex(c, a[1].Bytes(), f)
	return re, f, err
}

func regexpLike(c *Ctx, a []types.Datum) (types.Datum, error) {
	re, _, err := regexArgs(c, a, 2, "regexp_like", false)
	if err != nil {
		return types.Datum{}, err
	}
	return types.Bool(re.Match(a[0].Bytes())), nil
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
	re, f, err := regexArgs(c, a, 2, "regexp_match", true)
	if err != nil {
		return types.Datum{}, err
	}
	if f.global {
		return types.Datum{}, badParam("regexp_match() does not support the \"global\" option").
			WithHint("Use the regexp_matches function instead.")
	}
	m := re.FindSubmatchIndex(a[0].Bytes())
	if m == nil {
		return null()
	}
	return groups(a[0].Bytes(), m), nil
}

func regexpMatches(c *Ctx, a []types.Datum) (RowIter, error) {
	re, f, err := regexArgs(c, a, 2, "regexp_matches", true)
	if err != nil {
		return nil, err
	}
	n := 1
	if f.global {
		n = -1
	}
	var list []types.Datum
	for _, m := range re.FindAllSubmatchIndex(a[0].Bytes(), n) {
		list = append(list, groups(a[0].Bytes(), m))
	}
	return &listRows{list: list}, nil
}

// splitBy cuts s at the matches; empty matches at the ends or right after
// another match do not cut.
func splitBy(re *regexp.Regexp, s []byte) [][]byte {
	var parts [][]byte
	at := 0
	for _, m := range re.FindAllIndex(s, -1) {
		if m[1] == m[0] && (m[0] == at || m[0] == len(s)) {
			continue
		}
		parts = append(parts, s[at:m[0]])
		at = m[1]
	}
	return append(parts, s[at:])
}

func regexpSplitArray(c *Ctx, a []types.Datum) (types.Datum, error) {
	re, _, err := regexArgs(c, a, 2, "regexp_split_to_array", false)
	if err != nil {
		return types.Datum{}, err
	}
	var b types.ArrayBuilder
	b.Reset(types.TextOID)
	for _, p := range splitBy(re, a[0].Bytes()) {
		b.Append(types.Bytes(p))
	}
	return b.Array(), nil
}

func regexpSplitTable(c *Ctx, a []types.Datum) (RowIter, error) {
	re, _, err := regexArgs(c, a, 2, "regexp_split_to_table", false)
	if err != nil {
		return nil, err
	}
	var list []types.Datum
	for _, p := range splitBy(re, a[0].Bytes()) {
		list = append(list, types.Bytes(p))
	}
	return &listRows{list: list}, nil
}

// substringBy is substring(s from pattern): the first group, or the whole match.
func substringBy(c *Ctx, s types.Datum, pattern string) (types.Datum, error) {
	re, err := siteRegex(c, []byte(pattern), regexFlags{})
	if err != nil {
		return types.Datum{}, err
	}
	m := re.FindSubmatchIndex(s.Bytes())
	if m == nil {
		return null()
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
func replaceMatches(re *regexp.Regexp, s, repl []byte, from, n int) []byte {
	var out []byte
	at := 0
	limit := n
	if n == 0 {
		limit = -1
	}
	for k, m := range matchesFrom(re, s, from, limit) {
		if n != 0 && k != n-1 {
			continue
		}
		out = append(out, s[at:m[0]]...)
		out = expandReplacement(out, repl, s, m)
		at = m[1]
	}
	if at == 0 && out == nil {
		return s
	}
	return append(out, s[at:]...)
}

// matchesFrom lists the matches that begin at byte from or later.
func matchesFrom(re *regexp.Regexp, s []byte, from, n int) [][]int {
	if from == 0 {
		return re.FindAllSubmatchIndex(s, n)
	}
	var keep [][]int
	for _, m := range re.FindAllSubmatchIndex(s[from:], n) {
		for i := range m {
			if m[i] >= 0 {
				m[i] += from
			}
		}
		keep = append(keep, m)
	}
	return keep
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
	return types.Bytes(replaceMatches(re, a[0].Bytes(), a[2].Bytes(), 0, n)), nil
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
	from, _, err := startOffset(a[0].Bytes(), a, 3)
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
	return types.Bytes(replaceMatches(re, a[0].Bytes(), a[2].Bytes(), from, int(n))), nil
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
	return types.Int(int64(len(matchesFrom(re, a[0].Bytes(), from, -1)))), nil
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
	if list := matchesFrom(re, a[0].Bytes(), from, int(n)); int64(len(list)) >= n {
		return list[n-1], nil
	}
	return nil, nil
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
	if m == nil || 2*sub >= int64(len(m)) {
		return null()
	}
	return group(a[0].Bytes(), m, int(sub)), nil
}
