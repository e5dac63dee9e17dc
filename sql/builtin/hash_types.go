package builtin

import (
	"strings"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/typehash"
	"github.com/loxodb/loxodb/sql/types"
)

// typeHashFuncs registers the hash functions of the types with PostgreSQL's values.
// The plain one is the low half of the extended one with seed 0, for all of them.
func typeHashFuncs(r *registrar) {
	plain := func(c *Ctx, a []types.Datum) (types.Datum, error) {
		h, err := typehash.Value(c.argT(0), a[0], 0)
		return types.Int(int64(int32(h))), err
	}
	extended := func(c *Ctx, a []types.Datum) (types.Datum, error) {
		t := c.argT(0)
		if t.OID == types.RecordArrayOID {
			return types.Datum{}, noFunction("an extended hash", types.RecordOID)
		}
		h, err := typehash.Value(t, a[0], uint64(a[1].Int()))
		if pe, ok := pgerr.As(err); ok {
			own := *pe
			own.Message = strings.Replace(own.Message, "identify a hash", "identify an extended hash", 1)
			err = &own
		}
		return types.Int(int64(h)), err
	}
	for _, k := range []string{"hashint2", "hashint4", "hashint8", "hashoid", "hashname"} {
		r.eval(k+"extended", extended) // the plain ones are kernels, see hash.go
	}
	for _, k := range []string{"hashchar", "hashfloat4", "hashfloat8", "hashbpchar", "hashoidvector", "hashtid", "hashinet", "hashmacaddr", "hashmacaddr8",
		"hashenum"} {
		r.eval(k, plain)
		r.eval(k+"extended", extended)
	}
	for _, k := range []string{
		"hash_numeric", "hash_array", "hash_record", "time_hash", "timetz_hash", "timestamp_hash", "interval_hash",
		"uuid_hash", "jsonb_hash", "pg_lsn_hash", "hash_range", "hash_multirange",
	} {
		r.eval(k, plain)
		r.eval(k+"_extended", extended)
	}
}
