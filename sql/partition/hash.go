package partition

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/typehash"
	"github.com/loxodb/loxodb/sql/types"
)

// Rows are hashed as PostgreSQL hashes them, so that what pg_dump wrote of a partition
// fits into the partition of the same modulus and remainder: each value with a seed, to 64 bits.

const hashSeed = 0x7A5B22367996DCFD

// Hash is the hash of a row's key; NULLs do not count.
func Hash(keys []catalog.PartitionKey, key []types.Datum) uint64 {
	h := uint64(0)
	for i, d := range key {
		if !d.IsNull() {
			h = combine(h, hashValue(&keys[i], d))
		}
	}
	return h
}

func combine(a, b uint64) uint64 {
	a ^= b + 0x49a0f4dd15e5a8e3 + a<<54 + a>>7
	return a
}

// hashValue hashes by the type's own function, or by the bytes of the value's key where the
// table was divided so.
func hashValue(k *catalog.PartitionKey, d types.Datum) uint64 {
	t := k.KeyType()
	if k.ByType || ownFunction(t.OID) {
		if h, err := typehash.Value(t, d, hashSeed); err == nil {
			return h
		}
	}
	return typehash.Bytes(types.AppendKey(nil, t, d, false), hashSeed)
}

// ownFunction reports the types that were hashed by their own functions already when tables
// did not say so of their keys (catalog.PartitionKey, ByType).
func ownFunction(t types.OID) bool {
	switch t {
	case types.Int2OID, types.Int4OID, types.Int8OID, types.OidOID, types.BoolOID, types.CharOID, types.DateOID,
		types.TimestampOID, types.TimestamptzOID, types.TimeOID, types.Float4OID, types.Float8OID,
		types.TextOID, types.VarcharOID, types.NameOID, types.ByteaOID, types.UUIDOID, types.BpcharOID:
		return true
	}
	return false
}
