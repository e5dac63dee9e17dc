package builtin

import (
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// sizeFuncs registers pg_size_pretty, pg_size_bytes and sizes of relations.
func sizeFuncs(r *registrar) {
	r.eval("pg_size_pretty", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.String(sizePretty(a[0].Int())), nil
	})
	r.eval("pg_size_pretty_numeric", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, err := numericSizePretty(a[0])
		return types.String(s), err
	})
	r.eval("pg_size_bytes", sizeBytes)
	size := withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		n, ok := s.RelationSize(uint32(a[0].Int()))
		if !ok {
			return null()
		}
		return types.Int(n), nil
	})
	r.evals(size, "pg_relation_size(regclass)", "pg_relation_size", "pg_table_size")
	indexes := func(s Session, id uint32) (n int64) {
		if t, ok := s.Catalog().TableByID(id); ok {
			for _, x := range t.Indexes {
				size, _ := s.RelationSize(x.ID)
				n += size
			}
		}
		return n
	}
	r.eval("pg_indexes_size", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		return types.Int(indexes(s, uint32(a[0].Int()))), nil
	}))
	r.eval("pg_total_relation_size", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		id := uint32(a[0].Int())
		n, ok := s.RelationSize(id)
		if !ok {
			return null()
		}
		return types.Int(n + indexes(s, id)), nil
	}))
	r.eval("pg_database_size_oid", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		x, ok := s.Catalog().DatabaseByID(uint32(a[0].Int()))
		if !ok {
			return null()
		}
		return types.Int(s.DatabaseSize(x.ID)), nil
	}))
	r.eval("pg_database_size_name", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		x, ok := s.Catalog().Database(a[0].Text())
		if !ok {
			return types.Null, pgerr.Newf(pgerrcode.InvalidCatalogName, "database \"%s\" does not exist", a[0].Text())
		}
		return types.Int(s.DatabaseSize(x.ID)), nil
	}))
	databases := withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		var n int64
		for _, x := range s.Catalog().Databases() {
			n += s.DatabaseSize(x.ID)
		}
		return types.Int(n), nil
	})
	r.evals(databases, "pg_tablespace_size_oid", "pg_tablespace_size_name")
	filenode := func(_ *Ctx, a []types.Datum) (types.Datum, error) { return a[0], nil }
	r.eval("pg_relation_filenode", filenode)
}

// sizePretty prints 12 kB and the like: a unit is left when the number in it
// reaches 10240; halves round away from zero.
func sizePretty(v int64) string {
	for i, u := range sizeUnits {
		if i == len(sizeUnits)-1 || v > -u.limit && v < u.limit {
			switch {
			case u.round && v >= 0:
				v = (v + 1) / 2
			case u.round:
				v = (v - 1) / 2
			}
			return strconv.FormatInt(v, 10) + " " + u.name
		}
		v /= 1 << sizeUnits[i].bits()
	}
	return ""
}

// sizeBytes is pg_size_bytes('1.5 GB').
func sizeBytes(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s := strings.TrimSpace(a[0].Text())
	end, ok := sizeNumber(s)
	if !ok {
		return types.Datum{}, badParam("invalid size: \"%s\"", a[0].Text())
	}
	n, err := types.ParseText(types.Of(types.NumericOID), s[:end], types.DefaultFormat)
	if err != nil {
		return types.Datum{}, err
	}
	unit := strings.TrimSpace(s[end:])
	shifts := map[string]int64{"": 0, "bytes": 0, "b": 0, "kb": 10, "mb": 20, "gb": 30, "tb": 40, "pb": 50}
	shift, known := shifts[strings.ToLower(unit)]
	if !known {
		e := badParam("invalid size: \"%s\"", a[0].Text()).WithDetail("Invalid size unit: \"%s\".", unit)
		return types.Datum{}, e.WithHint("Valid units are \"bytes\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".")
	}
	d, err := types.NumericMul(n, types.NumericFromInt(1<<shift))
	if err != nil {
		return d, err
	}
	v, fits := types.NumericToInt64(d)
	if !fits {
		return types.Datum{}, outOfRange("bigint")
	}
	return types.Int(v), nil
}

// sizeNumber is how long the number is that a size begins with; ok is false without one.
func sizeNumber(s string) (end int, ok bool) {
	digits := func() bool {
		from := end
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		return end > from
	}
	if s != "" && (s[0] == '+' || s[0] == '-') {
		end++
	}
	ok = digits()
	if end < len(s) && s[end] == '.' {
		end++
		ok = digits() || ok
	}
	if ok && end < len(s) && s[end]|0x20 == 'e' {
		if _, n := leadingInt(s[end+1:]); n > 0 {
			end += 1 + n
		}
	}
	return end, ok
}

// errNoSuchObject are the SQLSTATEs that to_reg* answer with NULL.
func noSuchObject(err error) bool {
	var e *pgerr.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case pgerrcode.UndefinedTable, pgerrcode.UndefinedObject, pgerrcode.UndefinedFunction, pgerrcode.InvalidSchemaName,
		pgerrcode.AmbiguousFunction:
		return true
	}
	return false
}

// numericSizePretty is pg_size_pretty of a numeric: bytes keep their decimals.
func numericSizePretty(d types.Datum) (string, error) {
	if types.NumericIsNaN(d) || types.NumericIsInf(d) != 0 {
		return string(types.AppendText(nil, types.Of(types.NumericOID), d, types.DefaultFormat)) + " PB", nil
	}
	var err error
	for i, unit := range sizeUnits {
		last := i == len(sizeUnits)-1
		if last || types.NumericCmp(types.NumericAbs(d), types.NumericFromInt(unit.limit)) < 0 {
			if unit.round {
				if d, err = halfRounded(d); err != nil {
					return "", err
				}
			}
			return string(types.AppendText(nil, types.Of(types.NumericOID), d, types.DefaultFormat)) + " " + unit.name, nil
		}
		if d, err = types.NumericDivTrunc(d, types.NumericFromInt(1<<unit.bits())); err != nil {
			return "", err
		}
	}
	return "", nil
}

type sizeUnit struct {
	name  string
	limit int64 // below it the unit is used
	round bool  // the amount has a bit more, for rounding
}

// bits is how many bits an amount loses on the way to the next unit.
func (u sizeUnit) bits() int {
	if u.round {
		return 10
	}
	return 9
}

var sizeUnits = []sizeUnit{
	{"bytes", 10 * 1024, false}, {"kB", 20*1024 - 1, true}, {"MB", 20*1024 - 1, true}, {"GB", 20*1024 - 1, true},
	{"TB", 20*1024 - 1, true}, {"PB", 20*1024 - 1, true},
}

// halfRounded is half of a whole number, rounded away from zero.
func halfRounded(d types.Datum) (types.Datum, error) {
	one := types.NumericFromInt(1)
	if types.NumericSign(d) < 0 {
		one = types.NumericFromInt(-1)
	}
	sum, err := types.NumericAdd(d, one)
	if err != nil {
		return sum, err
	}
	return types.NumericDivTrunc(sum, types.NumericFromInt(2))
}
