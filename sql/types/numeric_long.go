package types

import (
	"encoding/binary"
	"math/big"
)

// Long numbers are calculated with as they are stored, by digits of base 10,000: to make a big.Int of
// one and text of it again takes far longer than to add a number to it, multiply it by a short one,
// divide it by one, or round it. PostgreSQL's numeric.c does the same for all numbers.

const (
	// longDigits is from how many digits on a number is long, zeros up to the point among them.
	longDigits = 32
	// shortDigits is how many a factor or a divisor has that a long number is taken times or divided
	// by, digit by digit: a remainder and one more digit fit 64 bits.
	shortDigits = 3

	// fewDigits are made a big.Int of at once.
	fewDigits = 256

	digitBase = 10000
)

// long is a finite number: ±Σ digits[i]·10000^(weight−i), with so many decimals shown.
type long struct {
	neg    bool
	weight int
	scale  int
	digits []int32
}

// areLong reports finite numbers of which one is long.
func areLong(nums ...Datum) bool {
	long := false
	for _, d := range nums {
		if !validNumeric(d.ref) || numSign(d.ref) >= numNaN {
			return false
		}
		w := numWeight(d.ref)
		long = long || numDigits(d.ref) >= longDigits || w >= longDigits || w < -longDigits
	}
	return long
}

func isShort(d Datum) bool { n := numDigits(d.ref); return 0 < n && n <= shortDigits }

func longOf(d Datum) long {
	b := d.ref
	x := long{neg: numSign(b) == numNeg, weight: numWeight(b), scale: numScale(b), digits: make([]int32, numDigits(b))}
	for i := range x.digits {
		x.digits[i] = int32(binary.BigEndian.Uint16(b[numHeader+2*i:]))
	}
	return x
}

// low is the weight of the last digit.
func (x long) low() int { return x.weight - len(x.digits) + 1 }

// at is the digit of a weight.
func (x long) at(weight int) int32 {
	if i := x.weight - weight; 0 <= i && i < len(x.digits) {
		return x.digits[i]
	}
	return 0
}

// trim takes off digits that are 0 at both ends; 0 has none, and no sign.
func (x long) trim() long {
	for len(x.digits) > 0 && x.digits[0] == 0 {
		x.digits = x.digits[1:]
		x.weight--
	}
	for n := len(x.digits); n > 0 && x.digits[n-1] == 0; n-- {
		x.digits = x.digits[:n-1]
	}
	if len(x.digits) == 0 {
		x.weight, x.neg = 0, false
	}
	return x
}

// datum packs x; an error is numeric overflow.
func (x long) datum() (Datum, error) {
	x = x.trim()
	if x.weight > maxNumericWeight {
		return Datum{}, numericOverflow()
	}
	sign := uint16(numPos)
	if x.neg {
		sign = numNeg
	}
	b := appendNumHeader(make([]byte, 0, numHeader+2*len(x.digits)), len(x.digits), x.weight, sign, x.scale)
	for _, d := range x.digits {
		b = binary.BigEndian.AppendUint16(b, uint16(d))
	}
	return Bytes(b), nil
}

// compareSize compares |x| and |y|, which are trimmed.
func compareSize(x, y long) int {
	switch {
	case len(x.digits) == 0 || len(y.digits) == 0:
		return len(x.digits) - len(y.digits)
	case x.weight != y.weight:
		return x.weight - y.weight
	}
	for w := x.weight; w >= min(x.low(), y.low()); w-- {
		if d := x.at(w) - y.at(w); d != 0 {
			return int(d)
		}
	}
	return 0
}

// addLong is x + y.
func addLong(x, y long) long {
	scale := max(x.scale, y.scale)
	if compareSize(x, y) < 0 {
		x, y = y, x
	}
	if len(y.digits) == 0 {
		x.scale = scale
		return x
	}
	sum := long{neg: x.neg, weight: x.weight + 1, scale: scale}
	sum.digits = make([]int32, sum.weight-min(x.low(), y.low())+1)
	copy(sum.digits[1:], x.digits)
	sign := int32(1)
	if x.neg != y.neg {
		sign = -1
	}
	to := sum.digits[sum.weight-y.weight:]
	for i, d := range y.digits {
		to[i] += sign * d
	}
	sum.carry()
	return sum.trim()
}

