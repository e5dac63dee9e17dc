package builtin

import (
	"bytes"
	"cmp"
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// relation is one of the six comparisons.
type relation uint8

const (
	eq relation = iota
	ne
	lt
	le
	gt
	ge
)

var relationSuffix = [...]string{"eq", "ne", "lt", "le", "gt", "ge"}

// holds says what a three-way comparison means for the relation.
func (r relation) holds(c int) bool {
	switch r {
	case eq:
		return c == 0
	case ne:
		return c != 0
	case lt:
		return c < 0
	case le:
		return c <= 0
	case gt:
		return c > 0
	}
	return c >= 0
}

// compareFuncs registers = <> < <= > >= for every type, and the larger, smaller
// and btree support functions.
func compareFuncs(r *registrar) {
	each := func(prefix string, k func(relation) Kernel) {
		for rel, suffix := range relationSuffix {
			r.kernel(prefix+suffix, k(relation(rel)))
		}
	}
	for _, p := range []string{
		"int2", "int4", "int8", "int24", "int42", "int28", "int82", "int48", "int84", "oid", "char", "bool",
		"date_", "time_", "timestamp_", "cash_", "enum_",
	} {
		each(p, compareInts)
	}
	for _, p := range []string{"float4", "float8", "float48", "float84"} {
		each(p, compareFloats)
	}
	for _, p := range []string{"name", "bytea", "uuid_"} {
		each(p, compareBytes)
	}
	r.kernel("texteq", compareBytes(eq))
	r.kernel("textne", compareBytes(ne))
	for rel := lt; rel <= ge; rel++ {
		r.kernel("text_"+relationSuffix[rel], compareBytes(rel))
		r.kernel("text_pattern_"+relationSuffix[rel], compareBytes(rel))
		r.kernel("bpchar_pattern_"+relationSuffix[rel], compareBpchar(rel))
	}
	for rel, s := range relationSuffix {
		r.kernel("name"+s+"text", compareBytes(relation(rel)))
		r.kernel("text"+s+"name", compareBytes(relation(rel)))
	}
	each("bpchar", compareBpchar)
	for _, p := range []string{"numeric_", "interval_", "timetz_", "jsonb_", "bit", "oidvector", "tid"} {
		each(p, compareAny)
	}
	each("array_", compareArrays)
	each("record_", compareRecords)
	r.kernel("xideq", compareXids(eq))
	r.kernel("xidneq", compareXids(ne))
	r.kernel("cideq", compareXids(eq))
	r.kernel("aclitem_eq", compareBytes(eq))
	crossDates(r)
	r.eval("btrecordcmp", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if err := sameColumns(a[0], a[1], true); err != nil {
			return types.Datum{}, err
		}
		return threeWay(c, a)
	})
	r.eval("numeric_cmp", threeWay)
	byteDistances(r)
	typmodFuncs(r)
	for _, p := range []string{
		"btint4cmp", "btint8cmp", "btoidcmp", "btboolcmp", "btfloat4cmp", "btfloat8cmp", "date_cmp", "time_cmp", "timestamp_cmp",
		"cash_cmp", "interval_cmp", "timetz_cmp", "jsonb_cmp",
		"btoidvectorcmp", "bttidcmp", "enum_cmp",
	} {
		r.eval(p, threeWay)
	}
	for _, p := range []string{
		"int2", "int4", "int8", "oid", "float4", "float8", "date_", "time_", "timestamp_", "cash", "interval_",
		"timetz_", "numeric_", "text_", "bpchar_", "tid", "enum_",
	} {
		r.eval(p+"larger", larger)
		r.eval(p+"smaller", smaller)
	}
	r.eval("btarraycmp", ordersElements(threeWay))
	r.eval("array_larger", ordersElements(larger))
	r.eval("array_smaller", ordersElements(smaller))
}

// compareRecords compares rows, which must have columns of the same types.
func compareRecords(rel relation) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		for _, i := range sel {
			a, b := args[0].Datum(int(i)), args[1].Datum(int(i))
			if err := sameColumns(a, b, rel != eq && rel != ne); err != nil {
				return err
			}
			out.I[i] = bit(rel.holds(types.Compare(args[0].T, a, b)))
		}
		return nil
	}
}

// sameColumns refuses rows that cannot be compared, or not ordered; what differs behind
// the first columns that are not equal does not matter.
func sameColumns(a, b types.Datum, ordered bool) error {
	ia, ib := types.NewRecordIter(a), types.NewRecordIter(b)
	for n := 1; ; n++ {
		ta, va, oka := ia.Next()
		tb, vb, okb := ib.Next()
		switch {
		case !oka && !okb:
			return nil
		case oka != okb:
			return pgerr.New(pgerrcode.DatatypeMismatch, "cannot compare record types with different numbers of columns")
		case ta.OID != tb.OID:
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d",
				TypeName(ta.OID), TypeName(tb.OID), n)
		case ordered && !HasOrder(ta.OID):
			return pgerr.Newf(pgerrcode.UndefinedFunction, "could not identify a comparison function for type %s", TypeName(ta.OID))
		case !ordered && !HasEquality(ta.OID):
			return pgerr.Newf(pgerrcode.UndefinedFunction, "could not identify an equality operator for type %s", TypeName(ta.OID))
		case va.IsNull() != vb.IsNull() || !va.IsNull() && types.Compare(ta, va, vb) != 0:
			return nil
		}
	}
}

// threeWay is the btree support function of any type.
func threeWay(c *Ctx, a []types.Datum) (types.Datum, error) {
	return types.Int(int64(types.Compare(c.argT(0), a[0], a[1]))), nil
}

