package table

import (
	"context"
	"errors"
	"slices"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// LastRow is the greatest row number from lo to hi (both included) that the view
// has; ok is false when there is none.
func LastRow(ctx context.Context, from kv.Reader, t *catalog.Table, lo, hi uint64) (row uint64, ok bool, err error) {
	it, err := from.Scan(ctx, kv.Range{
		Start:   keys.AppendRow(nil, t.Storage, keys.Scalars, lo),
		End:     append(keys.AppendRow(nil, t.Storage, keys.Scalars, hi), 0),
		Reverse: true, Limit: 1,
	})
	if err != nil {
		return 0, false, err
	}
	if it.Next() {
		row, ok = keys.RowOf(it.Key()), true
	}
	return row, ok, errors.Join(it.Err(), it.Close())
}

// LoadVectors fills the vector columns of the batch's selected rows.
func (r *Reader) LoadVectors(ctx context.Context, from kv.Reader, b *batch.Batch) error {
	for v := range r.vecs {
		vc := &r.vecs[v]
		if vc.out < 0 {
			continue
		}
		col := &b.Cols[vc.out]
		r.order = r.order[:0]
		for _, i := range b.Sel {
			if !col.Null[i] {
				r.order = append(r.order, int(i))
			}
		}
		if err := r.getRows(ctx, from, vc.family, func(i int, val []byte) error {
			_, comps, err := rowcodec.DecodeVector(val)
			if err != nil {
				return err
			}
			col.B[i] = r.arena.Copy(comps)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// getRows looks up the rows named by r.order (indexes into r.rows) in one family.
func (r *Reader) getRows(ctx context.Context, from kv.Reader, family uint16, each func(i int, val []byte) error) error {
	if len(r.order) == 0 {
		return nil
	}
	sorted := true
	for k := 1; k < len(r.order) && sorted; k++ {
		sorted = r.rows[r.order[k-1]] <= r.rows[r.order[k]]
	}
	if !sorted {
		slices.SortFunc(r.order, func(a, b int) int {
			switch {
			case r.rows[a] < r.rows[b]:
				return -1
			case r.rows[a] > r.rows[b]:
				return 1
			}
			return 0
		})
	}
	if first, last := r.rows[r.order[0]], r.rows[r.order[len(r.order)-1]]; len(r.order) >= walkFrom && (last-first)/walkGap < uint64(len(r.order)) {
		return r.walkRows(ctx, from, family, first, last, each)
	}
	r.keyed, r.kbuf = r.keyed[:0], slices.Grow(r.kbuf[:0], len(r.order)*keys.RowLen)
	for _, i := range r.order {
		at := len(r.kbuf)
		r.kbuf = keys.AppendRow(r.kbuf, r.Table.Storage, family, r.rows[i])
		r.keyed = append(r.keyed, r.kbuf[at:len(r.kbuf):len(r.kbuf)])
	}
	return from.GetBatch(ctx, r.keyed, func(k int, val []byte) error {
		if val == nil {
			return nil
		}
		return each(r.order[k], val)
	})
}

// At least walkFrom rows of which every walkGap-th is wanted are walked over:
// a step to the next row costs less than looking one up.
const (
	walkFrom = 8
	walkGap  = 3
)

// walkRows is getRows for rows that lie close together, from first to last.
func (r *Reader) walkRows(ctx context.Context, from kv.Reader, family uint16, first, last uint64, each func(i int, val []byte) error) error {
	buf := keys.AppendRow(r.kbuf[:0], r.Table.Storage, family, first)
	buf = append(keys.AppendRow(buf, r.Table.Storage, family, last), 0)
	r.kbuf = buf
	it, err := from.Scan(ctx, kv.Range{Start: buf[:keys.RowLen], End: buf[keys.RowLen:]})
	if err != nil {
		return err
	}
	defer it.Close()
	for k := 0; k < len(r.order) && it.Next(); {
		row := keys.RowOf(it.Key())
		for ; k < len(r.order) && r.rows[r.order[k]] <= row; k++ {
			if r.rows[r.order[k]] != row {
				continue
			}
			if err := each(r.order[k], it.Value()); err != nil {
				return err
			}
		}
	}
	return it.Err()
}

// Fetch reads the rows, in the given order, into b; rows that do not exist at the
// reader's view are left out of b.Sel. Vector columns as in Scan.Next.
// At most batch.MaxRows rows.
func (r *Reader) Fetch(ctx context.Context, from kv.Reader, rows []uint64, b *batch.Batch) error {
	r.begin(b, len(rows))
	r.rows = append(r.rows, rows...)
	found := r.arena.Alloc(len(rows))
	clear(found)
	if err := r.fetchCached(from.At(), found); err != nil {
		return err
	}
	err := r.getRows(ctx, from, keys.Scalars, func(i int, val []byte) error {
		found[i] = 1
		if r.cache != nil {
			r.cache.put(r.Table.Storage, r.rows[i], from.At(), val)
		}
		return r.show(i, r.rows[i], val)
	})
	if err != nil {
		return err
	}
	all := true
	for i := range found {
		all = all && found[i] == 1
	}
	if all {
		b.Sel = batch.Identity(len(rows))
		return nil
	}
	sel := make([]uint16, 0, len(rows))
	for i := range found {
		if found[i] == 1 {
			sel = append(sel, uint16(i))
		}
	}
	b.Sel = sel
	return nil
}

// UseCache makes Fetch look into the cache first; nil turns that off, as it must
// be for a transaction that has written rows.
func (r *Reader) UseCache(c *RowCache) { r.cache = c }

// fetchCached decodes the rows that the cache has and leaves the others in
// r.order. Their bytes are the cache's own, which are never written to.
func (r *Reader) fetchCached(at kv.TS, found []byte) error {
	r.order = r.order[:0]
	r.keep = true
	defer func() { r.keep = false }()
	for i, row := range r.rows {
		if r.cache != nil {
			if val, ok := r.cache.get(r.Table.Storage, row, at); ok {
				found[i] = 1
				if err := r.show(i, row, val); err != nil {
					return err
				}
				continue
			}
		}
		r.order = append(r.order, i)
	}
	return nil
}
