package partition

import (
	"testing"

	"github.com/loxodb/loxodb/sql/types"
)

// The numbers are PostgreSQL's: hashint4extended and its kin with the seed 8816678312871386365.
func TestHashIsPostgreSQLs(t *testing.T) {
	for _, c := range []struct {
		t    types.OID
		d    types.Datum
		want int64
	}{
		{types.Int4OID, types.Int(1), 5968994663651403477},
		{types.Int8OID, types.Int(1), 5968994663651403477},
		{types.Int8OID, types.Int(-5), 5466844944386338076},
		{types.TextOID, types.Bytes([]byte("hello world, this is")), 6722200984523348014},
		{types.TextOID, types.Bytes([]byte("abcdefghij")), -8306284229451770207},
	} {
		if got := int64(hashValue(types.Of(c.t), c.d)); got != c.want {
			t.Errorf("hash of %v = %d, want %d", c.d, got, c.want)
		}
	}
}
