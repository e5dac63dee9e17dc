package builtin

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// maxText is MaxAllocSize, the longest value that functions build.
const maxText = 0x3fffffff

// textFuncs registers chapter 9.4: what works on characters.
func textFuncs(r *registrar) {
	r.eval("textcat", text2(concatenated))
	r.kernel("textlen", lengths(utf8.RuneCount))
	r.kernel("bpcharlen", lengths(func(b []byte) int { return utf8.RuneCount(trimBlanks(b)) }))
	for _, k := range []string{"textoctetlen", "byteaoctetlen", "bpcharoctetlen"} {
		r.kernel(k, lengths(func(b []byte) int { return len(b) }))
	}
	r.kernel("bit_length(text)", lengths(func(b []byte) int { return 8 * len(b) }))
	r.kernel("bit_length(bytea)", lengths(func(b []byte) int { return 8 * len(b) }))
	r.eval("lower", text1(func(c *Ctx, s []byte) ([]byte, error) { return c.mapped(s, bytes.ToLower) }))
	r.eval("upper", text1(func(c *Ctx, s []byte) ([]byte, error) { return c.mapped(s, bytes.ToUpper) }))
	r.eval("initcap", text1(initcap))
	r.eval("text_substr", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		b, err := substring(a[0].Bytes(), a[1].Int(), a[2].Int(), true)
		return types.Bytes(b), err
	})
	r.eval("text_substr_no_len", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		b, err := substring(a[0].Bytes(), a[1].Int(), 0, false)
		return types.Bytes(b), err
	})
	r.eval("textoverlay", overlay)
	r.eval("textoverlay_no_len", overlay)
	r.eval("text_left", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s := a[0].Bytes()
		return types.Bytes(s[:leftEnd(s, a[1].Int())]), nil
	})
	r.eval("text_right", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s := a[0].Bytes()
		if a[1].Int() == 0 {
			return types.Bytes(s[len(s):]), nil
		}
		return types.Bytes(s[leftEnd(s, -a[1].Int()):]), nil
	})
	r.eval("text_reverse", text1(reverse))
	r.eval("replace_text", replaceText)
	r.eval("textpos", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(position(a[0].Bytes(), a[1].Bytes())), nil
	})
	r.kernel("text_starts_with", predicate(bytes.HasPrefix))
	r.eval("repeat", repeat)
	r.longer(unlessWithin(1, fewTimes), "repeat")
	r.longer(unlessShort(2), "replace_text")
	r.eval("translate", translate)
	r.eval("split_part", splitPart)
	trimFuncs(r)
	padFuncs(r)
	charFuncs(r)
	convertFuncs(r)
}

func lengths(f func(b []byte) int) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		for _, i := range sel {
			out.I[i] = int64(f(args[0].B[i]))
		}
		return nil
	}
}

// concatenated is s followed by t, in the arena, or PostgreSQL's error of a value that
// cannot be.
func concatenated(c *Ctx, s, t []byte) ([]byte, error) {
	const header = 4
	if size := len(s) + len(t) + header; size > types.MaxText {
		return nil, types.AllocTooLarge(size)
	}
	if err := types.Afford(len(s) + len(t)); err != nil {
		return nil, err
	}
	return joined(c, s, t), nil
}

// joined is s followed by t, in the arena.
func joined(c *Ctx, s, t []byte) []byte {
	b := c.bytes(len(s) + len(t))
	copy(b[copy(b, s):], t)
	return b
}

// initcap raises the first letter of each word; words are runs of letters and digits, and of
// what else counts as alphabetic.
func initcap(c *Ctx, s []byte) ([]byte, error) {
	out := make([]byte, 0, len(s))
	inWord := false
	p := progress{c: c}
	for _, r := range string(s) {
		if err := p.add(4); err != nil {
			return nil, err
		}
		if inWord {
			out = utf8.AppendRune(out, unicode.ToLower(r))
		} else {
			out = utf8.AppendRune(out, unicode.ToUpper(r))
		}
		inWord = unicode.IsLetter(r) || unicode.IsDigit(r) || r >= utf8.RuneSelf && unicode.In(r, unicode.Nl, unicode.Other_Alphabetic)
	}
	return out, nil
}

// charOffset is the byte offset of character n, len(s) when there are fewer.
func charOffset(s []byte, n int64) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRune(s[at:])
		at += size
	}
	return at
}

// substring is substring(s from start for length); start is 1-based and may lie
// before the string, which then uses up the length.
func substring(s []byte, start, length int64, limited bool) ([]byte, error) {
	if limited {
		if length < 0 {
			return nil, pgerr.New(pgerrcode.SubstringError, "negative substring length not allowed")
		}
		end := start + length
		start = max(start, 1)
		if end <= start {
			return []byte{}, nil
		}
		s = s[charOffset(s, start-1):]
		return s[:charOffset(s, end-start)], nil
	}
	return s[charOffset(s, start-1):], nil
}

