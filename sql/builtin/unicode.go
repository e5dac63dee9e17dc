package builtin

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"
	"golang.org/x/text/unicode/norm"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// unicodeFuncs registers normalize, is_normalized and unistr.
func unicodeFuncs(r *registrar) {
	form := func(a []types.Datum) (norm.Form, error) {
		if len(a) < 2 {
			return norm.NFC, nil
		}
		switch strings.ToUpper(a[1].Text()) {
		case "NFC":
			return norm.NFC, nil
		case "NFD":
			return norm.NFD, nil
		case "NFKC":
			return norm.NFKC, nil
		case "NFKD":
			return norm.NFKD, nil
		}
		return norm.NFC, badParam("invalid normalization form: %s", a[1].Text())
	}
	r.eval("unicode_normalize_func", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		f, err := form(a)
		if err != nil {
			return types.Datum{}, err
		}
		return normalized(c, f, a[0].Bytes())
	})
	r.eval("unicode_is_normalized", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		f, err := form(a)
		if err != nil {
			return types.Datum{}, err
		}
		return isNormalized(c, f, a[0].Bytes())
	})
	r.eval("unistr", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, err := unistr(a[0].Text())
		return types.String(s), err
	})
}

// normalized is s in a form, piece by piece: cut where what follows cannot change what
// stands before.
func normalized(c *Ctx, f norm.Form, s []byte) (types.Datum, error) {
	out := make([]byte, 0, len(s))
	for len(s) > piece {
		n := f.LastBoundary(s[:piece])
		if n <= 0 {
			break
		}
		out = f.Append(out, s[:n]...)
		if err := c.goOn(); err != nil {
			return types.Datum{}, err
		}
		s = s[n:]
	}
	return types.Bytes(f.Append(out, s...)), nil
}

// isNormalized reports that s is in a form already, cut as normalized does.
func isNormalized(c *Ctx, f norm.Form, s []byte) (types.Datum, error) {
	for len(s) > piece {
		n := f.LastBoundary(s[:piece])
		if n <= 0 {
			break
		}
		if !f.IsNormal(s[:n]) {
			return types.Bool(false), nil
		}
		if err := c.goOn(); err != nil {
			return types.Datum{}, err
		}
		s = s[n:]
	}
	return types.Bool(f.IsNormal(s)), nil
}

// unistr resolves \XXXX, \+XXXXXX, \uXXXX, \UXXXXXXXX and \\, joining surrogate pairs.
func unistr(s string) (string, error) {
	var b strings.Builder
	high := rune(0)
	for s != "" {
		if s[0] != '\\' {
			if high != 0 {
				return "", pgerr.New(pgerrcode.SyntaxError, "invalid Unicode surrogate pair")
			}
			_, n := utf8.DecodeRuneInString(s)
			b.WriteString(s[:n])
			s = s[n:]
			continue
		}
		if strings.HasPrefix(s, `\\`) {
			b.WriteByte('\\')
			s = s[2:]
			continue
		}
		skip, digits := 1, 4
		switch {
		case strings.HasPrefix(s, `\+`):
			skip, digits = 2, 6
		case strings.HasPrefix(s, `\u`):
			skip = 2
		case strings.HasPrefix(s, `\U`):
			skip, digits = 2, 8
		}
		if len(s) < skip+digits {
			return "", badUnistr()
		}
		v, err := strconv.ParseUint(s[skip:skip+digits], 16, 32)
		if err != nil {
			return "", badUnistr()
		}
		s = s[skip+digits:]
		switch r := rune(v); {
		case v >= 0xd800 && v < 0xdc00 && high == 0:
			high = r
		case v >= 0xdc00 && v < 0xe000 && high != 0:
			b.WriteRune(((high-0xd800)<<10 | (r - 0xdc00)) + 0x10000)
			high = 0
		case high != 0 || v >= 0xd800 && v < 0xe000:
			return "", pgerr.New(pgerrcode.SyntaxError, "invalid Unicode surrogate pair")
		case v == 0 || v > utf8.MaxRune:
			return "", badParam("invalid Unicode code point: %04X", v)
		default:
			b.WriteRune(r)
		}
	}
	if high != 0 {
		return "", pgerr.New(pgerrcode.SyntaxError, "invalid Unicode surrogate pair")
	}
	return b.String(), nil
}

func badUnistr() error {
	return pgerr.New(pgerrcode.SyntaxError, "invalid Unicode escape").
		WithHint(`Unicode escapes must be \XXXX, \+XXXXXX, \uXXXX, or \UXXXXXXXX.`)
}
