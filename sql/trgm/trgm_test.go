package trgm

import (
	"math"
	"strings"
	"testing"
)

// What PostgreSQL 15 with pg_trgm 1.6 answered.
func TestMeasures(t *testing.T) {
	for _, x := range []struct {
		a, b               string
		whole, word, words float32
	}{
		{"word", "two words", 0.36363637, 0.8, 0.5714286},
		{"", "", 0, 0, 0},
		{"a", "", 0, 0, 0},
		{"kitten sitting", "the sitting kitten sat", 0.6666667, 1, 1},
		{"ab ab", "ab cd ab", 0.5, 1, 1},
		{"foo bar baz", "xx foo yy bar zz baz", 0.5263158, 0.625, 0.625},
		{"ÄÖ", "xäö äö", 0.5, 1, 1},
	} {
		a, b := []byte(x.a), []byte(x.b)
		for what, got := range map[string][2]float32{"similarity": {Similarity(a, b), x.whole},
			"word_similarity": {WordSimilarity(a, b, false), x.word}, "strict_word_similarity": {WordSimilarity(a, b, true), x.words}} {
			if math.Abs(float64(got[0]-got[1])) > 1e-6 {
				t.Errorf("%s(%q, %q) is %v, want %v", what, x.a, x.b, got[0], got[1])
			}
		}
	}
}

func TestTrigrams(t *testing.T) {
	for text, want := range map[string]string{
		"Hello, World foo": "  f|  h|  w| fo| he| wo|ell|foo|hel|ld |llo|lo |oo |orl|rld|wor",
		"Äbc日本":            "0x9de35d|0x10a94c|0x203d17|0x30955b|0x5be7e5|0x6fed5b",
		"a_b 12":           "  1|  a|  b| 12| a | b |12 ",
		"":                 "",
	} {
		var list []string
		for _, x := range Of([]byte(text)) {
			list = append(list, string(x.Append(nil)))
		}
		if got := strings.Join(list, "|"); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestOfLike(t *testing.T) {
	for pattern, want := range map[string]string{
		"abc%": "  a| ab|abc", "%abc%": "abc", "%abc": "abc|bc ", "%a bc%": "  b| bc", "a_bcd_": "  a|bcd", `a\%bcd%`: "  a|  b| a | bc|bcd", "%ab%": "", "%": "",
	} {
		var list []string
		for _, x := range OfLike([]byte(pattern)) {
			list = append(list, string(x.Append(nil)))
		}
		if got := strings.Join(list, "|"); got != want {
			t.Errorf("%q: %s, want %s", pattern, got, want)
		}
	}
}
