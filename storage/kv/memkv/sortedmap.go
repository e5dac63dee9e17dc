package memkv

import (
	"maps"
	"slices"

	"github.com/loxodb/loxodb/storage/kv"
)

// sortedMap is a map with its keys kept in order.
type sortedMap[V any] struct {
	keys []string
	vals map[string]V
}

func (m *sortedMap[V]) get(key string) (V, bool) {
	v, ok := m.vals[key]
	return v, ok
}

func (m *sortedMap[V]) set(key string, v V) {
	if m.vals == nil {
		m.vals = make(map[string]V)
	}
	if _, ok := m.vals[key]; !ok {
		i, _ := slices.BinarySearch(m.keys, key)
		m.keys = slices.Insert(m.keys, i, key)
	}
	m.vals[key] = v
}

func (m *sortedMap[V]) clone() sortedMap[V] {
	return sortedMap[V]{keys: slices.Clone(m.keys), vals: maps.Clone(m.vals)}
}

// span is the half-open interval of indexes that the range covers.
func (m *sortedMap[V]) span(r kv.Range) (lo, hi int) {
	lo, _ = slices.BinarySearch(m.keys, string(r.Start))
	hi = len(m.keys)
	if r.End != nil {
		hi, _ = slices.BinarySearch(m.keys, string(r.End))
	}
	return lo, max(lo, hi)
}

func (m *sortedMap[V]) deleteRange(r kv.Range) {
	lo, hi := m.span(r)
	for _, key := range m.keys[lo:hi] {
		delete(m.vals, key)
	}
	m.keys = slices.Delete(m.keys, lo, hi)
}
