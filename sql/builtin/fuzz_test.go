package builtin

import (
	"math"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/types"
)

// likeSlow is LIKE by definition.
func likeSlow(s, p []rune) bool {
	switch {
	case len(p) == 0:
		return len(s) == 0
	case p[0] == '%':
		for i := 0; i <= len(s); i++ {
			if likeSlow(s[i:], p[1:]) {
				return true
			}
		}
		return false
	case p[0] == '_':
		return len(s) > 0 && likeSlow(s[1:], p[1:])
	case p[0] == '\\' && len(p) > 1:
		p = p[1:]
	}
	return len(s) > 0 && s[0] == p[0] && likeSlow(s[1:], p[1:])
}

func FuzzLike(f *testing.F) {
	for _, x := range [][2]string{{"abc", "a%"}, {"aXbXc", "%X_X%"}, {"日本語", "_本%"}, {"a%b", `a\%b`}, {"abab", "%ab"}, {"", "%"}} {
		f.Add(x[0], x[1])
	}
	f.Fuzz(func(t *testing.T, s, p string) {
		if len(s) > 12 || len(p) > 12 || strings.ToValidUTF8(s, "") != s || strings.ToValidUTF8(p, "") != p {
			return
		}
		var m likePattern
		m.prepare([]byte(p), false)
		if m.bad != nil {
			_, _ = m.matches([]byte(s))
			return
		}
		if got, want := m.match([]byte(s)), likeSlow([]rune(s), []rune(p)); got != want {
			t.Errorf("%q LIKE %q = %v", s, p, got)
		}
	})
}

// Templates and texts of any shape must not panic.
func FuzzTemplates(f *testing.F) {
	f.Add("2020-01-02 03:04:05", "YYYY-MM-DD HH24:MI:SS")
	f.Add("1,234.5-", "9G999D9S")
	f.Add("x", `FMDay "a\" TH9V9EEEE`)
	f.Fuzz(func(t *testing.T, s, tpl string) {
		if p, err := parseByTemplate(s, tpl); err == nil {
			_, _ = p.moment()
		}
		_, _ = readNumber(s, tpl)
		if len(tpl) < 40 {
			_, _ = showNumber(types.NumericOID, types.NumericFromInt(-485), tpl)
			_, _ = showNumber(types.Int4OID, types.Int(0), tpl)
			_, _ = showNumber(types.Float4OID, types.Float(-0.5), tpl)
			_, _ = showNumber(types.Float8OID, types.Float(math.Inf(-1)), tpl)
		}
		_, _ = stampToChar(123456789, types.String(tpl), "UTC", 0, true)
		_, _, _ = ParseIdent(s)
		_, _ = unistr(s)
		_, _ = decodeBase64(s)
		_, _ = formatText(&Ctx{Format: types.DefaultFormat}, []types.Datum{types.String(tpl), types.String(s)})
	})
}
