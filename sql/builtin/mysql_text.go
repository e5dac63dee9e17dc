package builtin

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/types"
)

// maxMySQLText bounds what a function makes longer (max_allowed_packet).
const maxMySQLText = 64 << 20

var mysqlTextFuncs = []mysqlFunc{
	{name: "truth", args: "*", ret: types.BoolOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bool(mysqlTruth(c, typed{c.argT(0), a[0]})), nil
	}},
	{name: "is_set", args: "tt+", ret: types.BoolOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bool(isSet(a[0].Text(), a[1:])), nil
	}},
	{name: "to_text", args: "t", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return validText(a[0]) }},
	{name: "cast_text", args: "t", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return validText(a[0]) }},
	{name: "to_binary", args: "b", ret: types.ByteaOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return a[0], nil }},
	{name: "concat", args: "t+", ret: types.TextOID, binary: true, eval: mysqlText(func(a []string) string { return strings.Join(a, "") })},
	{name: "concat_ws", args: "tt+", ret: types.TextOID, binary: true, nulls: true, eval: concatWS},
	{name: "length", args: "b", ret: types.Int8OID, eval: mysqlInt(func(a []string) int { return len(a[0]) })},
	{name: "bit_length", args: "b", ret: types.Int8OID, eval: mysqlInt(func(a []string) int { return 8 * len(a[0]) })},
	{name: "char_length", args: "*", ret: types.Int8OID, eval: charLength},
	{name: "ascii", args: "b", ret: types.Int8OID, eval: mysqlInt(func(a []string) int { return firstByte(a[0]) })},
	{name: "ord", args: "t", ret: types.Int8OID, eval: mysqlInt(ord)},
	{name: "lower", args: "t", ret: types.TextOID, binary: true, eval: letterCase(strings.ToLower)},
	{name: "upper", args: "t", ret: types.TextOID, binary: true, eval: letterCase(strings.ToUpper)},
	{name: "left", args: "ti", ret: types.TextOID, binary: true, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.String(sliceChars(a[0].Text(), 0, a[1].Int())), nil
	}},
	{name: "right", args: "ti", ret: types.TextOID, binary: true, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n := int64(utf8.RuneCountInString(a[0].Text()))
		return types.String(sliceChars(a[0].Text(), max(0, n-max(0, a[1].Int())), n)), nil
	}},
	{name: "substring", args: "ti?i", ret: types.TextOID, binary: true, eval: mysqlSubstring},
	{name: "substring_index", args: "tti", ret: types.TextOID, binary: true, eval: substringIndex},
	{name: "lpad", args: "tit", ret: types.TextOID, binary: true, longer: unlessWithin(1, 1000), eval: mysqlPad(true)},
	{name: "rpad", args: "tit", ret: types.TextOID, binary: true, longer: unlessWithin(1, 1000), eval: mysqlPad(false)},
	{name: "ltrim", args: "t", ret: types.TextOID, binary: true, eval: mysqlText(func(a []string) string { return strings.TrimLeft(a[0], " ") })},
	{name: "rtrim", args: "t", ret: types.TextOID, binary: true, eval: mysqlText(func(a []string) string { return strings.TrimRight(a[0], " ") })},
	{name: "trim", args: "t?t", ret: types.TextOID, binary: true, eval: mysqlTrim(true, true)},
	{name: "trim_leading", args: "t?t", ret: types.TextOID, binary: true, eval: mysqlTrim(true, false)},
	{name: "trim_trailing", args: "t?t", ret: types.TextOID, binary: true, eval: mysqlTrim(false, true)},
	{name: "repeat", args: "ti", ret: types.TextOID, binary: true, longer: unlessWithin(1, fewTimes), eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return repeated(a[0].Text(), a[1].Int())
	}},
	{name: "space", args: "i", ret: types.TextOID, longer: unlessWithin(0, fewTimes), eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return repeated(" ", a[0].Int()) }},
	{name: "replace", args: "ttt", ret: types.TextOID, binary: true, eval: mysqlText(func(a []string) string {
		if a[1] == "" {
			return a[0]
		}
		return strings.ReplaceAll(a[0], a[1], a[2])
	})},
	{name: "reverse", args: "t", ret: types.TextOID, binary: true, eval: mysqlText(reversed)},
	{name: "locate", args: "tt?i", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		from := int64(1)
		if len(a) > 2 {
			from = a[2].Int()
		}
		return types.Int(locate(a[0].Text(), a[1].Text(), from)), nil
	}},
	{name: "instr", args: "tt", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(locate(a[1].Text(), a[0].Text(), 1)), nil
	}},
	{name: "strcmp", args: "tt", ret: types.Int8OID, eval: mysqlInt(func(a []string) int { return strings.Compare(a[0], a[1]) })},
	{name: "field", args: "tt+", ret: types.Int8OID, nulls: true, eval: placeIn(func(a, b types.Datum) bool { return a.Text() == b.Text() })},
	{name: "elt", args: "it+", ret: types.TextOID, nulls: true, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() || a[0].Int() < 1 || a[0].Int() >= int64(len(a)) {
			return null()
		}
		return a[a[0].Int()], nil
	}},
	{name: "find_in_set", args: "tt", ret: types.Int8OID, eval: mysqlInt(findInSet)},
	{name: "insert", args: "tiit", ret: types.TextOID, binary: true, eval: mysqlInsert},
	{name: "format", args: "ni?t", ret: types.TextOID, eval: formatNumber},
	{name: "hex", args: "*", ret: types.TextOID, eval: mysqlHex},
	{name: "unhex", args: "t", ret: types.ByteaOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s := a[0].Text()
		if len(s)%2 == 1 {
			s = "0" + s
		}
		b, err := hex.DecodeString(s)
		if err != nil {
			return null()
		}
		return types.Bytes(b), nil
	}},
	{name: "to_base64", args: "b", ret: types.TextOID, eval: mysqlText(func(a []string) string { return wrapLines(base64.StdEncoding.EncodeToString([]byte(a[0])), 76) })},
	{name: "from_base64", args: "t", ret: types.ByteaOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(a[0].Text()), ""))
		if err != nil {
			return null()
		}
		return types.Bytes(b), nil
	}},
	{name: "quote", args: "t", ret: types.TextOID, nulls: true, eval: mysqlQuote},
	{name: "char", args: "i+", ret: types.ByteaOID, nulls: true, eval: mysqlChar},
	{name: "bin", args: "t", ret: types.TextOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return conv(c, []types.Datum{a[0], types.Int(10), types.Int(2)})
	}},
	{name: "oct", args: "t", ret: types.TextOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return conv(c, []types.Datum{a[0], types.Int(10), types.Int(8)})
	}},
	{name: "conv", args: "tii", ret: types.TextOID, eval: conv},
	{name: "md5", args: "b", ret: types.TextOID, eval: mysqlText(func(a []string) string { h := md5.Sum([]byte(a[0])); return hex.EncodeToString(h[:]) })},
	{name: "sha1", args: "b", ret: types.TextOID, eval: mysqlText(func(a []string) string { h := sha1.Sum([]byte(a[0])); return hex.EncodeToString(h[:]) })},
	{name: "sha2", args: "bi", ret: types.TextOID, eval: sha2},
	{name: "crc32", args: "b", ret: types.Int8OID, eval: mysqlInt(func(a []string) int { return int(crc32.ChecksumIEEE([]byte(a[0]))) })},
	{name: "inet_aton", args: "t", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n, ok := inetNumber(a[0].Text())
		if !ok {
			return null()
		}
		return types.Int(n), nil
	}},
	{name: "inet_ntoa", args: "i", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n := a[0].Int()
		if n < 0 || n > 1<<32-1 {
			return null()
		}
		return types.String(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).String()), nil
	}},
	{name: "regexp_like", args: "tt?t", ret: types.BoolOID, eval: mysqlRegexp(regexpLike)},
	{name: "regexp_substr", args: "tt?iit", ret: types.TextOID, eval: mysqlRegexp(regexpSubstr, 1, 1)},
	{name: "regexp_instr", args: "tt?iiit", ret: types.Int8OID, eval: mysqlRegexp(regexpInstr, 1, 1, 0)},
	{name: "regexp_replace", args: "ttt?iit", ret: types.TextOID, eval: mysqlRegexpReplace},
}

