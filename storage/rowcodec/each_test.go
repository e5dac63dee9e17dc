package rowcodec

import (
	"errors"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// EachBytes finds the values that are bytes between all others, and they can be changed.
func TestEachBytes(t *testing.T) {
	l := NewLayout(&catalog.Table{Columns: []catalog.Column{
		{Num: 1, Type: types.Of(types.TextOID)}, {Num: 2, Type: types.Of(types.Int8OID)}, {Num: 3, Type: types.Of(types.TextOID)},
		{Num: 4, Type: types.Of(types.Float8OID)}, {Num: 5, Type: types.Of(types.VectorOID)}, {Num: 6, Type: types.Of(types.TextOID)},
	}})
	row := []types.Datum{types.String("one"), types.Int(-77), types.Null, types.Float(1.5), types.Bytes(nil), types.String("six")}
	b := l.Append(nil, row, []uint32{0, 0, 0, 0, 300, 0}, Header{Epoch: 4, Writer: 1 << 20})
	var got []string
	each := func(col int, val []byte) {
		got = append(got, string(rune('0'+col))+string(val))
		val[0] = 'X'
	}
	if err := l.EachBytes(b, each); err != nil {
		t.Fatal(err)
	}
	if s := strings.Join(got, " "); s != "0one 5six" {
		t.Errorf("got %s", s)
	}
	out := make([]types.Datum, 6)
	want := []bool{true, true, true, true, false, true}
	if _, err := l.Decoder(want).Decode(b, out); err != nil || out[0].Text() != "Xne" || out[1].Int() != -77 || out[5].Text() != "Xix" {
		t.Errorf("the row is then %v, %v", out, err)
	}
	for n := range b {
		if err := l.EachBytes(b[:n:n], func(int, []byte) {}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}