// carry brings digits that are too large, or below 0, back to what a digit is.
func (x long) carry() {
	for i := len(x.digits) - 1; i > 0; i-- {
		switch d := x.digits[i]; {
		case d >= digitBase:
			x.digits[i] -= digitBase
			x.digits[i-1]++
		case d < 0:
			x.digits[i] += digitBase
			x.digits[i-1]--
		}
	}
}

// mulLong is x · y, of which y is short.
func mulLong(x, y long) long {
	p := long{neg: x.neg != y.neg, weight: x.weight + y.weight + 1, scale: x.scale + y.scale, digits: make([]int32, len(x.digits)+len(y.digits))}
	carry := int64(0)
	for k := len(p.digits) - 1; k >= 0; k-- {
		for j, d := range y.digits { // digits i of x and j of y make digit i+j+1
			if i := k - 1 - j; 0 <= i && i < len(x.digits) {
				carry += int64(x.digits[i]) * int64(d)
			}
		}
		p.digits[k] = int32(carry % digitBase)
		carry /= digitBase
	}
	return p.trim()
}

// divLong is x / y at a scale, rounded or cut off; y is short and not 0.
func divLong(x, y long, scale int, round bool) long {
	by := uint64(0)
	for _, d := range y.digits {
		by = by*digitBase + uint64(d)
	}
	q := long{neg: x.neg != y.neg, weight: x.weight - y.low(), scale: scale}
	last := -scale/4 - 2 // one digit more than are looked at
	if q.weight < last {
		return long{scale: scale}
	}
	q.digits = make([]int32, q.weight-last+1)
	rest := uint64(0)
	for i := range q.digits {
		rest *= digitBase
		if i < len(x.digits) {
			rest += uint64(x.digits[i])
		}
		q.digits[i] = int32(rest / by)
		rest %= by
	}
	return q.trim().cut(scale, round)
}

// modLong is x % y, with x's sign; y is short and not 0.
func modLong(x, y long) long {
	whole := mulLong(divLong(x, y, 0, false), y)
	whole.neg = !whole.neg
	rest := addLong(x, whole)
	rest.scale = max(x.scale, y.scale)
	return rest
}

// cut leaves so many decimals, below 0 fewer digits, and rounds half away from 0 or cuts off.
func (x long) cut(scale int, round bool) long {
	cut := x
	cut.scale = max(scale, 0)
	// The last decimal digit that stays stands for unit in the digit of this weight.
	weight, unit := (-scale)>>2, int32(pow10u[(-scale)&3])
	if weight < x.low() || len(x.digits) == 0 {
		return cut
	}
	up := false
	if round {
		if unit > 1 {
			up = x.at(weight)/(unit/10)%10 >= 5
		} else {
			up = x.at(weight-1) >= digitBase/2
		}
	}
	cut.digits = append([]int32(nil), x.digits[:max(x.weight-weight+1, 0)]...)
	if n := len(cut.digits); n > 0 {
		cut.digits[n-1] -= cut.digits[n-1] % unit
	}
	cut = cut.trim()
	if up {
		cut = addLong(cut, long{neg: x.neg, weight: weight, scale: cut.scale, digits: []int32{unit}})
	}
	return cut
}

// atMost is x with no more than so many decimals.
func (x long) atMost(scale int) long {
	if x.scale <= scale {
		return x
	}
	return x.cut(scale, true)
}

// integerLong is the largest integer that is not above x, or the smallest that is not below.
func integerLong(x long, down bool) long {
	cut := x.cut(0, false)
	if compareSize(cut, x) != 0 && x.neg == down {
		cut = addLong(cut, long{neg: down, digits: []int32{1}})
	}
	return cut
}

// bigOfDigits is the integer that base-10,000 digits make. Halves of many are put together: digit by
// digit the time would grow with the square of their number.
func bigOfDigits(b []byte) *big.Int {
	n := len(b) / 2
	if n <= fewDigits {
		text := make([]byte, 0, 4*n)
		for i := range n {
			text = append4(text, int(binary.BigEndian.Uint16(b[2*i:])))
		}
		v := new(big.Int)
		if n > 0 {
			v.SetString(string(text), 10)
		}
		return v
	}
	low := fewDigits // ·2^k, below n, so that the powers are those of tenTo
	for 2*low < n {
		low *= 2
	}
	high := bigOfDigits(b[:2*(n-low)])
	high.Mul(high, pow10(4*low))
	return high.Add(high, bigOfDigits(b[2*(n-low):]))
}
