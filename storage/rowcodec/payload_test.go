package rowcodec

import (
	"errors"
	"math"
	"testing"

	"github.com/loxodb/loxodb/sql/types"
)

// Every value comes back from its place, alone or a column at a time, NULLs too.
func TestPayload(t *testing.T) {
	ts := []types.T{types.Of(types.Int4OID), types.Of(types.TextOID), types.Of(types.Float8OID), types.Of(types.VectorOID), types.Of(types.BoolOID),
		types.Of(types.NumericOID), types.Of(types.Int8OID), types.Of(types.TextOID), types.Of(types.Float4OID)}
	p := NewPayload(ts)
	rows := [][]types.Datum{
		{types.Int(-7), types.String("abc"), types.Float(math.Inf(-1)), types.Bytes([]byte{1, 2, 3, 4}), types.Bool(true), types.Bytes([]byte{9}), types.Int(math.MinInt64), types.String(""), types.Float(0.5)},
		{types.Null, types.Null, types.Null, types.Null, types.Null, types.Null, types.Null, types.Null, types.Null},
		{types.Int(0), types.Null, types.Float(math.Copysign(0, -1)), types.Null, types.Bool(false), types.Bytes([]byte{}), types.Null, types.String("ö"), types.Null},
	}
	var vals [][]byte
	for _, row := range rows {
		vals = append(vals, p.Append([]byte("before"), row)[len("before"):])
	}
	if !p.AllOk(vals) || p.Ok(vals[1][:len(vals[1])-1]) || p.AllOk([][]byte{vals[0], nil}) {
		t.Error("Ok takes the wrong values")
	}
	for i := range ts {
		ints, floats, null := make([]int64, len(rows)), make([]float64, len(rows)), make([]bool, len(rows))
		switch ts[i].Rep() {
		case types.RepInt:
			p.Ints(vals, []uint16{0, 1, 2}, i, ints, null)
		case types.RepFloat:
			p.Floats(vals, []uint16{0, 1, 2}, i, floats, null)
		}
		for k, row := range rows {
			d, err := p.Value(vals[k], i)
			if err != nil || d.IsNull() != row[i].IsNull() {
				t.Fatalf("row %d column %d: %v, %v", k, i, d, err)
			}
			if row[i].IsNull() {
				if ts[i].Rep() != types.RepBytes && !null[k] {
					t.Errorf("row %d column %d is not NULL", k, i)
				}
				continue
			}
			same := string(d.Bytes()) == string(row[i].Bytes())
			switch ts[i].Rep() {
			case types.RepInt:
				same = d.Int() == row[i].Int() && ints[k] == d.Int() && !null[k]
			case types.RepFloat:
				same = math.Float64bits(d.Float()) == math.Float64bits(row[i].Float()) && floats[k] == d.Float() && !null[k]
			}
			if !same {
				t.Errorf("row %d column %d: %v, want %v", k, i, d, row[i])
			}
		}
	}
	for cut := p.head(); cut < len(vals[0]); cut++ { // of a damaged file
		for i := range ts {
			if _, err := p.Value(vals[0][:cut], i); err != nil && !errors.Is(err, ErrCorrupt) {
				t.Errorf("cut at %d, column %d: %v", cut, i, err)
			}
		}
	}
	if _, err := p.Value(vals[0][:p.head()], 1); !errors.Is(err, ErrCorrupt) {
		t.Errorf("text without its bytes: %v", err)
	}
}
