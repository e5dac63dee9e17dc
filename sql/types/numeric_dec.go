package types

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"sync"
)

// decKind classes a dec.
type decKind uint8

const (
	finite decKind = iota
	infinite
	notANumber
)

// dec is a numeric unpacked for arithmetic: ±coef·10^−scale with scale ≥ 0.
// The coefficient is small while it fits 18 decimal digits, else wide.
type dec struct {
	kind  decKind
	neg   bool
	scale int
	small uint64
	wide  *big.Int // nil: small holds the coefficient
}

const maxSmall = 999_999_999_999_999_999 // 18 digits: a sum of two fits uint64

var pow10u = func() (t [19]uint64) {
	t[0] = 1
	for i := 1; i < len(t); i++ {
		t[i] = t[i-1] * 10
	}
	return t
}()

var bigTen = big.NewInt(10)

// pow10big are the powers of ten that scales ask for most, made when the first is wanted.
var pow10big = sync.OnceValue(func() *[160]*big.Int {
	t := &[160]*big.Int{big.NewInt(1)}
	for i := 1; i < len(t); i++ {
		t[i] = new(big.Int).Mul(t[i-1], bigTen)
	}
	return t
})

// pow10 is 10^n, which may be shared and is not to be changed.
func pow10(n int) *big.Int {
	if t := pow10big(); n < len(t) {
		return t[n]
	}
	if k := bits.TrailingZeros(uint(n)) - 10; k >= 0 && k < len(tenTo) && n == 1024<<k {
		return tenTo[k]()
	}
	return new(big.Int).Exp(bigTen, big.NewInt(int64(n)), nil)
}

// tenTo are 10^(1024·2^k), which texts of many digits are put together by, made when the first is
// wanted.
var tenTo = func() (t [8]func() *big.Int) {
	for k := range t {
		t[k] = sync.OnceValue(func() *big.Int { return new(big.Int).Exp(bigTen, big.NewInt(1024<<k), nil) })
	}
	return t
}()

func (x dec) big() *big.Int {
	if x.wide != nil {
		return x.wide
	}
	return new(big.Int).SetUint64(x.small)
}

func (x dec) isZero() bool { return x.kind == finite && x.wide == nil && x.small == 0 }

// shrink moves a coefficient that became small back to the fast form and makes
// zero positive.
func (x dec) shrink() dec {
	if x.wide != nil && x.wide.IsUint64() && x.wide.Uint64() <= maxSmall {
		x.small, x.wide = x.wide.Uint64(), nil
	}
	if x.isZero() {
		x.neg = false
	}
	return x
}

// decOf unpacks a datum's bytes.
func decOf(b []byte) dec {
	if !validNumeric(b) {
		return dec{}
	}
	switch numSign(b) {
	case numNaN:
		return dec{kind: notANumber}
	case numPInf:
		return dec{kind: infinite}
	case numNInf:
		return dec{kind: infinite, neg: true}
	}
	x := dec{neg: numSign(b) == numNeg, scale: numScale(b)}
	n := numDigits(b)
	if n == 0 {
		return x
	}
	shift := 4*(numWeight(b)-n+1) + x.scale // value·10^scale = digits·10^shift
	if v, ok := coefficient(b, n); ok && shift >= -3 {
		if shift < 0 {
			v /= pow10u[-shift]
		} else if shift < len(pow10u) && v <= maxSmall/pow10u[shift] {
			v *= pow10u[shift]
		} else {
			v = maxSmall + 1
		}
		if v <= maxSmall {
			x.small = v
			return x
		}
	}
	if n > fewDigits {
		x.wide = bigOfDigits(b[numHeader:])
		if shift < 0 {
			x.wide.Quo(x.wide, pow10(-shift))
		} else {
			x.wide.Mul(x.wide, pow10(shift))
		}
		return x
	}
	text := make([]byte, 0, 4*n)
	for i := 0; i < n; i++ {
		text = append4(text, numDigit(b, i))
	}
	if shift < 0 {
		text = text[:max(len(text)+shift, 0)]
	}
	x.wide = new(big.Int)
	if len(text) > 0 {
		x.wide.SetString(string(text), 10)
	}
	if shift > 0 {
		x.wide.Mul(x.wide, pow10(shift))
	}
	return x.shrink()
}

// coefficient is the number that the n digits make, if they fit.
func coefficient(b []byte, n int) (v uint64, ok bool) {
	for i := range n {
		if v > (math.MaxUint64-9999)/10000 {
			return 0, false
		}
		v = v*10000 + uint64(numDigit(b, i))
	}
	return v, true
}

// datum packs x; an error is numeric overflow.
func (x dec) datum() (Datum, error) {
	switch x.kind {
	case notANumber:
		return NumericNaN(), nil
	case infinite:
		return NumericInf(x.neg), nil
	}
	if x.wide == nil && x.scale <= maxShortScale {
		return x.shortDatum(), nil
	}
	var buf [64]byte
	var digits []byte
	if x.wide == nil {
		digits = strconv.AppendUint(buf[:0], x.small, 10)
	} else {
		digits = x.wide.Append(buf[:0], 10)
	}
	b, err := appendNumericDecimal(make([]byte, 0, numHeader+2*(len(digits)/4+2)), x.neg, digits, len(digits)-x.scale, x.scale)
	return Bytes(b), err
}

// round gives x at the scale n ≥ 0 or, below zero, rounded to 10^−n with scale
// 0; halves go away from zero. A larger scale appends zeros.
func (x dec) round(n int) dec { return x.rescale(n, true) }

// trunc is round towards zero.
func (x dec) trunc(n int) dec { return x.rescale(n, false) }

func (x dec) rescale(n int, half bool) dec {
	if x.kind != finite || n == x.scale {
		return x
	}
	if n > x.scale {
		by := n - x.scale
		x.scale = n
		if x.wide == nil && by < len(pow10u) && x.small <= maxSmall/pow10u[by] {
			x.small *= pow10u[by]
			return x
		}
		x.wide = new(big.Int).Mul(x.big(), pow10(by))
		return x.shrink()
	}
	cut := x.scale - n
	x.scale = n
	if x.wide == nil && cut < len(pow10u) {
		p := pow10u[cut]
		q, r := x.small/p, x.small%p
		if half && r >= p-r {
			q++
		}
		x.small = q
	} else {
		p := pow10(cut)
		q, r := new(big.Int).QuoRem(x.big(), p, new(big.Int))
		if half && r.Lsh(r, 1).Cmp(p) >= 0 {
			q.Add(q, big.NewInt(1))
		}
		x.wide = q
	}
	x = x.shrink()
	if n < 0 {
		return x.rescaleUp(-n)
	}
	return x
}

// rescaleUp turns a coefficient at scale −n into one at scale 0.
func (x dec) rescaleUp(n int) dec {
	x.scale = 0
	if x.isZero() {
		return x
	}
	x.wide = new(big.Int).Mul(x.big(), pow10(n))
	return x.shrink()
}

// align brings both to the larger scale.
func align(x, y dec) (dec, dec) {
	s := max(x.scale, y.scale)
	return x.round(s), y.round(s)
}

func bigAbs(v int64) *big.Int {
	b := big.NewInt(v)
	return b.Abs(b)
}
