package executor

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// TestBuffer appends rows, short and long, in batches to buffers with little memory and with all,
// and looks at any of them in between: those in the file, those after it, and both in order.
func TestBuffer(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 5))
		files := &memFiles{}
		b := NewBuffer(NewBudget(1<<20), files.spill)
		if seed%4 == 0 {
			b = NewBuffer(NewBudget(1<<30), files.spill)
		}
		var want []string
		same := func(at int, got *batch.Batch) {
			t.Helper()
			for k, i := range got.Sel {
				if w := want[at+k]; got.Cols[0].I[i] != int64(at+k) || got.Cols[1].Null[i] != (w == "") || string(got.Cols[1].B[i]) != w {
					t.Fatalf("row %d is %d, %.20q, want %.20q", at+k, got.Cols[0].I[i], got.Cols[1].B[i], w)
				}
			}
		}
		for range 60 {
			n := 1 + rng.IntN(200)
			rows := batch.New([]types.T{types.Of(types.Int8OID), types.Of(types.TextOID)}, n)
			rows.Cols[0].Init(types.Of(types.Int8OID), n)
			rows.Cols[1].Init(types.Of(types.TextOID), n)
			for i := range n {
				s := strings.Repeat(string(rune('a'+rng.IntN(26))), rng.IntN(200))
				if rng.IntN(200) == 0 {
					s = strings.Repeat("z", rng.IntN(100000))
				}
				rows.Cols[0].Set(i, types.Int(int64(len(want))))
				if s == "" {
					rows.Cols[1].SetNull(i)
				} else {
					rows.Cols[1].Set(i, types.Bytes([]byte(s)))
				}
				want = append(want, s)
			}
			rows.Sel = batch.Identity(n)
			if err := b.Append(rows); err != nil {
				t.Fatal(err)
			}
			if b.Len() != len(want) {
				t.Fatalf("%d rows, want %d", b.Len(), len(want))
			}
			for range 5 {
				at, most := rng.IntN(len(want)), 1+rng.IntN(300)
				got, err := b.Slice(at, most)
				if err != nil || got.Len() == 0 || got.Len() > most {
					t.Fatalf("%d of %d rows from %d on: %v", got.Len(), most, at, err)
				}
				same(at, got)
			}
		}
		for at := 0; ; {
			got, err := b.Next()
			if err != nil {
				t.Fatal(err)
			}
			if got == nil {
				if at != len(want) {
					t.Fatalf("%d rows in order, want %d", at, len(want))
				}
				break
			}
			same(at, got)
			at += got.Len()
		}
		if spilled := files.made > 0; spilled != (seed%4 != 0) {
			t.Fatalf("seed %d: %d files", seed, files.made)
		}
		b.Close()
		if files.open != 0 {
			t.Fatalf("%d files are open", files.open)
		}
	}
}
