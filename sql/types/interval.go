package types

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// An interval datum is interval_send's format: int64 µs, int32 days, int32
// months, big-endian.

// Interval is an unpacked interval.
type Interval struct {
	Micros int64
	Days   int32
	Months int32
}

// MakeInterval packs an interval.
func MakeInterval(iv Interval) Datum {
	return Bytes(appendInterval(make([]byte, 0, 16), iv))
}

func appendInterval(dst []byte, iv Interval) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(iv.Micros))
	dst = binary.BigEndian.AppendUint32(dst, uint32(iv.Days))
	return binary.BigEndian.AppendUint32(dst, uint32(iv.Months))
}

// IntervalOf unpacks an interval datum.
func IntervalOf(d Datum) Interval {
	b := d.ref
	if len(b) < 16 {
		return Interval{}
	}
	return Interval{
		Micros: int64(binary.BigEndian.Uint64(b)),
		Days:   int32(binary.BigEndian.Uint32(b[8:])),
		Months: int32(binary.BigEndian.Uint32(b[12:])),
	}
}

// span is the length in µs with months of 30 days and days of 24 hours, as 128
// bits (hi signed): what intervals are compared by.
func (iv Interval) span() (hi int64, lo uint64) {
	days := int64(iv.Months)*30 + int64(iv.Days)
	neg := days < 0
	u := uint64(days)
	if neg {
		u = -u
	}
	h, l := bits.Mul64(u, uint64(usPerDay))
	if neg {
		var borrow uint64
		l, borrow = bits.Sub64(0, l, 0)
		h, _ = bits.Sub64(0, h, borrow)
	}
	l, carry := bits.Add64(l, uint64(iv.Micros), 0)
	ext := uint64(iv.Micros >> 63)
	h, _ = bits.Add64(h, ext, carry)
	return int64(h), l
}

// CompareIntervals orders intervals by their 30-day-month length.
func CompareIntervals(a, b Interval) int {
	ah, al := a.span()
	bh, bl := b.span()
	switch {
	case ah < bh || ah == bh && al < bl:
		return -1
	case ah == bh && al == bl:
		return 0
	}
	return 1
}

func intervalRange() error {
	return pgerr.New(pgerrcode.DatetimeFieldOverflow, "interval out of range")
}

func add32(a, b int32) (int32, bool) {
	c := int64(a) + int64(b)
	return int32(c), c == int64(int32(c))
}

func add64(a, b int64) (int64, bool) {
	c := a + b
	return c, (a^c)&(b^c) >= 0
}

// IntervalAdd is a + b by parts; 22008 on overflow.
func IntervalAdd(a, b Interval) (Interval, error) {
	us, ok1 := add64(a.Micros, b.Micros)
	d, ok2 := add32(a.Days, b.Days)
	m, ok3 := add32(a.Months, b.Months)
	if !ok1 || !ok2 || !ok3 {
		return Interval{}, intervalRange()
	}
	return Interval{us, d, m}, nil
}

// IntervalNeg is −a.
func IntervalNeg(a Interval) (Interval, error) {
	if a.Micros == math.MinInt64 || a.Days == math.MinInt32 || a.Months == math.MinInt32 {
		return Interval{}, intervalRange()
	}
	return Interval{-a.Micros, -a.Days, -a.Months}, nil
}

// IntervalSub is a − b.
func IntervalSub(a, b Interval) (Interval, error) {
	n, err := IntervalNeg(b)
	if err != nil {
		return Interval{}, err
	}
	return IntervalAdd(a, n)
}

// IntervalMul is a·f; fractions of months go to days and of days to time.
func IntervalMul(a Interval, f float64) (Interval, error) { return scaleInterval(a, f, false) }

// IntervalDiv is a/f; 22012 for zero.
func IntervalDiv(a Interval, f float64) (Interval, error) {
	if f == 0 {
		return Interval{}, divisionByZero()
	}
	return scaleInterval(a, f, true)
}

func scaleInterval(a Interval, f float64, div bool) (Interval, error) {
	scale := func(x float64) float64 {
		if div {
			return x / f
		}
		return x * f
	}
	months, days := scale(float64(a.Months)), scale(float64(a.Days))
	if math.IsNaN(months) || math.Abs(months) > math.MaxInt32 || math.IsNaN(days) || math.Abs(days) > math.MaxInt32 {
		return Interval{}, intervalRange()
	}
	r := Interval{Months: int32(months), Days: int32(days)}
	// what the months leave over becomes days, what the days leave over seconds
	monthDays := roundMicro((months - float64(r.Months)) * 30)
	secs := roundMicro((days - float64(r.Days) + monthDays - math.Trunc(monthDays)) * 86400)
	if math.Abs(secs) >= 86400 {
		whole := int32(secs / 86400)
		var ok bool
		if r.Days, ok = add32(r.Days, whole); !ok {
			return Interval{}, intervalRange()
		}
		secs -= float64(whole) * 86400
	}
	var ok bool
	if r.Days, ok = add32(r.Days, int32(monthDays)); !ok {
		return Interval{}, intervalRange()
	}
	us := math.RoundToEven(scale(float64(a.Micros)) + secs*float64(usPerSec))
	if math.IsNaN(us) || us < math.MinInt64 || us >= -math.MinInt64 {
		return Interval{}, intervalRange()
	}
	r.Micros = int64(us)
	return r, nil
}

// roundMicro drops float noise below a microsecond (TSROUND).
func roundMicro(x float64) float64 { return math.RoundToEven(x*1e6) / 1e6 }

// JustifyHours moves whole days out of the time part.
func JustifyHours(a Interval) (Interval, error) {
	whole := a.Micros / usPerDay
	a.Micros -= whole * usPerDay
	d := int64(a.Days) + whole
	if d != int64(int32(d)) {
		return Interval{}, intervalRange()
	}
	a.Days = int32(d)
	if a.Days > 0 && a.Micros < 0 {
		a.Micros += usPerDay
		a.Days--
	} else if a.Days < 0 && a.Micros > 0 {
		a.Micros -= usPerDay
		a.Days++
	}
	return a, nil
}

// JustifyDays moves whole 30-day months out of the days.
func JustifyDays(a Interval) (Interval, error) {
	whole := a.Days / 30
	a.Days -= whole * 30
	var ok bool
	if a.Months, ok = add32(a.Months, whole); !ok {
		return Interval{}, intervalRange()
	}
	if a.Months > 0 && a.Days < 0 {
		a.Days += 30
		a.Months--
	} else if a.Months < 0 && a.Days > 0 {
		a.Days -= 30
		a.Months++
	}
	return a, nil
}

// JustifyInterval is both, with one sign throughout.
func JustifyInterval(a Interval) (Interval, error) {
	whole := a.Micros / usPerDay
	a.Micros -= whole * usPerDay
	d := int64(a.Days) + whole
	months := d / 30
	d -= months * 30
	m := int64(a.Months) + months
	if m != int64(int32(m)) {
		return Interval{}, intervalRange()
	}
	a.Months, a.Days = int32(m), int32(d)
	if a.Months > 0 && (a.Days < 0 || a.Days == 0 && a.Micros < 0) {
		a.Days += 30
		a.Months--
	} else if a.Months < 0 && (a.Days > 0 || a.Days == 0 && a.Micros > 0) {
		a.Days -= 30
		a.Months++
	}
	if a.Days > 0 && a.Micros < 0 {
		a.Micros += usPerDay
		a.Days--
	} else if a.Days < 0 && a.Micros > 0 {
		a.Micros -= usPerDay
		a.Days++
	}
	return a, nil
}
