package table

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
)

// entryRun gathers the entries of an ordered index that is built and writes them in the
// order of their keys: the write buffer takes those at no cost of searching, and what it
// spills are tables that lie side by side, which nobody needs to merge.
type entryRun struct {
	index   int
	skip    int // bytes that all keys begin with
	keys    []byte
	entries []gatheredEntry
	written bool // entries of earlier runs are in the store
}

// gatheredEntry is a key, from the first byte in which keys differ on, as a place in
// entryRun.keys.
type gatheredEntry struct {
	prefix   uint64 // its first bytes, which order most
	at, end  uint32
	row      uint64
	distinct bool
}

const entryBytes = 40

// gatherEntry keeps the entry whose key is in w.key, and writes what was gathered when it
// is much.
func (w *Writer) gatherEntry(ctx context.Context, i int, id uint64, distinct bool) error {
	if w.run == nil {
		w.run = &entryRun{index: i, skip: len(keys.AppendIndexPrefix(nil, w.Table.Indexes[i].Storage))}
	}
	r := w.run
	rest := w.key[r.skip:]
	e := gatheredEntry{at: uint32(len(r.keys)), row: id, distinct: distinct}
	r.keys = append(r.keys, rest...)
	e.end = uint32(len(r.keys))
	var first [8]byte
	copy(first[:], rest)
	e.prefix = binary.BigEndian.Uint64(first[:])
	r.entries = append(r.entries, e)
	if len(r.keys)+entryBytes*len(r.entries) < bulkBytes {
		return nil
	}
	return w.writeRun(ctx)
}

func (r *entryRun) key(e *gatheredEntry) []byte { return r.keys[e.at:e.end] }

// writeRun writes what was gathered. Of a unique index neighbours must differ, and no key
// may be one of an earlier run.
func (w *Writer) writeRun(ctx context.Context) error {
	r := w.run
	x := w.Table.Indexes[r.index]
	slices.SortFunc(r.entries, func(a, b gatheredEntry) int {
		if a.prefix != b.prefix {
			if a.prefix < b.prefix {
				return -1
			}
			return 1
		}
		return bytes.Compare(r.key(&a), r.key(&b))
	})
	w.key = keys.AppendIndexPrefix(w.key[:0], x.Storage)
	for k := range r.entries {
		if k%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		e := &r.entries[k]
		w.key = append(w.key[:r.skip], r.key(e)...)
		if e.distinct {
			twice := k > 0 && bytes.Equal(r.key(e), r.key(&r.entries[k-1]))
			if !twice && r.written {
				var err error
				if _, twice, err = w.read.Get(ctx, w.key); err != nil {
					return err
				}
			}
			if twice {
				return w.duplicated(ctx, x, e.row)
			}
		}
		w.val = entryValue(w.val[:0], e.distinct, e.row)
		if err := w.txn.Put(w.key, w.val); err != nil {
			return err
		}
	}
	r.keys, r.entries, r.written = r.keys[:0], r.entries[:0], true
	return nil
}

// duplicated is the error that a unique index cannot be built since another row has the
// key of this one.
func (w *Writer) duplicated(ctx context.Context, x *catalog.Index, id uint64) error {
	row, err := w.load(ctx, id)
	if err != nil {
		return err
	}
	return w.notUnique(x, row)
}

func (w *Writer) notUnique(x *catalog.Index, row []types.Datum) error {
	e, _ := pgerr.As(w.duplicate(x, row))
	dup := pgerr.Newf(pgerrcode.UniqueViolation, "could not create unique index %q", x.Name).
		OnTable("", w.Table.Name).OnConstraint(x.Name)
	if e.Detail != "" {
		dup.Detail = strings.Replace(e.Detail, "already exists.", "is duplicated.", 1)
	}
	return dup
}

// load reads a row that exists.
func (w *Writer) load(ctx context.Context, id uint64) ([]types.Datum, error) {
	row := make([]types.Datum, len(w.Table.Columns))
	want := make([]bool, len(row))
	for k := range row {
		row[k] = missing(&w.Table.Columns[k])
		want[k] = !w.Table.Columns[k].Type.IsVector()
	}
	val, _, err := w.read.Get(ctx, keys.AppendRow(nil, w.Table.Storage, keys.Scalars, id))
	if err != nil {
		return nil, err
	}
	if _, err = w.layout.Decoder(want).Decode(slices.Clone(val), row); err != nil {
		return nil, err
	}
	for k := range row {
		if c := &w.Table.Columns[k]; !c.Type.IsVector() || c.Dropped {
			continue
		}
		d, err := w.StoredVector(ctx, id, k)
		if err != nil {
			return nil, err
		}
		row[k] = d.Clone()
	}
	return row, nil
}
