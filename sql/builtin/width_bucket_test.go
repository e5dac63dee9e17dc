package builtin

import (
	"testing"

	"github.com/loxodb/loxodb/sql/types"
)

// TestWidthBucketRounds: the quotient is rounded as numeric division is, perhaps up to the next bucket.
func TestWidthBucketRounds(t *testing.T) {
	num := func(s string) types.Datum {
		d, err := types.ParseText(types.Of(types.NumericOID), s, types.DefaultFormat)
		if err != nil {
			t.Fatal(err)
		}
		return d.Clone()
	}
	for _, c := range []struct {
		op, lo, hi string
		n, want    int64
	}{
		{"123456.789", "427849438215790669099466628748.6", "0.001", 7, 8},
		{"5", "1", "10", 7, 4}, {"5", "10", "1", 7, 4}, {"2.5", "0", "10", 4, 2}, {"7.5", "10", "0", 4, 2},
		{"0", "1", "10", 7, 0}, {"10", "1", "10", 7, 8},
	} {
		d, err := widthBucketNumeric(nil, []types.Datum{num(c.op), num(c.lo), num(c.hi), types.Int(c.n)})
		if err != nil || d.Int() != c.want {
			t.Errorf("width_bucket(%s, %s, %s, %d) = %d, %v, want %d", c.op, c.lo, c.hi, c.n, d.Int(), err, c.want)
		}
	}
}
