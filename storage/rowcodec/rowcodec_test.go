package rowcodec

import (
	"errors"
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// A row says its epoch without being decoded, and decodes the same with one.
func TestEpoch(t *testing.T) {
	l := NewLayout(&catalog.Table{Columns: []catalog.Column{
		{Num: 1, Type: types.Of(types.Int4OID)}, {Num: 2, Type: types.Of(types.VectorOID)}, {Num: 3, Type: types.Of(types.TextOID)},
	}})
	row := []types.Datum{types.Int(-7), types.Bytes([]byte{1}), types.String("abc")}
	for _, own := range []uint32{0, 1, 127, 128, 1<<32 - 1} {
		val := l.Append(nil, row, []uint32{0, 99, 0}, own)
		if got, err := Epoch(val); err != nil || got != own {
			t.Errorf("epoch %d: got %d, %v", own, got, err)
		}
		var got []types.Datum
		err := l.Decode(val, []bool{true, true, true}, func(_ int, d types.Datum) { got = append(got, d) }, func(int) {})
		if err != nil || len(got) != 3 || got[0].Int() != -7 || got[1].Int() != 99 || string(got[2].Bytes()) != "abc" {
			t.Errorf("epoch %d: decoded %v, %v", own, got, err)
		}
	}
	for _, bad := range [][]byte{nil, {1}, {0, 0}, {3, 1, 1}, {2, 0, 1}, {2, 0x80}, {2, 0xff, 0xff, 0xff, 0xff, 0xff, 1}} {
		if _, err := Epoch(bad); !errors.Is(err, ErrCorrupt) {
			t.Errorf("% x: %v", bad, err)
		}
		if err := l.Decode(bad, []bool{true, true, true}, func(int, types.Datum) {}, func(int) {}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("decoding % x: %v", bad, err)
		}
	}
}
