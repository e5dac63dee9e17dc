package collate

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMySQLEqual: which texts are equal; answers are those of MySQL 8.0, and of MariaDB
// 10.11 where that has the collation.
func TestMySQLEqual(t *testing.T) {
	for order, list := range map[string][]struct {
		a, b string
		same bool
	}{
		MySQLBin: {{"a", "a  ", true}, {"a", "A", false}, {"", " ", true}, {"a", "a\t", false}, {" a", "a", false}},
		MySQLGeneral: {{"a", "A", true}, {"ß", "s", true}, {"ß", "ss", false}, {"ä", "A", true}, {"a ", "a", true}, {"😀", "🙃", true},
			{"æ", "ae", false}, {"æ", "Æ", true}, {"я", "Я", true}, {"й", "и", false}, {"e\u0301", "é", false}, {"ı", "i", true}, {"ﬀ", "ff", false}},
		MySQLUnicode: {{"ß", "ss", true}, {"ß", "s", false}, {"e\u0301", "é", true}, {"a", "Á", true}, {"a", "a ", true}, {"😀", "🙃", true},
			{"æ", "ae", false}, {"ﬀ", "ff", true}, {"ａ", "a", true}, {"a\x01", "a", true}, {"ł", "l", false}, {"Ø", "o", false}},
		MySQLUnicode520: {{"ß", "SS", true}, {"😀", "🙃", false}, {"æ", "ae", true}, {"ł", "l", true}, {"Ø", "o", true}, {"a", "a ", true}},
		MySQL0900AI:     {{"a", "Á", true}, {"ß", "ss", true}, {"a", "a ", false}, {"😀", "🙃", false}, {"가", "가", true}, {"æ", "AE", true}, {"ぁ", "ア", true}},
		MySQL0900AS:     {{"a", "A", true}, {"a", "á", false}, {"e\u0301", "É", true}, {"a", "a ", false}, {"ß", "ss", false}},
		MySQL0900CS:     {{"a", "A", false}, {"e\u0301", "é", true}, {"a", "á", false}, {"ｱ", "ア", false}},
		MySQLSwedish:    {{"a", "Á", true}, {"a", "Å", false}, {"å", "Å", true}, {"ß", "s", false}, {"ü", "y", true}, {"ä", "a", false}, {"ö", "o", false}},
		MySQLLatin1:     {{"a", "A", true}, {"a", "á", false}, {"Ü", "ü", true}},
		MySQLASCII:      {{"a", "A", true}, {"[", "{", false}, {"é", "É", false}},
		MySQLGBK:        {{"a", "A", true}, {"中", "国", false}, {"Я", "я", false}},
		MySQLGBKBin:     {{"a", "A", false}, {"中 ", "中", true}},
	} {
		o := Of(order)
		for _, c := range list {
			if same := bytes.Equal(o.AppendKey(nil, []byte(c.a)), o.AppendKey(nil, []byte(c.b))); same != c.same {
				t.Errorf("%s: %q and %q: %t", order, c.a, c.b, same)
			}
		}
	}
}

// TestMySQLOrder: MySQL 8.0 has these in this order.
func TestMySQLOrder(t *testing.T) {
	for order, list := range map[string][]string{
		MySQLBin:     {"a\x01", "a  \t", "a", "a  b", "a b", "a!", "aa", "b", "中", "😀"},
		MySQLGeneral: {"a\x01", "a \x1f", "a", "a  b", "A b", "a!", "aa", "b", "s", "z", "[", "_", "æ", "中", "😀"},
		MySQLUnicode: {"a", "A  b", "a B", "a_b", "a-b", "a!b", "a1", "aa", "b", "s", "ß", "z", "я", "中"},
		MySQL0900AI:  {"", " ", "  ", "_", "-", "!", "😀", "1", "a", "a ", "a b", "ab", "æ", "b", "я", "가", "中"},
		MySQL0900AS:  {"a", "á", "ab", "áb", "b"},
		MySQL0900CS:  {"a", "A", "á", "Á", "ab", "AB", "b"},
		MySQLSwedish: {"a", "b", "y", "z", "å", "ä", "ö"},
		MySQLGBK:     {"a", "b", "啊", "爱", "国", "中"},
		MySQLGBKBin:  {"A", "a", "啊", "国", "中"},
	} {
		o := Of(order)
		for i := 1; i < len(list); i++ {
			if bytes.Compare(o.AppendKey(nil, []byte(list[i-1])), o.AppendKey(nil, []byte(list[i]))) >= 0 {
				t.Errorf("%s: %q is not before %q", order, list[i-1], list[i])
			}
		}
	}
}

