package executor

import (
	"bytes"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// rowSet numbers distinct rows in order of first appearance. NULLs are equal.
type rowSet struct {
	rows   *rowStore
	index  hashIndex
	hashes []uint64 // of the rows that are added together
	ids    []uint32
}

func newRowSet(ts []types.T) *rowSet { return &rowSet{rows: newRowStore(ts)} }

func (s *rowSet) reset(b *Budget) {
	s.rows.reset(b)
	s.index.reset()
}

// add returns the number of the row in cols at i, adding it when it is new.
func (s *rowSet) add(cols []*batch.Col, i int) (id uint32, added bool, err error) {
	return s.addHashed(cols, i, rowHash(s.rows.types, cols, i))
}

func (s *rowSet) addHashed(cols []*batch.Col, i int, h uint64) (id uint32, added bool, err error) {
	if id = s.find(cols, i, s.index.first(h)); id != none {
		return id, false, nil
	}
	id = uint32(s.rows.n)
	if err := s.rows.appendAt(cols, i); err != nil {
		return 0, false, err
	}
	s.index.add(h)
	return id, true, nil
}

// addAll is add for all rows of sel; the numbers, in sel's order, are valid until the
// next call. Hashes, chains and keys are each looked at for all rows together, so that
// the processor waits for memory once where one row after the other would wait each time.
func (s *rowSet) addAll(cols []*batch.Col, sel []uint16) ([]uint32, error) {
	if len(s.ids) < len(sel) {
		s.ids, s.hashes = make([]uint32, batch.MaxRows), make([]uint64, batch.MaxRows)
	}
	ids, hashes := s.ids[:len(sel)], s.hashes[:len(sel)]
	rowHashes(hashes, s.rows.types, cols, sel)
	s.index.firsts(ids, hashes)
	s.settle(ids, cols, sel)
	for n, id := range ids {
		if id != none {
			continue
		}
		var err error
		if ids[n], _, err = s.addHashed(cols, int(sel[n]), hashes[n]); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// findAll is addAll without adding: none for rows that are not there. Their hashes are
// in hashes until the next call.
func (s *rowSet) findAll(cols []*batch.Col, sel []uint16) []uint32 {
	if len(s.ids) < len(sel) {
		s.ids, s.hashes = make([]uint32, batch.MaxRows), make([]uint64, batch.MaxRows)
	}
	ids, hashes := s.ids[:len(sel)], s.hashes[:len(sel)]
	rowHashes(hashes, s.rows.types, cols, sel)
	s.index.firsts(ids, hashes)
	s.settle(ids, cols, sel)
	for n, id := range ids {
		if id == none {
			ids[n] = s.find(cols, int(sel[n]), s.index.first(hashes[n]))
		}
	}
	return ids
}

// settle makes every id that is not the number of an equal row none.
func (s *rowSet) settle(ids []uint32, cols []*batch.Col, sel []uint16) {
	for k, c := range cols {
		to := &s.rows.cols[k]
		if c.I == nil {
			for n, i := range sel {
				if id := ids[n]; id != none && !equalAt(s.rows.types[k], c, int(i), to, int(id)) {
					ids[n] = none
				}
			}
			continue
		}
		for n, i := range sel {
			id := ids[n]
			if id == none || !c.Null[i] && !to.Null[id] && c.I[i] == to.I[id] || c.Null[i] && to.Null[id] {
				continue
			}
			ids[n] = none
		}
	}
}

// find walks a chain to the row that equals that of cols at i.
func (s *rowSet) find(cols []*batch.Col, i int, id uint32) uint32 {
	for id != none && !s.equal(cols, i, int(id)) {
		id = s.index.following(id)
	}
	return id
}

func (s *rowSet) equal(cols []*batch.Col, i, id int) bool {
	for k, c := range cols {
		if !equalAt(s.rows.types[k], c, i, &s.rows.cols[k], id) {
			return false
		}
	}
	return true
}

// equalAt compares two values; NULL equals NULL.
func equalAt(t types.T, a *batch.Col, i int, b *batch.Col, j int) bool {
	if a.Null[i] || b.Null[j] {
		return a.Null[i] && b.Null[j]
	}
	switch {
	case a.I != nil:
		return a.I[i] == b.I[j]
	case a.B != nil && types.HashesBytes(t):
		return bytes.Equal(a.B[i], b.B[j])
	}
	return types.Equal(t, a.Datum(i), b.Datum(j))
}
