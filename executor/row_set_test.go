package executor

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// keyBatch is a batch of random keys of few values, NULLs among them.
func keyBatch(r *rand.Rand, ts []types.T) *batch.Batch {
	b := batch.New(ts, batch.MaxRows)
	for i := range batch.MaxRows {
		for k := range ts {
			d := types.Null
			if v := r.IntN(8); v > 0 {
				switch ts[k].Rep() {
				case types.RepInt:
					d = types.Int(int64(v))
				case types.RepFloat:
					d = types.Float(float64(v))
				default:
					d = types.Bytes(fmt.Appendf(nil, "text %d", v))
				}
			}
			b.Cols[k].Set(i, d)
		}
		if r.IntN(3) > 0 {
			b.Sel = append(b.Sel, uint16(i))
		}
	}
	return b
}

// TestRowSetNumbers: rows added together and one by one have the numbers of a map.
func TestRowSetNumbers(t *testing.T) {
	ts := []types.T{types.Of(types.Int4OID), types.Of(types.TextOID), types.Of(types.Float8OID)}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 5))
		s := newRowSet(ts[:1+r.IntN(len(ts))])
		want := map[string]uint32{}
		for range 5 {
			b := keyBatch(r, s.rows.types)
			refs := columnRefs(nil, b)
			ids := make([]uint32, len(b.Sel))
			if r.IntN(3) == 0 {
				for n, i := range b.Sel {
					ids[n], _, _ = s.add(refs, int(i))
				}
			} else {
				got, err := s.addAll(refs, b.Sel)
				if err != nil {
					t.Fatal(err)
				}
				copy(ids, got)
			}
			for n, i := range b.Sel {
				key := fmt.Sprint(rowAt(b, int(i), nil))
				id, known := want[key]
				if !known {
					id = uint32(len(want))
					want[key] = id
				}
				if ids[n] != id {
					t.Fatalf("seed %d: row %s has number %d, not %d", seed, key, ids[n], id)
				}
			}
		}
		if s.rows.n != len(want) {
			t.Fatalf("seed %d: %d rows, not %d", seed, s.rows.n, len(want))
		}
	}
}

// TestRowSetKnownRowsDoNotAllocate: a group costs memory once.
func TestRowSetKnownRowsDoNotAllocate(t *testing.T) {
	ts := []types.T{types.Of(types.Int4OID), types.Of(types.TextOID)}
	b := keyBatch(rand.New(rand.NewPCG(1, 5)), ts)
	refs, s := columnRefs(nil, b), newRowSet(ts)
	add := func() {
		if _, err := s.addAll(refs, b.Sel); err != nil {
			t.Fatal(err)
		}
	}
	add()
	if n := testing.AllocsPerRun(10, add); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// TestHashIndexChains: every row is found under its hash, though hashes share slots,
// or the half that slots keep.
func TestHashIndexChains(t *testing.T) {
	var x hashIndex
	for round := range 2 {
		want := map[uint64][]uint32{}
		r := rand.New(rand.NewPCG(uint64(round), 6))
		for id := range uint32(5000) {
			h := uint64(r.IntN(40))<<32 | uint64(r.IntN(40))
			x.add(h)
			want[h] = append([]uint32{id}, want[h]...)
		}
		for h, rows := range want {
			var got []uint32
			for id := x.first(h); id != none; id = x.following(id) {
				if x.hashes[id] == h {
					got = append(got, id)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(rows) {
				t.Fatalf("hash %x: rows %v, not %v", h, got, rows)
			}
		}
		if id := x.first(1 << 60); id != none {
			t.Fatalf("row %d under a hash that none has", id)
		}
		x.reset()
		if id := x.first(0); id != none {
			t.Fatal("a row after reset")
		}
	}
}