// validText refuses bytes that are no text.
func validText(d types.Datum) (types.Datum, error) {
	return d, types.CheckUTF8(d.Bytes())
}

func concatWS(_ *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return null()
	}
	var parts []string
	for _, d := range a[1:] {
		if !d.IsNull() {
			parts = append(parts, d.Text())
		}
	}
	return types.String(strings.Join(parts, a[0].Text())), nil
}

func firstByte(s string) int {
	if s == "" {
		return 0
	}
	return int(s[0])
}

// ord is the number that the bytes of the first character make.
func ord(a []string) int {
	_, n := utf8.DecodeRuneInString(a[0])
	v := 0
	for _, b := range []byte(a[0][:n]) {
		v = v<<8 | int(b)
	}
	return v
}

// sliceChars is the characters from (0-based) up to to.
func sliceChars(s string, from, to int64) string {
	if to <= from {
		return ""
	}
	start, at := -1, int64(0)
	for i := range s {
		if at == from {
			start = i
		}
		if at == to {
			return s[start:i]
		}
		at++
	}
	if start < 0 {
		return ""
	}
	return s[start:]
}

// mysqlSubstring counts from 1, or from the end when the position is negative.
func mysqlSubstring(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, pos := a[0].Text(), a[1].Int()
	n := int64(utf8.RuneCountInString(s))
	if pos < 0 {
		pos += n + 1
	}
	if pos < 1 || pos > n {
		return types.String(""), nil
	}
	end := n
	if len(a) > 2 {
		end = min(n, pos-1+min(max(0, a[2].Int()), n))
	}
	return types.String(sliceChars(s, pos-1, end)), nil
}

