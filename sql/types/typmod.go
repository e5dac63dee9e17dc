package types

import (
	"math/big"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// varHdr is what varchar and numeric modifiers carry on top of their value.
const varHdr = 4

// ApplyTypmod coerces d, of t's type and not NULL, to t's modifier. An explicit
// cast cuts long strings where an assignment fails (22001); numeric, time and
// interval round either way; vectors are only checked.
func ApplyTypmod(t T, d Datum, explicit bool) (Datum, error) {
	if t.Mod < 0 || d.null {
		return d, nil
	}
	switch t.OID {
	case VarcharOID:
		return coerceVarchar(d, int(t.Mod)-varHdr, explicit)
	case BpcharOID:
		return coerceBpchar(d, int(t.Mod)-varHdr, explicit)
	case NumericOID:
		return coerceNumeric(d, t.Mod)
	case VectorOID, HalfvecOID, SparsevecOID, Int8vecOID:
		return vectorTypeOf(t.OID).coerce(d, t.Mod)
	case BitOID, VarbitOID:
		return coerceBits(t, d, explicit)
	case TimeOID:
		return Int(roundTo(d.Int(), t.Mod)), nil
	case TimetzOID:
		us, zone := timetzOf(d)
		return makeTimetz(roundTo(us, t.Mod), zone), nil
	case TimestampOID, TimestamptzOID:
		v := d.Int()
		if IsInfinite(t.OID, v) || t.Mod >= 6 {
			return d, nil
		}
		return Int(roundTo(v, t.Mod)), nil // also beyond the last timestamp, as in PostgreSQL
	case IntervalOID:
		return MakeInterval(coerceInterval(IntervalOf(d), t.Mod)), nil
	}
	if info := byOID(t.OID); info != nil && info.IsArray && hasTypmod(info.Elem) {
		return mapArray(d, info.Elem, func(v Datum) (Datum, error) {
			return ApplyTypmod(T{info.Elem, t.Mod}, v, explicit)
		})
	}
	return d, nil
}

func hasTypmod(oid OID) bool {
	info := byOID(oid)
	return info != nil && info.ModIn != "-" && info.ModIn != ""
}

// mapArray is d with every element that is not NULL replaced, as an array of
// elem with the same dimensions.
func mapArray(d Datum, elem OID, each func(Datum) (Datum, error)) (Datum, error) {
	if ArrayLen(d) == 0 { // an empty vector has a dimension nevertheless
		return Bytes(appendArrayHeader(nil, elem, false, ArrayDims(nil, d))), nil
	}
	var ab ArrayBuilder
	ab.Reset(elem)
	for it := NewArrayIter(d); ; {
		v, ok := it.Next()
		if !ok {
			break
		}
		if !v.null {
			var err error
			if v, err = each(v); err != nil {
				return Datum{}, err
			}
		}
		ab.Append(v)
	}
	return ab.Shaped(ArrayDims(nil, d))
}

// cutAt is the byte offset of character n, len(b) if there are not that many.
func cutAt(b []byte, n int) (at, chars int) {
	for at < len(b) && chars < n {
		if b[at] < utf8.RuneSelf {
			at++
		} else {
			_, size := utf8.DecodeRune(b[at:])
			at += size
		}
		chars++
	}
	return at, chars
}

func tooLong(typ string, n int) error {
	return pgerr.Newf(pgerrcode.StringDataRightTruncationDataException, "value too long for type %s(%d)", typ, n)
}

func coerceVarchar(d Datum, n int, explicit bool) (Datum, error) {
	if n < 0 || len(d.ref) <= n {
		return d, nil
	}
	at, _ := cutAt(d.ref, n)
	if !explicit && len(trimBlanks(d.ref[at:])) > 0 {
		return Datum{}, tooLong("character varying", n)
	}
	return Bytes(d.ref[:at:at]), nil
}

func coerceBpchar(d Datum, n int, explicit bool) (Datum, error) {
	if n < 0 {
		return d, nil
	}
	at, chars := cutAt(d.ref, n)
	if at < len(d.ref) {
		if !explicit && len(trimBlanks(d.ref[at:])) > 0 {
			return Datum{}, tooLong("character", n)
		}
		return Bytes(d.ref[:at:at]), nil
	}
	if chars == n {
		return d, nil
	}
	out := append(make([]byte, 0, at+n-chars), d.ref...)
	for ; chars < n; chars++ {
		out = append(out, ' ')
	}
	return Bytes(out), nil
}

// numericMod splits numeric's modifier; the scale is signed (PostgreSQL 15).
func numericMod(mod int32) (precision, scale int) {
	m := mod - varHdr
	return int(m>>16) & 0xffff, int(m&0x7ff^1024) - 1024
}

func coerceNumeric(d Datum, mod int32) (Datum, error) {
	if mod < varHdr || NumericIsNaN(d) {
		return d, nil
	}
	precision, scale := numericMod(mod)
	if NumericIsInf(d) != 0 {
		return Datum{}, fieldOverflow("A field with precision %d, scale %d cannot hold an infinite value.", precision, scale)
	}
	if numScale(d.ref) == scale && 4*(numWeight(d.ref)+1) <= precision-scale {
		return d, nil // fits as it is: the usual case
	}
	x := decOf(d.ref).round(scale)
	if scale < 0 {
		x.scale = 0
	}
	if digits := decimalLen(x); digits > 0 && digits-x.scale > precision-scale {
		if precision == scale {
			return Datum{}, fieldOverflow("A field with precision %d, scale %d must round to an absolute value less than %s%d.", precision, scale, "", 1)
		}
		return Datum{}, fieldOverflow("A field with precision %d, scale %d must round to an absolute value less than %s%d.", precision, scale, "10^", precision-scale)
	}
	return x.datum()
}

// decimalLen is the number of digits of the coefficient, 0 for zero.
func decimalLen(x dec) int {
	if x.isZero() {
		return 0
	}
	if x.wide == nil {
		n := 1
		for n < len(pow10u) && x.small >= pow10u[n] {
			n++
		}
		return n
	}
	return len(new(big.Int).Abs(x.wide).Text(10))
}

func fieldOverflow(detail string, args ...any) error {
	return pgerr.New(pgerrcode.NumericValueOutOfRange, "numeric field overflow").WithDetail(detail, args...)
}

// roundTo rounds µs to p decimals of a second, halves away from zero.
func roundTo(us int64, p int32) int64 {
	if p < 0 || p >= 6 {
		return us
	}
	unit := int64(pow10u[6-p])
	if us < 0 {
		return -((-us + unit/2) / unit * unit)
	}
	return (us + unit/2) / unit * unit
}

// Interval modifiers: the field range in the high half, the precision in the low.
const (
	ivMonth  = 1 << 1
	ivYear   = 1 << 2
	ivDay    = 1 << 3
	ivHour   = 1 << 10
	ivMinute = 1 << 11
	ivSecond = 1 << 12

	ivFullRange     = 0x7fff
	ivFullPrecision = 0xffff
)

func intervalMod(mod int32) (fields, precision int) {
	if mod < 0 {
		return ivFullRange, ivFullPrecision
	}
	return int(mod>>16) & 0x7fff, int(mod & 0xffff)
}

// coerceInterval drops the fields below the declared range and rounds seconds.
func coerceInterval(iv Interval, mod int32) Interval {
	fields, precision := intervalMod(mod)
	switch {
	case fields == ivFullRange || fields&ivSecond != 0:
	case fields&ivMinute != 0:
		iv.Micros -= iv.Micros % usPerMin
	case fields&ivHour != 0:
		iv.Micros -= iv.Micros % usPerHour
	case fields&ivDay != 0:
		iv.Micros = 0
	case fields&ivMonth != 0:
		iv.Micros, iv.Days = 0, 0
	case fields&ivYear != 0:
		iv.Micros, iv.Days = 0, 0
		iv.Months -= iv.Months % 12
	}
	if precision != ivFullPrecision {
		iv.Micros = roundTo(iv.Micros, int32(precision))
	}
	return iv
}

// DecimalOf is the type numeric(precision, scale).
func DecimalOf(precision, scale int) T {
	return T{OID: NumericOID, Mod: int32(precision)<<16 | int32(scale)&0x7ff + varHdr}
}

// DecimalDigits are the precision and scale of a type numeric that has them.
func DecimalDigits(t T) (precision, scale int, limited bool) {
	if t.OID != NumericOID || t.Mod < varHdr {
		return 0, 0, false
	}
	precision, scale = numericMod(t.Mod)
	return precision, scale, true
}

// NumericDigits is how many digits a finite numeric has before the point.
func NumericDigits(d Datum) int {
	x := decOf(d.ref)
	return max(decimalLen(x)-x.scale, 0)
}