func larger(c *Ctx, a []types.Datum) (types.Datum, error) {
	if types.Compare(c.argT(0), a[0], a[1]) > 0 {
		return a[0], nil
	}
	return a[1], nil
}

func smaller(c *Ctx, a []types.Datum) (types.Datum, error) {
	if types.Compare(c.argT(0), a[0], a[1]) < 0 {
		return a[0], nil
	}
	return a[1], nil
}

// compareInts has a loop of its own for each relation: filters spend their time here.
func compareInts(rel relation) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].I, args[1].I, out.I
		switch rel {
		case eq:
			for _, i := range sel {
				o[i] = bit(x[i] == y[i])
			}
		case ne:
			for _, i := range sel {
				o[i] = bit(x[i] != y[i])
			}
		case lt:
			for _, i := range sel {
				o[i] = bit(x[i] < y[i])
			}
		case le:
			for _, i := range sel {
				o[i] = bit(x[i] <= y[i])
			}
		case gt:
			for _, i := range sel {
				o[i] = bit(x[i] > y[i])
			}
		default:
			for _, i := range sel {
				o[i] = bit(x[i] >= y[i])
			}
		}
		return nil
	}
}

// bit compiles to a conditional move.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// compareFloats orders NaN above everything and equal to itself.
func compareFloats(rel relation) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].F, args[1].F, out.I
		switch rel {
		case lt, ge: // x < y or y is NaN and x is not
			flip := bit(rel == ge)
			for _, i := range sel {
				o[i] = bit(x[i] < y[i] || y[i] != y[i] && x[i] == x[i]) ^ flip
			}
		case gt, le:
			flip := bit(rel == le)
			for _, i := range sel {
				o[i] = bit(x[i] > y[i] || x[i] != x[i] && y[i] == y[i]) ^ flip
			}
		default:
			flip := bit(rel == ne)
			for _, i := range sel {
				o[i] = bit(x[i] == y[i] || x[i] != x[i] && y[i] != y[i]) ^ flip
			}
		}
		return nil
	}
}

// compareBytes is the C collation and the order of bytea, name and uuid.
func compareBytes(rel relation) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].B, args[1].B, out.I
		if rel == eq || rel == ne {
			flip := bit(rel == ne)
			for _, i := range sel {
				o[i] = bit(bytes.Equal(x[i], y[i])) ^ flip
			}
			return nil
		}
		for _, i := range sel {
			o[i] = bit(rel.holds(bytes.Compare(x[i], y[i])))
		}
		return nil
	}
}

// compareBpchar ignores trailing blanks.
func compareBpchar(rel relation) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].B, args[1].B, out.I
		for _, i := range sel {
			o[i] = bit(rel.holds(bytes.Compare(trimBlanks(x[i]), trimBlanks(y[i]))))
		}
		return nil
	}
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// compareAny compares by the type of the arguments.
func compareAny(rel relation) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		t, o := args[0].T, out.I
		for _, i := range sel {
			o[i] = bit(rel.holds(types.Compare(t, args[0].Datum(int(i)), args[1].Datum(int(i)))))
		}
		return nil
	}
}

// compareXids compares 32-bit identifiers; an int4 argument is taken as unsigned.
func compareXids(rel relation) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].I, args[1].I, out.I
		for _, i := range sel {
			o[i] = bit(rel.holds(cmp.Compare(uint32(x[i]), uint32(y[i]))))
		}
		return nil
	}
}

// crossDates registers the comparisons between date, timestamp and timestamptz.
func crossDates(r *registrar) {
	kinds := []struct {
		name string
		oid  types.OID
	}{{"date", types.DateOID}, {"timestamp", types.TimestampOID}, {"timestamptz", types.TimestamptzOID}}
	for _, a := range kinds {
		for _, b := range kinds {
			if a.oid == b.oid {
				continue
			}
			for rel, s := range relationSuffix {
				r.kernel(a.name+"_"+s+"_"+b.name, compareInstants(relation(rel), a.oid, b.oid))
			}
			r.eval(a.name+"_cmp_"+b.name, func(c *Ctx, v []types.Datum) (types.Datum, error) {
				zoned := a.oid == types.TimestamptzOID || b.oid == types.TimestamptzOID
				x, y := instant(c, a.oid, v[0].Int(), zoned), instant(c, b.oid, v[1].Int(), zoned)
				return types.Int(int64(cmp.Compare(x, y))), nil
			})
		}
	}
}

// compareInstants compares points in time of two types: in the session's zone
// when one of them is a timestamptz.
func compareInstants(rel relation, a, b types.OID) Kernel {
	zoned := a == types.TimestamptzOID || b == types.TimestamptzOID
	return func(c *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].I, args[1].I, out.I
		for _, i := range sel {
			o[i] = bit(rel.holds(cmp.Compare(instant(c, a, x[i], zoned), instant(c, b, y[i], zoned))))
		}
		return nil
	}
}

const usPerDay = 86_400_000_000

// instant is a point in time in microseconds; infinities and dates beyond the
// range of timestamps become the extremes.
func instant(c *Ctx, t types.OID, v int64, zoned bool) int64 {
	if t == types.DateOID {
		switch {
		case types.IsInfinite(t, v) && v > 0:
			return math.MaxInt64
		case types.IsInfinite(t, v):
			return math.MinInt64
		case v > math.MaxInt64/usPerDay: // after all timestamps, before infinity
			return math.MaxInt64 - 1
		case v < math.MinInt64/usPerDay:
			return math.MinInt64 + 1
		}
		v *= usPerDay
	}
	if zoned && t != types.TimestamptzOID && !types.IsInfinite(types.TimestampOID, v) {
		return localToUTC(c, v)
	}
	return v
}
