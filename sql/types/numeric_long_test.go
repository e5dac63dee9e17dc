package types

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// randomNumeric has digits that carry and borrow more often than others.
func randomNumeric(rng *rand.Rand, before, behind int) Datum {
	var text strings.Builder
	if rng.IntN(2) == 0 {
		text.WriteByte('-')
	}
	some := func(n int) {
		for n > 0 {
			k := 1 + rng.IntN(n)
			switch rng.IntN(4) {
			case 0:
				text.WriteString(strings.Repeat("0", k))
			case 1:
				text.WriteString(strings.Repeat("9", k))
			case 2:
				text.WriteString("5" + strings.Repeat("0", k-1))
			default:
				for range k {
					text.WriteByte(byte('0' + rng.IntN(10)))
				}
			}
			n -= k
		}
	}
	text.WriteByte('0')
	some(rng.IntN(before + 1))
	if n := rng.IntN(behind + 1); n > 0 {
		text.WriteByte('.')
		some(n)
	}
	d, err := numeric(text.String())
	if err != nil {
		panic(err)
	}
	return d
}

// TestLongArithmetic compares calculating by digits with big integers.
func TestLongArithmetic(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		a, b := randomNumeric(rng, 40, 30), randomNumeric(rng, 30, 30)
		short := randomNumeric(rng, 6, 5)
		x, y, s := longOf(a), longOf(b), longOf(short)
		same := func(op string, got long, want dec) {
			t.Helper()
			g, err := got.datum()
			w, err2 := want.datum()
			if err != nil || err2 != nil || !bytes.Equal(g.ref, w.ref) {
				t.Fatalf("%s of %s, %s, %s: %s, %v; want %s, %v", op, numericText(a), numericText(b), numericText(short), numericText(g), err, numericText(w), err2)
			}
		}
		same("+", addLong(x, y), addDec(decOf(a.ref), decOf(b.ref)))
		same("floor", integerLong(x, true), integerDec(decOf(a.ref), true))
		same("ceil", integerLong(x, false), integerDec(decOf(a.ref), false))
		n := rng.IntN(80) - 45
		same("round", x.cut(n, true), decOf(a.ref).round(n))
		same("trunc", x.cut(n, false), decOf(a.ref).trunc(n))
		if !isShort(short) {
			continue
		}
		same("*", mulLong(x, s), mulDec(decOf(a.ref), decOf(short.ref)))
		n = rng.IntN(40)
		same("/", divLong(x, s, n, true), divDec(decOf(a.ref), decOf(short.ref), n, true))
		same("div", divLong(x, s, 0, false), divDec(decOf(a.ref), decOf(short.ref), 0, false))
		same("%", modLong(x, s), modDec(decOf(a.ref), decOf(short.ref)))
	}
}

// TestBigOfDigits: however many digits there are, they make what their text says.
func TestBigOfDigits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, fewDigits, fewDigits + 1, 2 * fewDigits, 2*fewDigits + 1, 5000} {
		text := "0"
		for range n {
			text += string('0'+rune(rng.IntN(10))) + "00" + string('0'+rune(rng.IntN(10)))
		}
		want, _ := new(big.Int).SetString(text, 10)
		var digits []byte
		for i := 1; i < len(text); i += 4 {
			v := 0
			for _, c := range text[i : i+4] {
				v = 10*v + int(c-'0')
			}
			digits = append(digits, byte(v>>8), byte(v))
		}
		if got := bigOfDigits(digits); got.Cmp(want) != 0 {
			t.Fatalf("%d digits: %s, want %s", n, got, want)
		}
	}
}
