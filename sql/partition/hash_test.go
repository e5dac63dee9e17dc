package partition

import (
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
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
		if got := int64(hashValue(&catalog.PartitionKey{Type: types.Of(c.t)}, c.d)); got != c.want {
			t.Errorf("hash of %v = %d, want %d", c.d, got, c.want)
		}
	}
}

// Rows of a table that was divided before keys said how they are hashed stay where they are.
func TestHashOfOlderTables(t *testing.T) {
	d, err := types.ParseText(types.Of(types.NumericOID), "1.5", nil)
	if err != nil {
		t.Fatal(err)
	}
	k := catalog.PartitionKey{Type: types.Of(types.NumericOID)}
	const older, own = 2689252444150869190, 1234047083305210387
	if got := int64(hashValue(&k, d)); got != older {
		t.Errorf("an older table's hash of 1.5 = %d, want %d", got, older)
	}
	k.ByType = true
	if got := int64(hashValue(&k, d)); got != own {
		t.Errorf("hash of 1.5 = %d, want %d", got, own)
	}
}
