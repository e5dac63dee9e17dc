package builtin

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// sampleBlock is how many neighbouring rows TABLESAMPLE SYSTEM takes together.
const sampleBlock = 64

// sampleFuncs are the conditions behind TABLESAMPLE, by method: what a row's number,
// the percentage and the seed make of the row. They are in no catalog. Without
// REPEATABLE the seed differs between statements.
var sampleFuncs = map[string][2]*Func{
	"bernoulli": {sampleFunc("bernoulli", 1, false), sampleFunc("bernoulli", 1, true)},
	"system":    {sampleFunc("system", sampleBlock, false), sampleFunc("system", sampleBlock, true)},
}

// SampleFunc is the condition of a sampling method over (row number, percentage as
// float4, seed as float8), nil for an unknown method.
func SampleFunc(method string, repeatable bool) *Func {
	if repeatable {
		return sampleFuncs[method][1]
	}
	return sampleFuncs[method][0]
}

func sampleFunc(name string, block int64, repeatable bool) *Func {
	f := &Func{Schema: "pg_catalog", Name: name, Args: []types.OID{types.Int8OID, types.Float4OID, types.Float8OID}, Ret: types.BoolOID,
		Volatility: Stable, Kind: 'f', Src: name}
	f.Eval = func(c *Ctx, a []types.Datum) (types.Datum, error) {
		switch percent := a[1].Float(); {
		case a[1].IsNull():
			return types.Null, pgerr.New(pgerrcode.InvalidTablesampleArgument, "TABLESAMPLE parameter cannot be null")
		case !(percent >= 0 && percent <= 100):
			return types.Null, pgerr.New(pgerrcode.InvalidTablesampleArgument, "sample percentage must be between 0 and 100")
		case a[2].IsNull():
			return types.Null, pgerr.New(pgerrcode.InvalidTablesampleRepeat, "TABLESAMPLE REPEATABLE parameter cannot be null")
		}
		seed := math.Float64bits(a[2].Float())
		if !repeatable {
			seed = sampleMix(seed ^ uint64(c.StmtTime.UnixNano()))
		}
		share := float64(sampleMix(seed^sampleMix(uint64(a[0].Int()/block)))>>11) / (1 << 53)
		return types.Bool(share*100 < a[1].Float()), nil
	}
	return f
}

// sampleMix scatters the bits of a number (splitmix64's finalizer).
func sampleMix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
