package types

import (
	"math"
	"math/big"
	"sync/atomic"
)

// Logarithms and exponentials in binary fixed point: a real number v is the integer v·2^p. What
// is rounded on the way is less than 2^−guard of the last of p bits that matter.

// guard is how many bits are computed beyond those that are wanted.
const guard = 40

// bitsOf is how many bits hold as many decimal digits.
func bitsOf(digits int) int { return int(math.Ceil(float64(max(digits, 0)) * math.Log2E * math.Ln10)) }

// logs are the logarithms of 2 and 10 to p bits. They are shared and not to be changed.
type logs struct {
	p    int
	ln2  *big.Int
	ln10 *big.Int
}

var knownLogs atomic.Pointer[logs]

// logsTo are the logarithms to at least p bits, kept for the next who needs them.
func logsTo(p int) *logs {
	if k := knownLogs.Load(); k != nil && k.p >= p {
		return k
	}
	k := &logs{p: (p + 511) &^ 255}
	// ln 2 = 14 artanh(1/31) + 10 artanh(1/49) + 6 artanh(1/161), and with the factors 46, 34
	// and 20 ln 10: 31, 49 and 161 lie between numbers that have the factors 2, 3 and 5 alone.
	wide := k.p + guard
	a, b, c := artanhOf(31, wide), artanhOf(49, wide), artanhOf(161, wide)
	sum := func(x, y, z int64) *big.Int {
		s := new(big.Int).Mul(a, big.NewInt(x))
		s.Add(s, new(big.Int).Mul(b, big.NewInt(y)))
		s.Add(s, new(big.Int).Mul(c, big.NewInt(z)))
		return s.Rsh(s, guard)
	}
	k.ln2, k.ln10 = sum(14, 10, 6), sum(46, 34, 20)
	knownLogs.Store(k)
	return k
}

// to is a known logarithm to p bits.
func (k *logs) to(v *big.Int, p int) *big.Int { return new(big.Int).Rsh(v, uint(k.p-p)) }

// artanhOf is artanh(1/n) = Σ n^−(2i+1) / (2i+1).
func artanhOf(n int64, p int) *big.Int {
	power := new(big.Int).Lsh(big.NewInt(1), uint(p))
	power.Quo(power, big.NewInt(n))
	sum, term, square := new(big.Int).Set(power), new(big.Int), big.NewInt(n*n)
	for i := int64(3); power.Sign() != 0; i += 2 {
		power.Quo(power, square)
		sum.Add(sum, term.Quo(power, big.NewInt(i)))
	}
	return sum
}

// roots is after how many halvings of the argument a series is summed: the more of them, the
// fewer terms it needs.
func roots(p, of int) int { return int(math.Sqrt(float64(p))) / of }

// lnFixed is ln(m) to p bits, of m with 1 ≤ m < 2 to p bits.
func lnFixed(m *big.Int, p int) *big.Int {
	n := roots(p, 10)
	wide := uint(p + guard + n)
	y := new(big.Int).Lsh(m, wide-uint(p))
	for range n { // ln m = 2^n · ln m^(1/2^n)
		y.Sqrt(y.Lsh(y, wide))
	}
	// ln y = 2 artanh((y − 1) / (y + 1))
	one := new(big.Int).Lsh(big.NewInt(1), wide)
	power, below := new(big.Int).Sub(y, one), new(big.Int).Add(y, one)
	power.Quo(power.Lsh(power, wide), below)
	square := new(big.Int).Mul(power, power)
	square.Rsh(square, wide)
	sum, term, odd, room := new(big.Int).Set(power), new(big.Int), new(big.Int), new(big.Int)
	for i := int64(3); power.Sign() != 0; i += 2 {
		power.Rsh(room.Mul(power, square), wide) // a product in place of a factor is copied
		sum.Add(sum, term.Quo(power, odd.SetInt64(i)))
	}
	return sum.Rsh(sum.Lsh(sum, uint(n+1)), wide-uint(p))
}

// lnDec is ln(a) rounded to the scale; a is finite and above zero.
func lnDec(a Datum, scale int) dec {
	x := decOf(a.ref)
	p := bitsOf(scale+1) + guard
	// x = m · 2^e · 10^−scale with 1 ≤ m < 2
	m := new(big.Int).Set(x.big())
	e := m.BitLen() - 1
	if shift := p - e; shift >= 0 {
		m.Lsh(m, uint(shift))
	} else {
		m.Rsh(m, uint(-shift)) // of a hundred thousand digits no more are looked at
	}
	wide := p + guard // e and the scale have fewer bits
	k := logsTo(wide)
	sum := k.to(k.ln2, wide)
	sum.Mul(sum, big.NewInt(int64(e)))
	tens := k.to(k.ln10, wide)
	sum.Sub(sum, tens.Mul(tens, big.NewInt(int64(x.scale))))
	sum.Rsh(sum, guard)
	return fromFixed(sum.Add(sum, lnFixed(m, p)), p, scale)
}

// fromFixed is a number of p bits rounded to the scale, which may be below zero in p alone.
func fromFixed(v *big.Int, p, scale int) dec {
	r := dec{neg: v.Sign() < 0, scale: scale}
	r.wide = v.Abs(v)
	r.wide.Mul(r.wide, pow10(scale))
	if p <= 0 {
		r.wide.Lsh(r.wide, uint(-p))
		return r.shrink()
	}
	half := new(big.Int).Lsh(big.NewInt(1), uint(p-1))
	r.wide.Rsh(r.wide.Add(r.wide, half), uint(p))
	return r.shrink()
}

// toFixed is x to p bits, towards zero.
func toFixed(x dec, p int) *big.Int {
	v := new(big.Int).Lsh(x.big(), uint(p))
	if x.scale > 0 {
		v.Quo(v, pow10(x.scale))
	}
	if x.neg {
		v.Neg(v)
	}
	return v
}

// expFixed is e^r to p bits, of r with 0 ≤ r < 1 to p bits.
func expFixed(r *big.Int, p int) *big.Int {
	n := roots(p, 2)
	wide := uint(p + guard + n)
	x := new(big.Int).Lsh(r, wide-uint(p))
	x.Rsh(x, uint(n)) // e^r = (e^(r/2^n))^(2^n)
	term := new(big.Int).Lsh(big.NewInt(1), wide)
	sum, count, room := new(big.Int).Set(term), new(big.Int), new(big.Int)
	for i := int64(1); term.Sign() != 0; i++ {
		term.Rsh(room.Mul(term, x), wide)
		sum.Add(sum, term.Quo(term, count.SetInt64(i)))
	}
	for range n {
		sum.Rsh(room.Mul(sum, sum), wide)
	}
	return sum.Rsh(sum, wide-uint(p))
}

// expDec is e^x rounded to the scale, where v is about x; 22003 on overflow.
func expDec(x dec, v float64, scale int) (Datum, error) {
	if math.Abs(v) >= maxResultScale*3 {
		if v > 0 {
			return Datum{}, numericOverflow()
		}
		return dec{scale: scale}.datum()
	}
	p := bitsOf(scale+1+max(0, int(v*math.Log10E)+1)) + guard
	wide := p + guard // the power of two has fewer bits
	k := logsTo(wide)
	ln2, r := k.to(k.ln2, wide), toFixed(x, wide)
	e, r := new(big.Int).DivMod(r, ln2, r) // e^x = 2^e · e^r with 0 ≤ r < ln 2
	return fromFixed(expFixed(r.Rsh(r, guard), p), p-int(e.Int64()), scale).datum()
}
