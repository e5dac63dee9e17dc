package table

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

type counter uint64

func (c *counter) Next(context.Context) (uint64, error) { *c++; return uint64(*c), nil }

// Whatever happens to rows, an inverted index has the entries of those that there are,
// and no others.
func TestInvertedEntries(t *testing.T) {
	ctx, rng := context.Background(), rand.New(rand.NewPCG(3, 4))
	texts := types.Of(types.TextArrayOID)
	x := &catalog.Index{ID: 20001, Storage: 20001, Method: "gin", Ready: true, Keys: []catalog.IndexKey{
		{Attr: 1, Type: texts, OpClass: "array_ops"}, {Attr: 2, Type: types.Of(types.JSONBOID), OpClass: "jsonb_ops"}}}
	tab := &catalog.Table{ID: 20000, Storage: 20000, Indexes: []*catalog.Index{x}, Columns: []catalog.Column{
		{Num: 1, Name: "tags", Type: texts}, {Num: 2, Name: "doc", Type: types.Of(types.JSONBOID)}}}
	parse := func(c int, s string) types.Datum {
		d, err := types.ParseText(tab.Columns[c].Type, s, types.DefaultFormat)
		must(t, err)
		return d
	}
	random := func() []types.Datum {
		row := []types.Datum{types.Null, types.Null}
		if rng.IntN(5) > 0 {
			row[0] = parse(0, fmt.Sprintf("{%d,%d,x%d,NULL}", rng.IntN(5), rng.IntN(5), rng.IntN(99)))
		}
		if rng.IntN(5) > 0 {
			row[1] = parse(1, fmt.Sprintf(`{"k%d": [%d, {"x": "%d"}]}`, rng.IntN(5), rng.IntN(5), rng.IntN(99)))
		}
		return row
	}
	eng := memkv.New()
	defer eng.Close()
	var nums counter
	rows := map[uint64][]types.Datum{}
	for round := range 30 {
		txn, err := Begin(ctx, eng, kv.TxnOptions{}, nil)
		must(t, err)
		w := NewWriter(tab, txn, &nums, nil)
		if round%2 == 1 {
			w.Gather()
		}
		for range 20 {
			id, err := w.Insert(ctx, random())
			must(t, err)
			rows[id] = nil
		}
		for id := range rows {
			val, ok, err := txn.Get(ctx, keys.AppendRow(nil, tab.Storage, keys.Scalars, id))
			must(t, err)
			if !ok {
				t.Fatalf("row %d is gone", id)
			}
			old := make([]types.Datum, 2)
			_, err = w.layout.Decoder([]bool{true, true}).Decode(bytes.Clone(val), old)
			must(t, err)
			switch rng.IntN(4) {
			case 0:
				_, err = w.Update(ctx, id, old, random(), []bool{true, true})
			case 1:
				_, err = w.Update(ctx, id, old, []types.Datum{old[0], random()[1]}, []bool{false, true})
			case 2:
				_, err = w.Delete(ctx, id, old)
				delete(rows, id)
			}
			must(t, err)
		}
		must(t, w.Flush())
		_, err = txn.Commit(ctx)
		must(t, err)
		must(t, txn.Close())
		compareInverted(t, eng, tab)
	}
}

// compareInverted makes the entries of the table's rows anew.
func compareInverted(t *testing.T, eng kv.Engine, tab *catalog.Table) {
	ctx, x := context.Background(), tab.Indexes[0]
	at, err := eng.Now(ctx)
	must(t, err)
	snap, err := eng.Snapshot(ctx, at)
	must(t, err)
	defer snap.Close()
	var want, got []string
	layout := rowcodec.NewLayout(tab)
	it, err := snap.Scan(ctx, RowRange(tab, 0, 1<<62))
	must(t, err)
	for it.Next() {
		row := make([]types.Datum, 2)
		_, err = layout.Decoder([]bool{true, true}).Decode(it.Value(), row)
		must(t, err)
		var e gin.Entries
		for k := range x.Keys {
			class, _ := gin.ByName(x.Keys[k].OpClass)
			e.Add(class, k, x.Keys[k].Type, row[k])
		}
		for _, p := range e.Sorted() {
			key := append(keys.AppendIndexPrefix(nil, x.Storage), p...)
			want = append(want, string(binary.BigEndian.AppendUint64(key, keys.RowOf(it.Key()))))
		}
	}
	must(t, it.Err())
	must(t, it.Close())
	it, err = snap.Scan(ctx, keys.IndexRange(x.Storage))
	must(t, err)
	for it.Next() {
		got = append(got, string(it.Key()))
	}
	must(t, it.Close())
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Fatalf("%d entries, want %d", len(got), len(want))
	}
}
