package builtin

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// AnyValue is the aggregate mysql.any_value: the value of a group's first row, NULL or not.
// MySQL takes such a one for columns that are no functions of the groups, where its mode
// ONLY_FULL_GROUP_BY is off.
var AnyValue = &Func{Schema: MySQLSchema, Name: "any_value", Src: "mysql_any_value", Args: []types.OID{types.AnyElementOID},
	Ret: types.AnyElementOID, Kind: 'a', AggKind: 'n', Volatility: Immutable, Agg: func([]types.T) Agg { return &anyValueAgg{} }}

type anyValueAgg struct {
	have, null []bool
	val        []types.Datum
	size       int64
}

func (a *anyValueAgg) Grow(n int) {
	a.have, a.null, a.val = grow(a.have, n), grow(a.null, n), grow(a.val, n)
}

func (a *anyValueAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	col := args[0]
	for _, i := range sel {
		g := groups[i]
		if a.have[g] {
			continue
		}
		if a.have[g], a.null[g] = true, col.Null[i]; col.Null[i] {
			continue
		}
		d := col.Datum(int(i))
		if b := d.Bytes(); b != nil {
			d = types.Bytes(append(make([]byte, 0, len(b)), b...))
			a.size += int64(len(b))
		}
		a.val[g] = d
	}
	return nil
}

func (a *anyValueAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if !a.have[g] || a.null[g] {
		return null()
	}
	return a.val[g], nil
}

func (a *anyValueAgg) Bytes() int64 { return a.size }
