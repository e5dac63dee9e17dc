package expr

import (
	"bytes"
	"slices"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// memo remembers what a correlated subquery gave for the values it was last run
// with, so that it runs once for each of them and not for each row. The result of
// a new key takes the place of another with its slot; while there are few slots
// they become more, up to memoSlots.
type memo struct {
	slots []memoSlot // a power of two of them
	used  int
	key   []types.Datum
	hash  uint64
}

type memoSlot struct {
	hash   uint64
	key    []types.Datum // owned; nil: empty
	result types.Datum   // owned
}

const (
	memoSlots      = 16384
	memoFirstSlots = 64
	// memoBytes is the longest value that is remembered, of a key or a result.
	memoBytes = 256
)

func (m *memo) reset() { m.slots, m.used = nil, 0 }

// slot is where results for the hash are kept.
func (m *memo) slot(hash uint64) *memoSlot { return &m.slots[hash&uint64(len(m.slots)-1)] }

// grow moves the results to four times as many slots.
func (m *memo) grow() {
	old := m.slots
	m.slots, m.used = make([]memoSlot, 4*len(old)), 0
	for _, s := range old {
		if s.key != nil {
			if to := m.slot(s.hash); to.key == nil {
				*to = s
				m.used++
			}
		}
	}
}

// set makes the values of row i of the columns the key.
func (m *memo) set(args []*batch.Col, ts []types.T, i int) *memoSlot {
	m.key, m.hash = m.key[:0], 0
	for k, c := range args {
		d := c.Datum(i)
		m.key = append(m.key, d)
		if !d.IsNull() {
			m.hash = types.Hash(ts[k], d, m.hash)
		}
		m.hash = m.hash*31 + 1
	}
	if m.slots == nil {
		m.slots = make([]memoSlot, memoFirstSlots)
	}
	return m.slot(m.hash)
}

// look returns the result for the values of row i.
func (m *memo) look(args []*batch.Col, ts []types.T, i int) (types.Datum, bool) {
	s := m.set(args, ts, i)
	if s.key == nil || s.hash != m.hash {
		return types.Datum{}, false
	}
	for k, d := range m.key {
		if !identical(ts[k], d, s.key[k]) {
			return types.Datum{}, false
		}
	}
	return s.result, true
}

// keep remembers the result for the values of row i.
func (m *memo) keep(args []*batch.Col, ts []types.T, i int, result types.Datum) {
	s := m.set(args, ts, i)
	if slices.ContainsFunc(m.key, tooLong) || tooLong(result) {
		return
	}
	if s.key == nil && m.used >= len(m.slots)/2 && len(m.slots) < memoSlots {
		m.grow()
		s = m.slot(m.hash)
	}
	if s.key == nil {
		m.used++
	}
	s.hash, s.key, s.result = m.hash, s.key[:0], result.Clone()
	for _, d := range m.key {
		s.key = append(s.key, d.Clone())
	}
}

func tooLong(d types.Datum) bool { return !d.IsNull() && len(d.Bytes()) > memoBytes }

// identical reports the same value bit by bit: values that only compare as equal,
// as 1.0 and 1.00, may make a subquery give different results.
func identical(t types.T, a, b types.Datum) bool {
	switch {
	case a.IsNull() || b.IsNull():
		return a.IsNull() && b.IsNull()
	case t.Rep() == types.RepBytes:
		return bytes.Equal(a.Bytes(), b.Bytes())
	}
	return a.Int() == b.Int()
}
