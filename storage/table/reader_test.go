package table

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// Vectors come to their rows whether they are walked over or looked up: rows with
// gaps, without a vector, deleted, written by the transaction itself, in any
// order and asked for twice.
func TestLoadVectors(t *testing.T) {
	const rows = 3000
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(8, 9))
	tab := &catalog.Table{ID: 20000, Storage: 20000, Columns: []catalog.Column{
		{Num: 1, Name: "embedding", Type: types.Of(types.VectorOID)}}}
	layout := rowcodec.NewLayout(tab)
	eng := memkv.New()
	defer eng.Close()
	has := map[uint64]uint32{} // the vector of a row: one number
	put := func(x kv.Txn, id uint64) {
		row, epoch := []types.Datum{types.Null}, uint32(0)
		delete(has, id)
		if rng.IntN(5) > 0 {
			epoch = rng.Uint32N(1000)
			has[id] = epoch
			row[0] = types.Int(int64(epoch))
			num := binary.LittleEndian.AppendUint32(nil, epoch)
			must(t, x.Put(keys.AppendRow(nil, tab.Storage, 1, id), rowcodec.AppendVector(nil, epoch, num)))
		}
		must(t, x.Put(keys.AppendRow(nil, tab.Storage, keys.Scalars, id), layout.Append(nil, row, []uint32{epoch}, rowcodec.Header{})))
	}
	x, err := eng.Begin(ctx, kv.TxnOptions{})
	must(t, err)
	for id := uint64(1); id <= rows; id += 1 + rng.Uint64N(2)*rng.Uint64N(2) {
		put(x, id)
	}
	_, err = x.Commit(ctx)
	must(t, err)
	must(t, x.Close())
	x, err = eng.Begin(ctx, kv.TxnOptions{})
	must(t, err)
	defer x.Close()
	for range 200 { // of the transaction's own
		put(x, rows+rng.Uint64N(300))
	}
	for round := range 200 {
		r := NewReader(tab, []int16{1})
		var b batch.Batch
		b.Cols = make([]batch.Col, 1)
		ids := make([]uint64, 1+rng.IntN(400))
		lo, span := 1+rng.Uint64N(rows), 1+rng.Uint64N(uint64(len(ids))*uint64(1+round%6))
		for i := range ids {
			ids[i] = lo + rng.Uint64N(span)
		}
		must(t, r.Fetch(ctx, x, ids, &b))
		must(t, r.LoadVectors(ctx, x, &b))
		for _, i := range b.Sel {
			epoch, ok := has[ids[i]]
			if b.Cols[0].Null[i] == ok {
				t.Fatalf("round %d: row %d: null %v", round, ids[i], !ok)
			}
			if ok && binary.LittleEndian.Uint32(b.Cols[0].B[i]) != epoch {
				t.Fatalf("round %d: row %d has another row's vector", round, ids[i])
			}
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
