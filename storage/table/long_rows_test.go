package table

import (
	"context"
	"math"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// TestLongRows scans rows of which a batch would hold far more than batch.MaxBytes: few come at
// once, and all of them in the end.
func TestLongRows(t *testing.T) {
	const rows, long = 300, 1 << 20
	eng, tab := memkv.New(), columnTable(20000)
	layout := rowcodec.NewLayout(tab)
	x, err := Begin(context.Background(), eng, kv.TxnOptions{}, nil)
	must(t, err)
	for id := range uint64(rows) {
		row := []types.Datum{types.Int(int64(id)), types.Null, types.Bytes(make([]byte, long)), types.Null, types.Null}
		must(t, x.Put(keys.AppendRow(nil, tab.Storage, keys.Scalars, id), layout.Append(nil, row, nil, rowcodec.Header{})))
	}
	now, err := x.Commit(context.Background())
	must(t, err)
	view, err := eng.Snapshot(t.Context(), now)
	must(t, err)
	defer view.Close()
	for name, cache := range map[string]*ColumnCache{"rows": nil, "cells": smallCells(1 << 20)} {
		for _, reverse := range []bool{false, true} {
			r := NewReader(tab, []int16{1, 3})
			r.UseColumns(cache)
			s, err := r.Scan(context.Background(), view, 0, math.MaxUint64, reverse)
			must(t, err)
			b := batch.Batch{Cols: make([]batch.Col, 2)}
			seen := int64(0)
			for must(t, s.Next(&b, batch.MaxRows)); b.Len() > 0; must(t, s.Next(&b, batch.MaxRows)) {
				if n := int64(b.Len()); n*long > batch.MaxBytes+2*long {
					t.Fatalf("%s: a batch has %d rows", name, n)
				}
				for _, i := range b.Sel {
					want := seen
					if reverse {
						want = rows - 1 - seen
					}
					if b.Cols[0].I[i] != want || len(b.Cols[1].B[i]) != long {
						t.Fatalf("%s: row %d is %d with %d bytes", name, want, b.Cols[0].I[i], len(b.Cols[1].B[i]))
					}
					seen++
				}
			}
			must(t, s.Close())
			if seen != rows {
				t.Errorf("%s: %d rows, not %d", name, seen, rows)
			}
		}
	}
}
