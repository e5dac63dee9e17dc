package indextest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/loxodb/loxodb/vectorindex"
)

// Live is an index under test together with whatever feeds it.
type Live interface {
	vectorindex.Index
	// Put commits a new vector for row and returns the commit timestamp.
	Put(row vectorindex.RowID, vec []byte) uint64
	// Delete commits the end of row's vector.
	Delete(row vectorindex.RowID) uint64
	// Settle finishes background work: everything is sealed and merged.
	Settle()
	Close() error
}

// Model is the obvious index: all entries in a slice, every search sorts them.
// The suite compares other indexes with it, and runs over it, too.
type Model struct {
	spec    vectorindex.Spec
	mu      sync.Mutex
	now     uint64
	epochs  map[vectorindex.RowID]uint32
	alive   map[vectorindex.RowID]int // position in entries
	entries []modelEntry
}

type modelEntry struct {
	row         vectorindex.RowID
	epoch       uint32
	vec         []byte
	added, died uint64
}

// NewModel returns an empty model.
func NewModel(spec vectorindex.Spec) *Model {
	return &Model{spec: spec, epochs: map[vectorindex.RowID]uint32{}, alive: map[vectorindex.RowID]int{}}
}

// Put implements Live.
func (m *Model) Put(row vectorindex.RowID, vec []byte) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now++
	m.kill(row)
	m.epochs[row]++
	m.alive[row] = len(m.entries)
	m.entries = append(m.entries, modelEntry{row, m.epochs[row], slices.Clone(vec), m.now, 0})
	return m.now
}

// Delete implements Live.
func (m *Model) Delete(row vectorindex.RowID) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now++
	m.kill(row)
	m.epochs[row]++
	return m.now
}

func (m *Model) kill(row vectorindex.RowID) {
	if i, ok := m.alive[row]; ok {
		m.entries[i].died = m.now
		delete(m.alive, row)
	}
}

// Settle implements Live.
func (m *Model) Settle() {}

// Close implements Live.
func (m *Model) Close() error { return nil }

// Stats implements vectorindex.Index.
func (m *Model) Stats() vectorindex.Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	var st vectorindex.Stats
	for i := range m.entries {
		if m.entries[i].died == 0 {
			st.Entries++
		} else {
			st.Dead++
		}
	}
	return st
}

// Search implements vectorindex.Index.
func (m *Model) Search(ctx context.Context, q *vectorindex.Query) (vectorindex.Searcher, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if q.K < 0 || q.Effort < 0 {
		return nil, fmt.Errorf("%w: negative numbers", vectorindex.ErrQuery)
	}
	if err := m.spec.Space().Check(q.Vec); err != nil {
		return nil, fmt.Errorf("%w: %w", vectorindex.ErrQuery, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	asOf := q.AsOf
	if asOf == 0 {
		asOf = math.MaxUint64
	}
	s := &modelSearcher{}
	for i := range m.entries {
		e := &m.entries[i]
		if e.added > asOf || e.died != 0 && e.died <= asOf || q.Allow != nil && !q.Allow.Contains(uint64(e.row)) {
			continue
		}
		if d := m.spec.Space().Exact(q.Vec, e.vec); q.Within(d) {
			s.hits = append(s.hits, vectorindex.Hit{Row: e.row, Epoch: e.epoch, Dist: d})
		}
	}
	s.all = int64(len(s.hits))
	sortHits(s.hits)
	return s, nil
}

func sortHits(h []vectorindex.Hit) {
	slices.SortFunc(h, func(a, b vectorindex.Hit) int {
		if c := vectorindex.Compare(a.Dist, b.Dist); c != 0 {
			return c
		}
		switch {
		case a.Row < b.Row:
			return -1
		case a.Row > b.Row:
			return 1
		}
		return 0
	})
}

type modelSearcher struct {
	hits []vectorindex.Hit
	all  int64
}

func (s *modelSearcher) Next(ctx context.Context, dst []vectorindex.Hit) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	n := copy(dst, s.hits)
	s.hits = s.hits[n:]
	return n, nil
}

func (s *modelSearcher) Work() vectorindex.Work {
	return vectorindex.Work{Distances: s.all, Reranked: s.all, Segments: 1, Rounds: 1}
}

func (s *modelSearcher) Close() {}
