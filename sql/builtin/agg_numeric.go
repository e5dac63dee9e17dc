package builtin

import (
	"encoding/binary"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// numericSum adds numerics digit by digit, without carrying: 64-bit places hold
// the base-10000 digits of 2⁴⁹ rows. It reads the datum's format, which is
// PostgreSQL's wire format (see sql/types): 16-bit big-endian ndigits, weight,
// sign and display scale, then the digits.
type numericSum struct {
	n      int64
	places []int64 // places[i] counts 10000^(top−i)
	top    int
	scale  int
	special
}

// special counts what is not finite.
type special struct{ nan, plus, minus bool }

const (
	numericNeg     = 0x4000
	numericSpecial = 0xC000 // and above
)

func (s *numericSum) add(d types.Datum) {
	b := d.Bytes()
	s.n++
	if len(b) < 8 {
		return
	}
	sign := binary.BigEndian.Uint16(b[4:])
	if sign >= numericSpecial {
		switch types.NumericIsInf(d) {
		case 1:
			s.plus = true
		case -1:
			s.minus = true
		default:
			s.nan = true
		}
		return
	}
	s.scale = max(s.scale, int(binary.BigEndian.Uint16(b[6:])))
	digits := b[8:]
	if len(digits) == 0 {
		return
	}
	weight := int(int16(binary.BigEndian.Uint16(b[2:])))
	at, n := s.top-weight, len(digits)/2
	if at < 0 || at+n > len(s.places) {
		s.reserve(weight, weight-n+1)
		at = s.top - weight
	}
	to := s.places[at : at+n]
	if sign == numericNeg {
		for i := range to {
			to[i] -= int64(binary.BigEndian.Uint16(digits[2*i:]))
		}
		return
	}
	for i := range to {
		to[i] += int64(binary.BigEndian.Uint16(digits[2*i:]))
	}
}

// reserve makes places for the weights from high down to low.
func (s *numericSum) reserve(high, low int) {
	if s.places == nil {
		s.top = high
	}
	if high > s.top {
		s.places = append(make([]int64, high-s.top, high-s.top+len(s.places)), s.places...)
		s.top = high
	}
	for s.top-len(s.places)+1 > low {
		s.places = append(s.places, 0)
	}
}

// value is the sum, with the largest display scale of its terms.
func (s *numericSum) value() (types.Datum, error) {
	switch {
	case s.nan || s.plus && s.minus:
		return types.NumericNaN(), nil
	case s.plus || s.minus:
		return types.NumericInf(s.minus), nil
	}
	return types.NumericFromPlaces(s.places, s.top, s.scale)
}

// numericSumAgg is sum and avg of numeric.
type numericSumAgg struct {
	avg bool
	s   []numericSum
}

func (a *numericSumAgg) Grow(n int) { a.s = grow(a.s, n) }

func (a *numericSumAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	null, b := args[0].Null, args[0].B
	for _, i := range sel {
		if !null[i] {
			a.s[groups[i]].add(types.Bytes(b[i]))
		}
	}
	return nil
}

func (a *numericSumAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	s := &a.s[g]
	if s.n == 0 {
		return types.Null, nil
	}
	v, err := s.value()
	if err != nil || !a.avg {
		return v, err
	}
	return types.NumericDiv(v, types.NumericFromInt(s.n))
}

func (a *numericSumAgg) Bytes() int64 { return int64(128 * cap(a.s)) }
