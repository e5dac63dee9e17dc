package rowcodec

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// A row says its epoch and its writer without being decoded, and decodes the same with them.
func TestHeader(t *testing.T) {
	l := NewLayout(&catalog.Table{Columns: []catalog.Column{
		{Num: 1, Type: types.Of(types.Int4OID)}, {Num: 2, Type: types.Of(types.VectorOID)}, {Num: 3, Type: types.Of(types.TextOID)},
	}})
	row := []types.Datum{types.Int(-7), types.Bytes([]byte{1}), types.String("abc")}
	for _, h := range []Header{{}, {1, 0}, {127, 1}, {128, 1 << 40}, {0, 1000}, {1<<32 - 1, 1<<64 - 1}} {
		val := l.Append(nil, row, []uint32{0, 99, 0}, h)
		if got, err := HeaderOf(val); err != nil || got != h {
			t.Errorf("%+v: got %+v, %v", h, got, err)
		}
		got := make([]types.Datum, 3)
		n, err := l.Decoder([]bool{true, true, true}).Decode(val, got)
		if err != nil || n != 3 || got[0].Int() != -7 || got[1].Int() != 99 || string(got[2].Bytes()) != "abc" {
			t.Errorf("%+v: decoded %v, %v", h, got, err)
		}
	}
	for _, bad := range [][]byte{nil, {1}, {0, 0}, {5, 1, 1}, {2, 0, 1}, {2, 0x80}, {2, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, {3, 0, 1}, {4, 1}, {4, 1, 0x80}} {
		if _, err := HeaderOf(bad); !errors.Is(err, ErrCorrupt) {
			t.Errorf("% x: %v", bad, err)
		}
		if _, err := l.Decoder([]bool{true, true, true}).Decode(bad, make([]types.Datum, 3)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("decoding % x: %v", bad, err)
		}
	}
}

// Whatever columns are wanted, each is what was stored; columns that the row does
// not have are counted and left alone, and no prefix of a row is taken for one.
func TestDecoder(t *testing.T) {
	kinds := []types.T{types.Of(types.Int8OID), types.Of(types.Float8OID), types.Of(types.TextOID), types.Of(types.VectorOID)}
	ints := []int64{0, -1, 1, 63, -64, 64, 8191, -8192, 8192, 1 << 20, -(1 << 20), 1<<20 - 1, math.MaxInt64, math.MinInt64}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		tab := &catalog.Table{}
		var row []types.Datum
		var epochs []uint32
		for i := range 1 + r.IntN(20) {
			c := kinds[r.IntN(len(kinds))]
			tab.Columns = append(tab.Columns, catalog.Column{Num: int16(i + 1), Type: c})
			epochs = append(epochs, r.Uint32()>>r.IntN(32))
			d := types.Null
			switch {
			case r.IntN(4) == 0:
			case c.Rep() == types.RepInt:
				d = types.Int(ints[r.IntN(len(ints))])
			case c.Rep() == types.RepFloat:
				d = types.Float(r.NormFloat64())
			default:
				d = types.Bytes(make([]byte, r.IntN(300)))
			}
			row = append(row, d)
		}
		l := NewLayout(tab)
		val := l.Append(nil, row, epochs, Header{r.Uint32N(2) * 7, r.Uint64N(2) * r.Uint64N(1<<33)})
		had := len(row)
		for range r.IntN(3) { // columns added since
			tab.Columns = append(tab.Columns, catalog.Column{Num: int16(len(tab.Columns) + 1), Type: kinds[0]})
		}
		want := make([]bool, len(tab.Columns))
		for i := range want {
			want[i] = r.IntN(2) == 0
		}
		got := make([]types.Datum, len(want))
		for i := range got {
			got[i] = types.Int(-99)
		}
		d := NewLayout(tab).Decoder(want)
		n, err := d.Decode(val, got)
		if err != nil || n != had && slices.Contains(want, true) {
			t.Fatalf("seed %d: %d columns, %v", seed, n, err)
		}
		for i, w := range want {
			expect := types.Int(-99)
			switch {
			case !w || i >= had:
			case row[i].IsNull():
				expect = types.Null
			case tab.Columns[i].Type.IsVector():
				expect = types.Int(int64(epochs[i]))
			default:
				expect = row[i]
			}
			if got[i].IsNull() != expect.IsNull() || got[i].Int() != expect.Int() || string(got[i].Bytes()) != string(expect.Bytes()) {
				t.Fatalf("seed %d: column %d is %v, not %v", seed, i, got[i], expect)
			}
		}
		for i := range want {
			want[i] = i < had
		}
		d = NewLayout(tab).Decoder(want)
		for cut := range val {
			if _, err := d.Decode(val[:cut:cut], got); err == nil && !lastIsNull(row, had) {
				t.Fatalf("seed %d: %d of %d bytes pass", seed, cut, len(val))
			}
		}
	}
}

// lastIsNull: a row may end before its last bytes if they are no value's.
func lastIsNull(row []types.Datum, n int) bool { return n > 0 && row[n-1].IsNull() }
