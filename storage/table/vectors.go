package table

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// VectorScan walks the values of one vector column in table-key order without
// the rows that they belong to. A row's vector is written and removed in the
// transaction that writes or removes the row, so whatever a view sees of the one
// it sees of the other. Rows whose vector is NULL have no value here.
type VectorScan struct{ iter kv.Iter }

// ScanVectors starts a walk over the column attr of rows lo..hi (both included).
func ScanVectors(ctx context.Context, from kv.Reader, t *catalog.Table, attr int16, lo, hi uint64) (*VectorScan, error) {
	it, err := from.Scan(ctx, kv.Range{
		Start: keys.AppendRow(nil, t.Storage, uint16(attr), lo),
		End:   append(keys.AppendRow(nil, t.Storage, uint16(attr), hi), 0),
	})
	if err != nil {
		return nil, err
	}
	return &VectorScan{it}, nil
}

// Next moves to the next value; false at the end or on an error.
func (s *VectorScan) Next() bool { return s.iter.Next() }

// Value is the row and its vector's datum, borrowed until the next call of Next.
func (s *VectorScan) Value() (row uint64, datum []byte, err error) {
	_, datum, err = rowcodec.DecodeVector(s.iter.Value())
	return keys.RowOf(s.iter.Key()), datum, err
}

// Err is the error that ended the walk, if any.
func (s *VectorScan) Err() error { return s.iter.Err() }

// Close ends the walk.
func (s *VectorScan) Close() error { return s.iter.Close() }
