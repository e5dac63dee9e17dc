package types

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
)

// citext orders, hashes and is keyed as the lower case of its text.
func TestCitextIsItsLowerCase(t *testing.T) {
	values := []string{"", "a", "A", "b", "B", "_", "Z_", "z`", "É", "é", "Éa", "éA", "K", "k", "ab", "AB ", "aÉ", "Aé1", "ß", "\x7f", "a\x00"}
	lower := func(s string) string { return strings.Map(unicode.ToLower, s) }
	ct := Of(CitextOID)
	for _, a := range values {
		for _, b := range values {
			want := strings.Compare(lower(a), lower(b))
			da, db := String(a), String(b)
			if got := Compare(ct, da, db); got != want {
				t.Errorf("%q and %q: %d, not %d", a, b, got, want)
			}
			if got := bytes.Compare(AppendKey(nil, ct, da, false), AppendKey(nil, ct, db, false)); got != want {
				t.Errorf("keys of %q and %q: %d, not %d", a, b, got, want)
			}
			if want == 0 && Hash(ct, da, 7) != Hash(ct, db, 7) {
				t.Errorf("%q and %q have different hashes", a, b)
			}
		}
	}
}