// overlay is overlay(s placing t from start for length).
func overlay(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, t, start := a[0].Bytes(), a[1].Bytes(), a[2].Int()
	length := int64(utf8.RuneCount(t))
	if len(a) > 3 {
		length = a[3].Int()
	}
	if start <= 0 {
		return types.Datum{}, pgerr.New(pgerrcode.SubstringError, "negative substring length not allowed")
	}
	if start+length > 1<<31-1 {
		return types.Datum{}, outOfRange("integer")
	}
	head := s[:charOffset(s, start-1)]
	tail := s[charOffset(s, start+length-1):]
	out := append(append(append(make([]byte, 0, len(s)+len(t)), head...), t...), tail...)
	return types.Bytes(out), nil
}

// leftEnd is the byte length of the first n characters, or of all but the last −n.
func leftEnd(s []byte, n int64) int {
	if n < 0 {
		n = max(0, int64(utf8.RuneCount(s))+n)
	}
	return charOffset(s, n)
}

func reverse(c *Ctx, s []byte) ([]byte, error) {
	out := make([]byte, len(s))
	at := len(s)
	p := progress{c: c}
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRune(s[i:])
		if err := p.add(n); err != nil {
			return nil, err
		}
		at -= n
		copy(out[at:], s[i:i+n])
		i += n
	}
	return out, nil
}

// position is the 1-based character position of t in s, 0 if absent.
func position(s, t []byte) int64 {
	at := bytes.Index(s, t)
	if at < 0 {
		return 0
	}
	return int64(utf8.RuneCount(s[:at])) + 1
}

// sized is nil, or the error of a value that is asked for with so many bytes.
func sized(bytes int64) error {
	if bytes > maxText {
		return lengthTooLarge()
	}
	return types.Afford(int(bytes))
}

func lengthTooLarge() error {
	return pgerr.New(pgerrcode.ProgramLimitExceeded, "requested length too large")
}

// replaceText replaces every occurrence of a text by another.
func replaceText(c *Ctx, a []types.Datum) (types.Datum, error) {
	s, from, to := a[0].Bytes(), a[1].Bytes(), a[2].Bytes()
	if len(from) == 0 {
		return a[0], nil
	}
	n, p := 0, progress{c: c}
	for rest := s; ; n++ {
		at := bytes.Index(rest, from)
		if at < 0 {
			break
		}
		if err := p.add(at + len(from)); err != nil {
			return types.Datum{}, err
		}
		rest = rest[at+len(from):]
	}
	if n == 0 {
		return a[0], nil
	}
	size := len(s) + (len(to)-len(from))*n
	if size > maxText {
		return types.Datum{}, replacesTooLong(s, from, len(to))
	}
	if err := types.Afford(size); err != nil {
		return types.Datum{}, err
	}
	out := make([]byte, 0, size)
	for ; n > 0; n-- {
		at := bytes.Index(s, from)
		out = append(append(out, s[:at]...), to...)
		if err := p.add(at + len(from) + len(to)); err != nil {
			return types.Datum{}, err
		}
		s = s[at+len(from):]
	}
	return types.Bytes(append(out, s...)), nil
}

// replacesTooLong says where PostgreSQL would stop, which builds the text piece by piece.
func replacesTooLong(s, from []byte, with int) error {
	have := 0
	for {
		at := bytes.Index(s, from)
		if at < 0 {
			return types.TextTooLong(have, len(s))
		}
		for _, more := range []int{at, with} {
			if have+more >= maxText {
				return types.TextTooLong(have, more)
			}
			have += more
		}
		s = s[at+len(from):]
	}
}

func repeat(c *Ctx, a []types.Datum) (types.Datum, error) {
	s, n := a[0].Bytes(), max(0, a[1].Int())
	if err := sized(int64(len(s)) * n); err != nil {
		return types.Datum{}, err
	}
	out, err := c.repeated([]byte{}, s, len(s)*int(n))
	return types.Bytes(out), err
}

// translate replaces each character of from by the one at the same place in to,
// or drops it.
func translate(c *Ctx, a []types.Datum) (types.Datum, error) {
	from, to := []rune(a[1].Text()), []rune(a[2].Text())
	m := make(map[rune]rune, len(from))
	for i, r := range from {
		if _, dup := m[r]; dup {
			continue
		}
		m[r] = -1
		if i < len(to) {
			m[r] = to[i]
		}
	}
	s := a[0].Bytes()
	out := make([]byte, 0, len(s))
	p := progress{c: c}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRune(s[i:])
		if err := p.add(n); err != nil {
			return types.Datum{}, err
		}
		if t, ok := m[r]; !ok {
			out = append(out, s[i:i+n]...)
		} else if t >= 0 {
			out = utf8.AppendRune(out, t)
		}
		i += n
	}
	return types.Bytes(out), nil
}

// splitPart is split_part(s, delimiter, n); negative n counts from the end.
func splitPart(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, sep, n := a[0].Text(), a[1].Text(), a[2].Int()
	if n == 0 {
		return types.Datum{}, badParam("field position must not be zero")
	}
	if s == "" {
		return types.String(""), nil
	}
	parts := []string{s}
	if sep != "" {
		parts = strings.Split(s, sep)
	}
	if n < 0 {
		n += int64(len(parts)) + 1
	}
	if n < 1 || n > int64(len(parts)) {
		return types.String(""), nil
	}
	return types.String(parts[n-1]), nil
}