// substringIndex is what stands before the count-th delimiter, from the end if
// count is negative what stands after it.
func substringIndex(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, sep, n := a[0].Text(), a[1].Text(), a[2].Int()
	if sep == "" || n == 0 {
		return types.String(""), nil
	}
	if n > 0 {
		at := 0
		for ; n > 0; n-- {
			i := strings.Index(s[at:], sep)
			if i < 0 {
				return types.String(s), nil
			}
			at += i + len(sep)
		}
		return types.String(s[:at-len(sep)]), nil
	}
	end := len(s)
	for ; n < 0; n++ {
		i := strings.LastIndex(s[:end], sep)
		if i < 0 {
			return types.String(s), nil
		}
		end = i
	}
	return types.String(s[end+len(sep):]), nil
}

func mysqlPad(left bool) Eval {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, n, fill := a[0].Text(), a[1].Int(), a[2].Text()
		have := int64(utf8.RuneCountInString(s))
		switch {
		case n < 0 || n > maxMySQLText:
			return null()
		case n <= have:
			return types.String(sliceChars(s, 0, n)), nil
		case fill == "":
			return types.String(""), nil
		}
		need := n - have
		each := int64(utf8.RuneCountInString(fill))
		pad := sliceChars(strings.Repeat(fill, int(need/each)+1), 0, need)
		if left {
			return types.String(pad + s), nil
		}
		return types.String(s + pad), nil
	}
}

func mysqlTrim(leading, trailing bool) Eval {
	return mysqlText(func(a []string) string {
		s, what := a[0], " "
		if len(a) > 1 {
			what = a[1]
		}
		if what == "" {
			return s
		}
		for leading && strings.HasPrefix(s, what) {
			s = s[len(what):]
		}
		for trailing && strings.HasSuffix(s, what) {
			s = s[:len(s)-len(what)]
		}
		return s
	})
}

func repeated(s string, n int64) (types.Datum, error) {
	if n <= 0 || s == "" {
		return types.String(""), nil
	}
	if n > maxMySQLText/int64(len(s)) {
		return null()
	}
	return types.String(strings.Repeat(s, int(n))), nil
}

