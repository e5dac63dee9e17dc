package session

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// pageSize is what sizes are multiples of, as PostgreSQL's are.
const pageSize = 8192

// RelationSize implements builtin.Session: of tables what ANALYZE found, and a page if
// that was nothing and there are rows; of ordered indexes a page, and what their keys
// take of as many rows; of vector indexes what they hold now. System relations are made
// by code and take nothing.
func (s *Session) RelationSize(id catalog.ID) (n int64, ok bool) {
	snap := s.Catalog()
	if t, ok := snap.TableByID(id); ok {
		return s.tableSize(snap, t), true
	}
	if x, ok := snap.IndexByID(id); ok {
		if t, ok := snap.TableByID(x.Table); ok && t.IsPartitioned() {
			return 0, true
		}
		if ix, ok := s.db.vectors.Get(id); ok {
			return max(ix.Stats().DiskBytes, pageSize), true
		}
		return s.indexSize(snap, x), true
	}
	if _, ok := snap.SequenceByID(id); ok {
		return pageSize, true
	}
	if _, ok := syscat.ObjectByID(syscat.RelationClass, id); ok {
		return 0, true
	}
	if _, ok := syscat.ToastName(snap, id); ok {
		return 0, true
	}
	return 0, syscat.ByOID(id) != nil
}

func (s *Session) tableSize(snap *catalog.Snapshot, t *catalog.Table) int64 {
	if st := snap.Stats(t.ID); st != nil && st.Pages > 0 {
		return st.Pages * pageSize
	}
	if s.tableOccupied(snap, t.ID) {
		return pageSize
	}
	return 0
}

// tableOccupied reports rows; their order can be the primary key's index.
func (s *Session) tableOccupied(snap *catalog.Snapshot, id catalog.ID) bool {
	t, ok := snap.TableByID(id)
	return ok && t.IsStored() && s.occupied(keys.TableRange(t.Storage))
}

func (s *Session) indexSize(snap *catalog.Snapshot, x *catalog.Index) int64 {
	if st := snap.Stats(x.Table); st != nil && st.Rows > 0 {
		return syscat.IndexPages(st, x) * pageSize
	}
	if s.occupied(keys.IndexRange(x.Storage)) || x.Primary && s.tableOccupied(snap, x.Table) {
		return 2 * pageSize
	}
	return pageSize
}

// occupied reports whether there is anything in a range, at the session's view.
func (s *Session) occupied(r kv.Range) bool {
	var from kv.Reader
	switch {
	case s.tx.txn != nil:
		from = s.tx.txn.Unrecorded()
	case s.tx.view != nil:
		from = s.tx.view
	default:
		return false
	}
	r.Limit = 1
	it, err := from.Scan(context.Background(), r)
	if err != nil {
		return false // a size is no place to fail
	}
	defer it.Close()
	return it.Next()
}