// trimFuncs registers btrim, ltrim and rtrim with and without a set of characters.
func trimFuncs(r *registrar) {
	trim := func(left, right bool) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			s, set := a[0].Bytes(), " "
			if len(a) > 1 {
				set = a[1].Text()
			}
			if left {
				s = bytes.TrimLeft(s, set)
			}
			if right {
				s = bytes.TrimRight(s, set)
			}
			if s == nil {
				s = []byte{}
			}
			return types.Bytes(s), nil
		}
	}
	r.evals(trim(true, true), "btrim", "btrim1")
	r.evals(trim(true, false), "ltrim", "ltrim1")
	r.evals(trim(false, true), "rtrim", "rtrim1")
}

// padFuncs registers lpad and rpad.
func padFuncs(r *registrar) {
	pad := func(left bool) Eval {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			s, n, fill := a[0].Bytes(), max(0, a[1].Int()), []byte{' '}
			if len(a) > 2 {
				fill = a[2].Bytes()
			}
			have := int64(utf8.RuneCount(s))
			if have >= n || len(fill) == 0 {
				return types.Bytes(s[:charOffset(s, n)]), nil
			}
			if n*utf8.UTFMax > maxText {
				return types.Datum{}, lengthTooLarge()
			}
			whole := int64(utf8.RuneCount(fill))
			padding := int((n-have)/whole)*len(fill) + charOffset(fill, (n-have)%whole)
			if err := types.Afford(len(s) + padding); err != nil {
				return types.Datum{}, err
			}
			out := make([]byte, 0, len(s)+padding)
			if !left {
				out = append(out, s...)
			}
			out, err := c.repeated(out, fill, padding)
			if left {
				out = append(out, s...)
			}
			return types.Bytes(out), err
		}
	}
	r.evals(pad(true), "lpad", "lpad(text,int4)")
	r.evals(pad(false), "rpad", "rpad(text,int4)")
	r.longer(unlessWithin(1, 1000), "lpad", "lpad(text,int4)", "rpad", "rpad(text,int4)")
}

// charFuncs registers ascii and chr.
func charFuncs(r *registrar) {
	r.eval("ascii", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if len(a[0].Bytes()) == 0 {
			return types.Int(0), nil
		}
		c, _ := utf8.DecodeRune(a[0].Bytes())
		return types.Int(int64(c)), nil
	})
	r.eval("chr", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v := a[0].Int()
		switch {
		case v < 0:
			return types.Datum{}, pgerr.New(pgerrcode.InvalidParameterValue, "character number must be positive")
		case v == 0:
			return types.Datum{}, pgerr.New(pgerrcode.ProgramLimitExceeded, "null character not permitted")
		case v > unicode.MaxRune:
			return types.Datum{}, pgerr.Newf(pgerrcode.ProgramLimitExceeded, "requested character too large for encoding: %d", v)
		case !utf8.ValidRune(rune(v)):
			return types.Datum{}, pgerr.Newf(pgerrcode.ProgramLimitExceeded, "requested character not valid for encoding: %d", v)
		}
		return types.Bytes(utf8.AppendRune(nil, rune(v))), nil
	})
}

// convertFuncs registers the conversions among text, name, "char" and bpchar
// that can be called as functions, and || with a non-text side.
func convertFuncs(r *registrar) {
	to := func(t types.OID) Eval {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return Convert(c, c.argT(0), types.Of(t), a[0], true)
		}
	}
	r.evals(to(types.TextOID), "name_text", "char_text")
	r.evals(to(types.NameOID), "text_name", "bpchar_name")
	r.evals(to(types.BpcharOID), "name_bpchar", "char_bpchar")
	r.evals(to(types.CharOID), "text_char", "i4tochar")
	r.eval("chartoi4", to(types.Int4OID))
	r.eval("textanycat(text,anynonarray)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		t, err := asText(c, 1, a[1])
		if err != nil {
			return t, err
		}
		b, err := concatenated(c, a[0].Bytes(), t.Bytes())
		return types.Bytes(b), err
	})
	r.eval("anytextcat(anynonarray,text)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		t, err := asText(c, 0, a[0])
		if err != nil {
			return t, err
		}
		b, err := concatenated(c, t.Bytes(), a[1].Bytes())
		return types.Bytes(b), err
	})
	r.eval("nameconcatoid", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		tail := types.AppendText([]byte{'_'}, types.Of(types.OidOID), a[1], c.Format)
		head := ident.CutTo(a[0].Bytes(), ident.Max-len(tail))
		return types.Bytes(append(append([]byte{}, head...), tail...)), nil
	})
}

// asText is argument i cast to text, which for some types is not their output form.
func asText(c *Ctx, i int, d types.Datum) (types.Datum, error) {
	return Convert(c, c.argT(i), types.Of(types.TextOID), d, true)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
