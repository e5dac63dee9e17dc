package collate

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestASCII: the short way gives the keys of the long one, for all pairs of ASCII
// characters, so that none of them is a sequence of its own, and for longer texts.
func TestASCII(t *testing.T) {
	o := Of(Root)
	if o.single == nil {
		t.Fatal("no weights of single characters")
	}
	same := func(text []byte) {
		t.Helper()
		if a, b := o.appendASCII(nil, text), o.appendWeights(nil, text); !bytes.Equal(a, b) {
			t.Fatalf("%q: %x, want %x", text, a, b)
		}
	}
	same(nil)
	for a := range byte(128) {
		same([]byte{a})
		for b := range byte(128) {
			same([]byte{a, b})
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := make([]byte, r.IntN(40))
		for i := range text {
			text[i] = byte(r.IntN(128))
		}
		same(text)
	}
}

// TestKey: keys give their texts back, and only equal texts have equal keys.
func TestKey(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	letters := []rune("aAbBäÄéÉ \x01-ßz中ñch'")
	for _, name := range []string{Root, "sv", "cs", "und-u-kn-true"} {
		o := Of(name)
		for range 5000 {
			text := func() []byte {
				l := make([]rune, r.IntN(6))
				for i := range l {
					l[i] = letters[r.IntN(len(letters))]
				}
				return []byte(string(l))
			}
			a, b := text(), text()
			ka, kb := o.AppendKey(nil, a), o.AppendKey(nil, b)
			if bytes.Equal(ka, kb) != bytes.Equal(a, b) {
				t.Fatalf("%s: keys of %q and %q: %x %x", name, a, b, ka, kb)
			}
			wa, wb := o.appendWeights(nil, a), o.appendWeights(nil, b)
			if c := bytes.Compare(wa, wb); c != 0 && c != bytes.Compare(ka, kb) {
				t.Fatalf("%s: weights and keys of %q and %q disagree", name, a, b)
			}
		}
	}
}

// TestOrders: PostgreSQL 15 with ICU 72 has these in this order.
func TestOrders(t *testing.T) {
	for name, list := range map[string][]string{
		Root:            {"", " ", "_", "-", "'", "1", "10", "2", "a", "A", "á", "Á", "ä", "ab", "Ab", "b", "o", "ö", "oz", "z", "Z", "α", "я"},
		"sv":            {"a", "o", "z", "å", "ä", "ö"},
		"es":            {"n", "nz", "ñ", "o"},
		"cs":            {"c", "cz", "č", "d", "h", "hz", "ch", "i"},
		"tr":            {"h", "ı", "I", "i", "İ", "j"},
		"und-u-kn-true": {"a2", "a10", "a100"},
	} {
		o := Of(name)
		for i := 1; i < len(list); i++ {
			if bytes.Compare(o.AppendKey(nil, []byte(list[i-1])), o.AppendKey(nil, []byte(list[i]))) >= 0 {
				t.Errorf("%s: %q is not before %q", name, list[i-1], list[i])
			}
		}
	}
}

func BenchmarkKey(b *testing.B) {
	for name, text := range map[string]string{"ascii": "Proportional Representation 1234", "latin": "Übergrößenträger und Häuser 1234"} {
		b.Run(name, func(b *testing.B) {
			o := Of(Root)
			var key []byte
			for b.Loop() {
				key = o.AppendKey(key[:0], []byte(text))
			}
		})
	}
}
