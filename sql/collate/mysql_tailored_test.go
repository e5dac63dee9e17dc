package collate

import (
	"bytes"
	"testing"
)

// TestLanguages: the orders of languages' collations; answers are those of MariaDB 10.11,
// which has them as MySQL 8.0 does.
func TestLanguages(t *testing.T) {
	key := func(name, text string) []byte {
		c, ok := MySQLCollationOf(name)
		if !ok {
			t.Fatalf("%s is missing", name)
		}
		return Of(c.Order).AppendKey(nil, []byte(text))
	}
	for name, list := range map[string][]string{
		"utf8mb4_spanish_ci":     {"n", "nz", "Ñ", "o"},
		"utf8mb4_spanish2_ci":    {"c", "cz", "Ch", "chz", "d", "l", "lz", "LL", "m"},
		"utf8mb4_czech_ci":       {"c", "č", "d", "h", "CH", "i", "r", "ř", "s", "š", "z", "ž"},
		"utf8mb4_swedish_ci":     {"x", "y", "z", "å", "Ä", "ö"},
		"utf8mb4_danish_ci":      {"a", "z", "æ", "Ø", "aa", "aab"},
		"utf8mb4_turkish_ci":     {"c", "ç", "d", "g", "Ğ", "h", "I", "i", "j", "o", "Ö", "s", "ş", "u", "ü", "v"},
		"utf8mb4_german2_ci":     {"ad", "Ä", "af", "od", "ö", "of", "ss", "st"},
		"utf8mb4_hungarian_ci":   {"o", "oz", "ö", "p", "u", "uz", "Ü", "v"},
		"utf8mb4_croatian_ci":    {"c", "č", "ć", "d", "dz", "dž", "đ", "e", "l", "lz", "Lj", "m", "n", "nz", "nj", "o"},
		"utf8mb4_polish_ci":      {"a", "az", "Ą", "b", "l", "lz", "Ł", "m"},
		"utf8mb4_lithuanian_ci":  {"c", "cy", "cz", "d", "i", "iz", "j"},
		"utf8mb4_vietnamese_ci":  {"a", "az", "ă", "â", "b", "o", "ô", "Ơ", "p"},
		"utf8mb4_esperanto_ci":   {"c", "cz", "Ĉ", "d"},
		"utf8mb4_persian_ci":     {"ا", "ب", "پ", "ت"},
		"utf8mb3_roman_ci":       {"h", "i", "k", "t", "u", "w"},
		"latin1_german2_ci":      {"ad", "ä", "af", "od", "Ö", "of"},
		"latin1_spanish_ci":      {"n", "nz", "Ñ", "o"},
		"latin1_danish_ci":       {"z", "æ", "ø", "å"},
		"latin1_general_cs":      {"A", "a", "B", "b"},
		"utf8mb4_icelandic_ci":   {"a", "az", "á", "b", "d", "ð", "e", "z", "þ", "æ", "ö", "å"},
		"utf8mb3_unicode_ci":     {"a", "b"},
		"utf8mb4_unicode_520_ci": {"a", "b"},
		"utf8mb4_latvian_ci":     {"c", "cz", "č", "i", "y", "j"},
		"utf8mb4_slovenian_ci":   {"c", "č", "d"},
		"utf8mb4_estonian_ci":    {"s", "š", "z", "ž", "t", "w", "õ", "ä", "ö", "ü", "x"},
		"utf8mb4_romanian_ci":    {"a", "ă", "â", "b", "s", "ş", "t", "ţ", "u"},
		"utf8mb4_slovak_ci":      {"a", "ä", "b", "h", "ch", "i", "o", "ô", "p"},
		"latin1_german1_ci":      {"a", "b"},
		"utf8mb4_sinhala_ci":     {"ක", "ඛ"},
	} {
		for i := 1; i < len(list); i++ {
			if bytes.Compare(key(name, list[i-1]), key(name, list[i])) >= 0 {
				t.Errorf("%s: %q is not before %q", name, list[i-1], list[i])
			}
		}
	}
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"utf8mb4_spanish_ci", "ñ", "Ñ", true}, {"utf8mb4_spanish_ci", "n", "ñ", false}, {"utf8mb4_spanish_ci", "á", "a", true},
		{"utf8mb4_spanish2_ci", "cH", "c", false}, {"utf8mb4_spanish2_ci", "achtung ", "ACHTUNG", true},
		{"utf8mb4_german2_ci", "Ärger", "aerger", true}, {"utf8mb4_german2_ci", "ß", "ss", true}, {"latin1_german2_ci", "ß", "ss", true},
		{"latin1_german1_ci", "ß", "s", true}, {"latin1_german1_ci", "ä", "a", true}, {"utf8mb4_turkish_ci", "I", "ı", true},
		{"utf8mb4_turkish_ci", "I", "i", false}, {"utf8mb4_turkish_ci", "İ", "i", true}, {"utf8mb4_danish_ci", "Aa", "å", true},
		{"utf8mb4_danish_ci", "aA", "å", false}, {"utf8mb3_general_mysql500_ci", "ß", "s", false}, {"utf8mb4_hungarian_ci", "ű", "ü", true},
		{"utf8mb4_swedish_ci", "æ", "ä", true}, {"latin1_general_cs", "a", "A", false}, {"utf8mb3_roman_ci", "u", "V", true},
		{"utf8mb4_persian_ci", "a", "A ", true}, {"latin1_spanish_ci", "á", "A", true},
	} {
		if same := bytes.Equal(key(c.name, c.a), key(c.name, c.b)); same != c.same {
			t.Errorf("%s: %q and %q: %t", c.name, c.a, c.b, same)
		}
	}
}

// TestSequences: a sequence is found wherever it stands, and parts of it count as they are.
func TestSequences(t *testing.T) {
	o := Of(languageOrder("spanish2"))
	for _, c := range [][2]string{{"chch", "CHCH"}, {"xch ", "xCh"}, {"c", "C"}, {"ch\x01", "ch"}} {
		if !bytes.Equal(o.AppendKey(nil, []byte(c[0])), o.AppendKey(nil, []byte(c[1]))) {
			t.Errorf("%q and %q differ", c[0], c[1])
		}
	}
	if o.SameChar('ñ', 'n') || !o.SameChar('ñ', 'Ñ') || !o.SameChar('c', 'C') {
		t.Error("characters of LIKE")
	}
}
