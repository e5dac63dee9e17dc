package builtin

import (
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// counterFuncs registers xid8 and pg_lsn (chapters 8.20 and 9.27).
func counterFuncs(r *registrar) {
	for rel, suffix := range relationSuffix {
		r.kernel("xid8"+suffix, compareBytes(relation(rel)))
		r.kernel("pg_lsn_"+suffix, compareBytes(relation(rel)))
	}
	r.evals(threeWay, "xid8cmp", "pg_lsn_cmp")
	r.evals(larger, "xid8_larger", "pg_lsn_larger")
	r.evals(smaller, "xid8_smaller", "pg_lsn_smaller")
	r.eval("xid8toxid", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(uint32(types.Uint64Of(a[0])))), nil
	})
	r.evals(lsnDifference, "pg_lsn_mi", "pg_wal_lsn_diff")
	r.eval("numeric_pg_lsn", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return lsnFromNumeric(a[0]) })
	r.eval("pg_lsn_pli", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return moveLSN(a[0], a[1], "cannot add NaN to pg_lsn", types.NumericAdd)
	})
	r.eval("numeric_pl_pg_lsn(numeric,pg_lsn)", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return moveLSN(a[1], a[0], "cannot add NaN to pg_lsn", types.NumericAdd)
	})
	r.eval("pg_lsn_mii", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return moveLSN(a[0], a[1], "cannot subtract NaN from pg_lsn", types.NumericSub)
	})
}

func numericFromUint64(v uint64) (types.Datum, error) {
	return types.ParseText(types.Of(types.NumericOID), strconv.FormatUint(v, 10), nil)
}

func lsnDifference(_ *Ctx, a []types.Datum) (types.Datum, error) {
	x, err := numericFromUint64(types.Uint64Of(a[0]))
	if err != nil {
		return x, err
	}
	y, err := numericFromUint64(types.Uint64Of(a[1]))
	if err != nil {
		return y, err
	}
	return types.NumericSub(x, y)
}

// moveLSN adds or subtracts a number of bytes.
func moveLSN(lsn, by types.Datum, nan string, f func(x, y types.Datum) (types.Datum, error)) (types.Datum, error) {
	if types.NumericIsNaN(by) {
		return types.Datum{}, pgerr.New(pgerrcode.FeatureNotSupported, nan)
	}
	x, err := numericFromUint64(types.Uint64Of(lsn))
	if err == nil {
		x, err = f(x, by)
	}
	if err != nil {
		return types.Datum{}, err
	}
	return lsnFromNumeric(x)
}

func lsnFromNumeric(d types.Datum) (types.Datum, error) {
	switch {
	case types.NumericIsNaN(d):
		return types.Datum{}, pgerr.New(pgerrcode.FeatureNotSupported, "cannot convert NaN to pg_lsn")
	case types.NumericIsInf(d) != 0:
		return types.Datum{}, pgerr.New(pgerrcode.FeatureNotSupported, "cannot convert infinity to pg_lsn")
	}
	whole, err := types.NumericRound(d, 0)
	if err != nil {
		return types.Datum{}, err
	}
	v, err := strconv.ParseUint(string(types.AppendText(nil, types.Of(types.NumericOID), whole, nil)), 10, 64)
	if err != nil {
		return types.Datum{}, badParam("pg_lsn out of range")
	}
	return types.MakeUint64(v), nil
}
