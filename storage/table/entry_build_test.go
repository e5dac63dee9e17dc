package table

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
)

// An index that is built, in one run or many, has the entries of one that was there when
// the rows came; a unique one is refused wherever a key comes twice, but not for NULLs.
func TestBuildEntries(t *testing.T) {
	ctx := context.Background()
	defer func(was int) { bulkBytes = was }(bulkBytes)
	int4, text := types.Of(types.Int4OID), types.Of(types.TextOID)
	both := []catalog.IndexKey{{Attr: 2, Type: text}, {Attr: 1, Type: int4, Desc: true}}
	for _, bulkBytes = range []int{500, 20000, 64 << 20} {
		kept := &catalog.Index{ID: 20001, Storage: 20001, Method: "btree", Ready: true, Keys: both}
		unique := &catalog.Index{ID: 20002, Storage: 20002, Method: "btree", Ready: true, Unique: true, Name: "u", Keys: []catalog.IndexKey{{Attr: 3, Type: int4}}}
		tab := &catalog.Table{ID: 20000, Storage: 20000, Name: "t", Indexes: []*catalog.Index{kept, unique}, Columns: []catalog.Column{
			{Num: 1, Name: "a", Type: int4}, {Num: 2, Name: "b", Type: text}, {Num: 3, Name: "c", Type: int4}}}
		eng, rng := memkv.New(), rand.New(rand.NewPCG(1, 2))
		txn, err := Begin(ctx, eng, kv.TxnOptions{}, nil)
		must(t, err)
		var nums counter
		w := NewWriter(tab, txn, &nums, nil)
		rows := map[uint64][]types.Datum{}
		for i := range 2000 {
			row := []types.Datum{types.Int(rng.Int64N(50)), types.Bytes(fmt.Append(nil, "some text ", rng.IntN(30))), types.Int(int64(i * 7919 % 2000))}
			for k := range row {
				if rng.IntN(10) == 0 {
					row[k] = types.Null
				}
			}
			id, err := w.Insert(ctx, row)
			must(t, err)
			rows[id] = row
		}
		entries := func(storage catalog.ID) (out []string) {
			it, err := txn.Scan(ctx, keys.IndexRange(storage))
			must(t, err)
			defer it.Close()
			for it.Next() {
				out = append(out, string(it.Key()[len(keys.AppendIndexPrefix(nil, storage)):])+"="+string(it.Value()))
			}
			return out
		}
		build := func(i int, x *catalog.Index) error {
			other := *x
			other.Storage += 100
			def := *tab
			def.Indexes = slices.Clone(tab.Indexes)
			def.Indexes[i] = &other
			b := NewWriter(&def, txn, &nums, nil)
			for id, row := range rows { // in any order
				if err := b.AddEntry(ctx, i, row, id); err != nil {
					return err
				}
			}
			return b.Finish(ctx)
		}
		for i, x := range tab.Indexes {
			must(t, build(i, x))
			if got, want := entries(x.Storage+100), entries(x.Storage); !slices.Equal(got, want) || len(got) != 2000 {
				t.Errorf("index %d in runs of %d bytes: %d entries, want %d", i, bulkBytes, len(got), len(want))
			}
		}
		twice := *unique
		twice.Storage, twice.Keys = 20300, both[:1]
		e, ok := pgerr.As(build(1, &twice))
		if !ok || e.Code != "23505" || !strings.HasPrefix(e.Detail, "Key (b)=(some text ") || !strings.HasSuffix(e.Detail, ") is duplicated.") {
			t.Errorf("in runs of %d bytes: %+v", bulkBytes, e)
		}
		must(t, txn.Close())
		must(t, eng.Close())
	}
}
