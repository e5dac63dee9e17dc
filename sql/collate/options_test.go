package collate

import (
	"bytes"
	"testing"
)

// TestNondeterministic: which texts have one key; answers are those of PostgreSQL 15 with
// ICU 72, but for the orders of MySQL.
func TestNondeterministic(t *testing.T) {
	for locale, list := range map[string][]struct {
		a, b string
		same bool
	}{
		"und":                        {{"a", "A", false}, {"a\u0301", "á", true}, {"a", "a ", false}, {"ß", "ss", false}},
		"und-u-ks-level2":            {{"a", "A", true}, {"a", "á", false}, {"ß", "ss", false}, {"Ａ", "a", true}},
		"und@colStrength=secondary":  {{"a", "A", true}, {"a", "á", false}},
		"und-u-ks-level1":            {{"a", "Á", true}, {"ß", "SS", true}, {"", " ", false}, {"ab", "a-b", false}},
		"und-u-ks-level1-kc-true":    {{"a", "á", true}, {"a", "A", false}, {"Áb", "Ab", true}},
		"und-u-ka-shifted-ks-level1": {{"ab", "A-b", true}, {"a b", "ab", true}, {"a", "b", false}},
		"und-u-ka-shifted-ks-level4": {{"de luge", "deluge", false}, {"a", "A", false}},
		"und-u-kn-ks-level2":         {{"a02", "A2", true}, {"a2", "a20", false}},
		"und-u-ks-identic":           {{"a\u0301", "á", true}, {"a\x01", "a", false}},
	} {
		name, err := ICUOrder(locale)
		if err != nil {
			t.Fatalf("%s: %v", locale, err)
		}
		o, det := Of(Nondeterministic(name)), Of(name)
		for _, c := range list {
			if same := bytes.Equal(o.AppendKey(nil, []byte(c.a)), o.AppendKey(nil, []byte(c.b))); same != c.same {
				t.Errorf("%s: %q and %q: %t", locale, c.a, c.b, same)
			}
			if bytes.Equal(det.AppendKey(nil, []byte(c.a)), det.AppendKey(nil, []byte(c.b))) {
				t.Errorf("%s: %q and %q have one key in the deterministic collation", locale, c.a, c.b)
			}
		}
	}
}

// TestLocales: what ICU accepts without knowing it has the root's order; what it knows
// and is not here, and what it refuses, has none.
func TestLocales(t *testing.T) {
	for locale, want := range map[string]string{
		"": "und", "root": "und", "en_US.utf8": "und", "C.UTF-8": "und", "xx": "und", "nonsense": "und", "en-Cyrl": "und",
		"und-u-xx": "und", "und@calendar=gregorian": "und", "@colStrength": "und", "@colStrength=secondary": "und-u-ks-level2",
		"@colNumeric=yes;colStrength=primary": "und-u-kn-true-ks-level1", "swe": "sv", "sv_FI.utf8@colCaseFirst=upper": "sv-u-kf-upper",
		"es_XX": "es",
	} {
		if order, err := ICUOrder(locale); order != want || err != nil {
			t.Errorf("%q is %q, %v, not %q", locale, order, err, want)
		}
	}
	for _, l := range []string{"und-u-kr-grek", "und@colReorder=grek", "und-u-co-pinyin", "fr-u-co-phonebk", "dan", "da_DK", "en_US_POSIX", "en-u-va-posix", "no", "fr-CA", "a b"} {
		if o, err := ICUOrder(l); err != ErrNotHere {
			t.Errorf("%s is %q, %v", l, o, err)
		}
	}
	for _, l := range []string{"und-u-ks-levelx", "und-u-ks", "@colNumeric=lower", "@colStrength=", "@=x", "@colStrength=secondary,colCaseLevel=yes", "abcdefghijkl"} {
		if o, err := ICUOrder(l); err != ErrIllegal {
			t.Errorf("%s is %q, %v", l, o, err)
		}
	}
}

// TestUpperFirst: capital letters come before small ones, and only then.
func TestUpperFirst(t *testing.T) {
	name, _ := ICUOrder("und-u-kf-upper")
	o := Of(name)
	list := []string{"A", "a", "Á", "á", "AB", "Ab", "aB", "ab", "B", "b"}
	for i := 1; i < len(list); i++ {
		if bytes.Compare(o.AppendKey(nil, []byte(list[i-1])), o.AppendKey(nil, []byte(list[i]))) >= 0 {
			t.Errorf("%q is not before %q", list[i-1], list[i])
		}
	}
}