// TestPadding: keys of padded orders compare as texts do that are filled up with spaces to
// one length.
func TestPadding(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	letters := []byte("aB \x1f\x01!  ")
	for _, order := range []string{MySQLBin, MySQLGeneral, MySQLASCII} {
		o := Of(order)
		for range 20_000 {
			text := func() []byte {
				l := make([]byte, r.IntN(7))
				for i := range l {
					l[i] = letters[r.IntN(len(letters))]
				}
				if r.IntN(8) == 0 {
					l = append(l, bytes.Repeat([]byte(" "), 120+r.IntN(20))...)
					l = append(l, letters[r.IntN(len(letters))])
				}
				return l
			}
			a, b := text(), text()
			fill := func(s []byte) []byte {
				return o.AppendParts(nil, append(slices.Clone(s), bytes.Repeat([]byte(" "), 200-len(s))...))
			}
			want := bytes.Compare(fill(a), fill(b))
			if got := bytes.Compare(o.AppendKey(nil, a), o.AppendKey(nil, b)); got != want {
				t.Fatalf("%s: %q and %q: %d, want %d", order, a, b, got, want)
			}
		}
	}
}

// TestPlain: keys of ASCII characters and others beside them are those of the weights one by one.
func TestPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	letters := []rune("aAzZ09 -_\t\x01éß中")
	for name, m := range mysqlOrders {
		if len(m.levels) > 1 {
			continue
		}
		for range 3000 {
			l := make([]rune, r.IntN(8))
			for i := range l {
				l[i] = letters[r.IntN(len(letters))]
			}
			text := []byte(string(l))
			var want []byte
			m.weights(text, 0, func(w rune) { want = m.appendWeight(want, w) })
			if got := m.appendLevels(nil, text); !bytes.Equal(got, want) {
				t.Fatalf("%s: %q: %x, want %x", name, text, got, want)
			}
		}
	}
}

// TestSameChar: which characters LIKE takes for equal; those beyond the table of unicode_ci
// are equal in comparisons, and not here.
func TestSameChar(t *testing.T) {
	for _, c := range []struct {
		order string
		a, b  rune
		same  bool
	}{
		{MySQLGeneral, 'ß', 'S', true}, {MySQLGeneral, '😀', '🙃', true}, {MySQLUnicode, '😀', '🙃', false}, {MySQLUnicode, 'é', 'E', true},
		{MySQLUnicode, 'ß', 's', false}, {MySQL0900AS, 'é', 'e', false}, {MySQL0900AS, 'é', 'É', true}, {MySQL0900CS, 'a', 'A', false},
		{MySQLBin, 'a', 'A', false}, {MySQLSwedish, 'ü', 'Y', true}, {MySQLUnicode520, '中', '国', false},
	} {
		if same := Of(c.order).SameChar(c.a, c.b); same != c.same {
			t.Errorf("%s: %c and %c: %t", c.order, c.a, c.b, same)
		}
	}
}

// TestMySQLCollations: each has an order, a character set, and a number of its own.
func TestMySQLCollations(t *testing.T) {
	seen := map[uint32]bool{}
	for _, c := range MySQLCollations() {
		if !ByBytes(c.Order) && mysqlOrders[c.Order] == nil {
			t.Errorf("%s has no order", c.Name)
		}
		if _, ok := MySQLCharsetOf(c.Charset); !ok {
			t.Errorf("%s has no character set", c.Name)
		}
		if seen[c.OID] {
			t.Errorf("%s has the number of another", c.Name)
		}
		seen[c.OID] = true
	}
	for _, c := range MySQLCharsets {
		if _, ok := MySQLCollationOf(c.Default); !ok {
			t.Errorf("%s has no default", c.Name)
		}
	}
	if c, ok := MySQLCollationOf("UTF8_General_CI"); !ok || c.Name != "utf8mb3_general_ci" {
		t.Error("utf8 is not utf8mb3")
	}
}

func BenchmarkMySQLKey(b *testing.B) {
	for _, order := range []string{MySQLBin, MySQLGeneral, MySQLUnicode, MySQL0900AI} {
		b.Run(order, func(b *testing.B) {
			o := Of(order)
			var key []byte
			for b.Loop() {
				key = o.AppendKey(key[:0], []byte("Proportional Representation 1234"))
			}
		})
	}
}
