package rowcodec

import (
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// randomTable is a table of random columns, and two rows of it, the second with NULLs
// at other places.
func randomTable(r *rand.Rand) (*catalog.Table, [2][]types.Datum, [2][]uint32) {
	kinds := []types.T{types.Of(types.Int8OID), types.Of(types.Float8OID), types.Of(types.TextOID), types.Of(types.VectorOID)}
	tab := &catalog.Table{}
	for i := range 1 + r.IntN(20) {
		tab.Columns = append(tab.Columns, catalog.Column{Num: int16(i + 1), Type: kinds[r.IntN(len(kinds))]})
	}
	var rows [2][]types.Datum
	var epochs [2][]uint32
	for k := range rows {
		for i := range tab.Columns {
			c := tab.Columns[i].Type
			d := types.Null
			switch {
			case r.IntN(3) == 0:
			case c.Rep() == types.RepInt:
				d = types.Int(int64(r.Uint64()) >> r.IntN(64))
			case c.Rep() == types.RepFloat:
				d = types.Float(r.NormFloat64())
			default:
				b := make([]byte, r.IntN(300))
				for j := range b {
					b[j] = byte(r.Uint32())
				}
				d = types.Bytes(b)
			}
			rows[k], epochs[k] = append(rows[k], d), append(epochs[k], r.Uint32())
		}
	}
	return tab, rows, epochs
}

// TestColumnDecoder: columns get what Decode gives, row by row, with and without an
// arena; columns that the row lacks are left alone, and no cut row passes.
func TestColumnDecoder(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		tab, rows, epochs := randomTable(r)
		l := NewLayout(tab)
		had := len(tab.Columns)
		for range r.IntN(3) {
			tab.Columns = append(tab.Columns, catalog.Column{Type: types.Of(types.Int8OID)})
		}
		d := NewLayout(tab).ColumnDecoder()
		cols := make([]batch.Col, len(tab.Columns))
		sinks := make([]Sink, len(tab.Columns))
		last := 0
		for i := range tab.Columns {
			if r.IntN(2) == 0 {
				continue
			}
			last = i + 1
			cols[i].Init(tab.Columns[i].Type, 2)
			sinks[i] = SinkOf(&cols[i])
			if tab.Columns[i].Type.IsVector() {
				sinks[i].Epochs = make([]uint32, 2)
			}
			d.Into(i, sinks[i])
		}
		var arena *batch.Arena
		if seed%2 == 0 {
			arena = &batch.Arena{}
		}
		for k := range rows {
			val := l.Append(nil, rows[k], epochs[k], Header{r.Uint32N(2) * 7, r.Uint64N(2) * r.Uint64N(1<<33)})
			for cut := range val {
				if _, err := l.all().Decode(val[:cut:cut], 0, nil); err == nil && !lastIsNull(rows[k], had) {
					t.Fatalf("seed %d: %d of %d bytes pass", seed, cut, len(val))
				}
			}
			n, err := d.Decode(val, k, arena)
			if err != nil || n != had && last > 0 {
				t.Fatalf("seed %d: %d columns, %v", seed, n, err)
			}
			if arena != nil {
				clear(val) // what was copied stays
			}
		}
		for i := range had {
			for k, row := range rows {
				s := &sinks[i]
				switch {
				case s.Null == nil:
				case s.Null[k] != row[i].IsNull():
					t.Fatalf("seed %d: column %d of row %d: NULL %v", seed, i, k, s.Null[k])
				case s.Epochs != nil:
					if want := epochs[k][i]; !s.Null[k] && s.Epochs[k] != want || s.Null[k] && s.Epochs[k] != NoEpoch {
						t.Fatalf("seed %d: column %d of row %d: epoch %d", seed, i, k, s.Epochs[k])
					}
				case !s.Null[k]:
					if got := cols[i].Datum(k); got.Int() != row[i].Int() || string(got.Bytes()) != string(row[i].Bytes()) {
						t.Fatalf("seed %d: column %d of row %d is %v, not %v", seed, i, k, got, row[i])
					}
				}
			}
		}
		for i := had; i < len(tab.Columns); i++ {
			if s := sinks[i]; s.Null != nil && (s.Null[0] || s.I[0] != 0) {
				t.Fatalf("seed %d: column %d was written to", seed, i)
			}
		}
	}
}

// all is a decoder of all columns.
func (l *Layout) all() *ColumnDecoder {
	d := l.ColumnDecoder()
	for i := range l.reps {
		s := Sink{Null: make([]bool, 1)}
		switch l.form(i) {
		case formVarint:
			s.I = make([]int64, 1)
		case formFloat:
			s.F = make([]float64, 1)
		case formEpoch:
			s.Epochs = make([]uint32, 1)
		default:
			s.B = make([][]byte, 1)
		}
		d.Into(i, s)
	}
	return d
}

func TestColumnDecoderDoesNotAllocate(t *testing.T) {
	tab, rows, epochs := randomTable(rand.New(rand.NewPCG(3, 2)))
	l := NewLayout(tab)
	val, d := l.Append(nil, rows[0], epochs[0], Header{}), l.all()
	if n := testing.AllocsPerRun(100, func() { _, _ = d.Decode(val, 0, nil) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