func reversed(a []string) string {
	r := []rune(a[0])
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

// locate is the position of sub in s from a position on, in characters, 0 = none.
func locate(sub, s string, from int64) int64 {
	if from < 1 || from > int64(utf8.RuneCountInString(s))+1 {
		return 0
	}
	rest := sliceChars(s, from-1, int64(len(s)))
	i := strings.Index(rest, sub)
	if i < 0 {
		return 0
	}
	return from + int64(utf8.RuneCountInString(rest[:i]))
}

// placeIn is FIELD: the place of a value among others, 0 of one that is not there and of NULL.
func placeIn(same func(a, b types.Datum) bool) Eval {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		for i, d := range a[1:] {
			if !a[0].IsNull() && !d.IsNull() && same(a[0], d) {
				return types.Int(int64(i + 1)), nil
			}
		}
		return types.Int(0), nil
	}
}

func findInSet(a []string) int {
	if a[1] == "" || strings.Contains(a[0], ",") {
		return 0
	}
	for i, w := range strings.Split(a[1], ",") {
		if w == a[0] {
			return i + 1
		}
	}
	return 0
}

// mysqlInsert is INSERT(s, pos, len, new).
func mysqlInsert(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, pos, n, with := a[0].Text(), a[1].Int(), a[2].Int(), a[3].Text()
	have := int64(utf8.RuneCountInString(s))
	if pos < 1 || pos > have {
		return a[0], nil
	}
	if n < 0 || n > have-pos+1 {
		n = have - pos + 1
	}
	return types.String(sliceChars(s, 0, pos-1) + with + sliceChars(s, pos-1+n, have)), nil
}

func wrapLines(s string, n int) string {
	var b strings.Builder
	for len(s) > n {
		b.WriteString(s[:n] + "\n")
		s = s[n:]
	}
	return b.String() + s
}

func mysqlQuote(_ *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return types.String("NULL"), nil
	}
	r := strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\x00", `\0`, "\x1a", `\Z`)
	return types.String("'" + r.Replace(a[0].Text()) + "'"), nil
}

// mysqlRegexpIn does so for a function whose mode comes after another one.
func mysqlRegexpIn(before string, f Eval, defaults ...int64) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		mode := before
		for n := len(a) - 2; n < len(defaults); n++ {
			a = append(a, types.Int(defaults[n]))
		}
		if at := 2 + len(defaults); len(a) > at {
			mode, a = mode+a[at].Text(), a[:at]
		}
		flags, err := mysqlFlags(mode)
		if err != nil {
			return types.Datum{}, err
		}
		return f(c, append(a, types.String(flags)))
	}
}

func regexpReplaced(c *Ctx, mode string, a []types.Datum) (types.Datum, error) {
	if len(a) > 5 {
		mode += a[5].Text()
	}
	flags, err := mysqlFlags(mode)
	if err != nil {
		return types.Datum{}, err
	}
	re, _, err := regexArgs(c, []types.Datum{a[0], a[1], types.String(flags)}, 2, "regexp_replace", false)
	if err != nil {
		return types.Datum{}, err
	}
	from, n := 0, int64(0)
	if len(a) > 3 {
		if a[3].Int() < 1 {
			return types.Datum{}, badParam("index out of bounds in regular expression search")
		}
		from = charOffset(a[0].Bytes(), a[3].Int()-1)
	}
	if len(a) > 4 {
		n = max(0, a[4].Int())
	}
	repl := strings.NewReplacer(`\\`, `\\`, `\`, "", "$0", `\&`, "$1", `\1`, "$2", `\2`, "$3", `\3`, "$4", `\4`, "$5", `\5`).Replace(a[2].Text())
	out, err := replaceMatches(c, re, a[0].Bytes(), []byte(repl), from, int(n))
	return types.Bytes(out), err
}

// isSet reports a value of a SET as it is written: words of the list with commas
// between, each once, in the order of the list.
func isSet(value string, words []types.Datum) bool {
	if value == "" {
		return true
	}
	rest, more := value, true
	for _, w := range words {
		head, tail, found := strings.Cut(rest, ",")
		if head == w.Text() {
			if rest, more = tail, found; !more {
				return true
			}
		}
	}
	return false
}

// letterCase changes the case of a text; bytes have none.
func letterCase(f func(string) string) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if c.argT(0).OID == types.ByteaOID {
			return a[0], nil // bytes have no case
		}
		return types.String(f(a[0].Text())), nil
	}
}
