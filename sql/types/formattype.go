package types

import (
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// sqlNames are the types that format_type shows under their SQL name.
var sqlNames = map[OID]string{
	BoolOID: "boolean", CharOID: "\"char\"", Int8OID: "bigint", Int2OID: "smallint", Int4OID: "integer",
	Float4OID: "real", Float8OID: "double precision", BpcharOID: "character", VarcharOID: "character varying",
	TimeOID: "time without time zone", TimetzOID: "time with time zone", TimestampOID: "timestamp without time zone",
	TimestamptzOID: "timestamp with time zone", VarbitOID: "bit varying", BitOID: "bit",
	AnyOID: "\"any\"",
}

// TypeName is format_type_be: the display name without a modifier, as error
// messages show it ("character varying", "integer[]"). Unknown types are "???".
func TypeName(oid OID) string {
	info := byOID(oid)
	if info == nil {
		return "???"
	}
	if info.In == "array_in" { // record[] is one but for its category
		return TypeName(info.Elem) + "[]"
	}
	if info.Shown != "" {
		return info.Shown
	}
	if name, ok := sqlNames[oid]; ok {
		return name
	}
	return info.Name
}

// FormatType is format_type(oid, typmod): "character varying(10)", "numeric(8,2)",
// "timestamp(3) with time zone", "integer[]", "vector(3)". bpchar and bit without
// a modifier are shown as "bpchar" and "\"bit\"", which the SQL names would not be.
func FormatType(t T) string {
	info := byOID(t.OID)
	if info == nil {
		return "???"
	}
	if info.IsArray {
		return FormatType(T{info.Elem, t.Mod}) + "[]"
	}
	if t.Mod < 0 {
		switch t.OID {
		case BpcharOID:
			return "bpchar"
		case BitOID:
			return "\"bit\""
		}
		return TypeName(t.OID)
	}
	mod := TypmodOut(t)
	switch t.OID {
	case BoolOID, Int2OID, Int4OID, Int8OID, Float4OID, Float8OID: // which SQL names without one
		return TypeName(t.OID)
	case TimeOID, TimestampOID:
		return info.Name + mod
	case TimetzOID:
		return "time" + mod
	case TimestamptzOID:
		return "timestamp" + mod
	}
	return TypeName(t.OID) + mod
}

// TypmodOut is typmodout: the modifier as it follows the type's name, "" for none.
func TypmodOut(t T) string {
	if t.Mod < 0 {
		return ""
	}
	if info := byOID(t.OID); info != nil && info.IsArray {
		return TypmodOut(T{info.Elem, t.Mod})
	}
	paren := func(n int) string { return "(" + strconv.Itoa(n) + ")" }
	switch t.OID {
	case VarcharOID, BpcharOID:
		if t.Mod > varHdr {
			return paren(int(t.Mod) - varHdr)
		}
		return ""
	case NumericOID:
		if t.Mod < varHdr {
			return ""
		}
		p, s := numericMod(t.Mod)
		return "(" + strconv.Itoa(p) + "," + strconv.Itoa(s) + ")"
	case TimeOID, TimestampOID:
		return paren(int(t.Mod)) + " without time zone"
	case TimetzOID, TimestamptzOID:
		return paren(int(t.Mod)) + " with time zone"
	case IntervalOID:
		fields, precision := intervalMod(t.Mod)
		out := intervalFieldNames[fields]
		if precision != ivFullPrecision {
			out += paren(precision)
		}
		return out
	}
	return paren(int(t.Mod))
}

var intervalFieldNames = map[int]string{
	ivYear: " year", ivMonth: " month", ivDay: " day", ivHour: " hour", ivMinute: " minute", ivSecond: " second",
	ivYear | ivMonth: " year to month", ivDay | ivHour: " day to hour", ivDay | ivHour | ivMinute: " day to minute",
	ivDay | ivHour | ivMinute | ivSecond: " day to second", ivHour | ivMinute: " hour to minute",
	ivHour | ivMinute | ivSecond: " hour to second", ivMinute | ivSecond: " minute to second", ivFullRange: "",
}

// IntervalFields reports that a modifier's fields are some that an interval can be
// restricted to.
func IntervalFields(mod int32) bool {
	fields, _ := intervalMod(mod)
	_, ok := intervalFieldNames[fields]
	return ok
}

func badTypmod() error {
	return pgerr.New(pgerrcode.InvalidParameterValue, "invalid type modifier")
}

// TypmodIn is typmodin: the modifier for the arguments in parentheses after a
// type's name. For interval the first argument is the field mask (as the SQL
// grammar passes it, see IntervalFields) and the second the precision. Errors
// are 22023, 42601 for types that take no modifier. Array types take their
// element's.
func TypmodIn(oid OID, args []int32) (int32, error) {
	info := byOID(oid)
	if info != nil && info.IsArray {
		oid = info.Elem
		info = byOID(oid)
	}
	switch oid {
	case VarcharOID:
		return lengthMod("varchar", args, 10485760, varHdr)
	case BpcharOID:
		return lengthMod("char", args, 10485760, varHdr)
	case BitOID:
		return lengthMod("bit", args, 83886080, 0)
	case VarbitOID:
		return lengthMod("varbit", args, 83886080, 0)
	case VectorOID, HalfvecOID, SparsevecOID, Int8vecOID:
		return vectorTypeOf(oid).vectorMod(args)
	case NumericOID:
		return numericModIn(args)
	case TimeOID, TimetzOID, TimestampOID, TimestamptzOID:
		return timeMod(oid, args)
	case IntervalOID:
		return intervalModIn(args)
	}
	if info == nil {
		return -1, unknownType(oid)
	}
	return -1, pgerr.Newf(pgerrcode.SyntaxError, "type modifier is not allowed for type \"%s\"", info.Name)
}

// TakesMods reports types, not arrays, that a modifier can be written for.
func TakesMods(oid OID) bool {
	switch oid {
	case VarcharOID, BpcharOID, BitOID, VarbitOID, NumericOID, IntervalOID, VectorOID, HalfvecOID, SparsevecOID, Int8vecOID:
		return true
	}
	_, _, timed := TimeMod(oid)
	return timed
}

func lengthMod(name string, args []int32, most, hdr int32) (int32, error) {
	if len(args) != 1 {
		return -1, badTypmod()
	}
	if args[0] < 1 {
		return -1, pgerr.Newf(pgerrcode.InvalidParameterValue, "length for type %s must be at least 1", name)
	}
	if args[0] > most {
		return -1, pgerr.Newf(pgerrcode.InvalidParameterValue, "length for type %s cannot exceed %d", name, most)
	}
	return args[0] + hdr, nil
}

func numericModIn(args []int32) (int32, error) {
	var scale int32
	switch len(args) {
	case 1:
	case 2:
		scale = args[1]
	default:
		return -1, pgerr.New(pgerrcode.InvalidParameterValue, "invalid NUMERIC type modifier")
	}
	if args[0] < 1 || args[0] > 1000 {
		return -1, pgerr.Newf(pgerrcode.InvalidParameterValue, "NUMERIC precision %d must be between 1 and 1000", args[0])
	}
	if scale < -1000 || scale > 1000 {
		return -1, pgerr.Newf(pgerrcode.InvalidParameterValue, "NUMERIC scale %d must be between -1000 and 1000", scale)
	}
	return args[0]<<16 | scale&0x7ff + varHdr, nil
}

// MaxPrecision is how many digits of a second times have at most.
const MaxPrecision = 6

// TimeMod is how messages about a precision name a type of date and time.
func TimeMod(oid OID) (name, zone string, ok bool) {
	switch oid {
	case TimeOID:
		return "TIME", "", true
	case TimetzOID:
		return "TIME", " WITH TIME ZONE", true
	case TimestampOID:
		return "TIMESTAMP", "", true
	case TimestamptzOID:
		return "TIMESTAMP", " WITH TIME ZONE", true
	}
	return "", "", false
}

// timeMod bounds the precision to what times have.
func timeMod(oid OID, args []int32) (int32, error) {
	if len(args) != 1 {
		return -1, badTypmod()
	}
	if args[0] < 0 {
		name, zone, _ := TimeMod(oid)
		return -1, pgerr.Newf(pgerrcode.InvalidParameterValue, "%s(%d)%s precision must not be negative", name, args[0], zone)
	}
	return min(args[0], MaxPrecision), nil
}

func intervalModIn(args []int32) (int32, error) {
	if len(args) == 0 || len(args) > 2 {
		return -1, pgerr.New(pgerrcode.InvalidParameterValue, "invalid INTERVAL type modifier")
	}
	if _, ok := intervalFieldNames[int(args[0])]; !ok {
		return -1, pgerr.New(pgerrcode.InvalidParameterValue, "invalid INTERVAL type modifier")
	}
	if len(args) == 1 {
		if args[0] == ivFullRange {
			return -1, nil
		}
		return args[0]<<16 | ivFullPrecision, nil
	}
	if args[1] < 0 {
		return -1, pgerr.Newf(pgerrcode.InvalidParameterValue, "INTERVAL(%d) precision must not be negative", args[1])
	}
	return args[0]<<16 | min(args[1], MaxPrecision), nil
}
