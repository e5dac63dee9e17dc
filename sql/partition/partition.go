// Package partition finds the partition of a row, and the partitions that rows with
// given keys can be in. It must not know syntax, plans or storage.
package partition

import (
	"bytes"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Set are the partitions of a table. Immutable.
type Set struct {
	Table *catalog.Table
	// Parts are in the order of their bounds, which is PostgreSQL's: ranges and lists by
	// value, hashes by modulus and remainder, the default one last.
	Parts    []*catalog.Table
	strategy byte
	keys     []catalog.PartitionKey
	byValue  map[string]int
	null     int
	def      int
	hashes   []int // part by remainder of the greatest modulus, −1 none
}

// New lists the partitions of a partitioned table.
func New(snap *catalog.Snapshot, t *catalog.Table) *Set {
	parts := make([]*catalog.Table, 0, len(t.Children))
	for _, id := range t.Children {
		if c, ok := snap.TableByID(id); ok {
			parts = append(parts, c)
		}
	}
	return Of(t, parts)
}

// Of is New with the partitions given.
func Of(t *catalog.Table, parts []*catalog.Table) *Set {
	s := &Set{Table: t, Parts: parts, strategy: t.Partitioning.Strategy, keys: t.Partitioning.Keys, null: -1, def: -1}
	slices.SortStableFunc(parts, func(a, b *catalog.Table) int { return s.order(a.Bound, b.Bound) })
	for i, p := range parts {
		if p.Bound.Default {
			s.def = i
		}
	}
	switch s.strategy {
	case 'l':
		s.lists()
	case 'h':
		s.remainders()
	}
	return s
}

func (s *Set) order(a, b *catalog.Bound) int {
	switch {
	case a.Default != b.Default:
		if a.Default {
			return 1
		}
		return -1
	case a.Default:
		return 0
	case s.strategy == 'h':
		if a.Modulus != b.Modulus {
			return a.Modulus - b.Modulus
		}
		return a.Remainder - b.Remainder
	case s.strategy == 'l':
		return compareValue(least(a.Values), least(b.Values))
	}
	return CompareBounds(a.From, b.From)
}

// least is the first value of a list; NULL comes after all others.
func least(list []catalog.BoundValue) catalog.BoundValue {
	return slices.MinFunc(list, compareValue)
}

func compareValue(a, b catalog.BoundValue) int {
	if a.Null != b.Null {
		if a.Null {
			return 1
		}
		return -1
	}
	return bytes.Compare(a.Key, b.Key)
}

// CompareBounds orders the ends of ranges: each is the place before the key that it
// names. What stands behind MINVALUE or MAXVALUE does not count.
func CompareBounds(a, b []catalog.BoundValue) int {
	for i := range a {
		switch x, y := &a[i], &b[i]; {
		case x.Limit != y.Limit:
			return x.Limit - y.Limit
		case x.Limit != 0:
			return 0
		default:
			if c := bytes.Compare(x.Key, y.Key); c != 0 {
				return c
			}
		}
	}
	return 0
}

func (s *Set) lists() {
	s.byValue = map[string]int{}
	for i, p := range s.Parts {
		for _, v := range p.Bound.Values {
			if v.Null {
				s.null = i
			} else {
				s.byValue[string(v.Key)] = i
			}
		}
	}
}

func (s *Set) remainders() {
	most := 1
	for _, p := range s.Parts {
		most = max(most, p.Bound.Modulus)
	}
	s.hashes = make([]int, most)
	for i := range s.hashes {
		s.hashes[i] = -1
	}
	for i, p := range s.Parts {
		for r := p.Bound.Remainder; r < most && p.Bound.Modulus > 0; r += p.Bound.Modulus {
			s.hashes[r] = i
		}
	}
}

// Find is the partition of rows with the key, −1 when there is none.
func (s *Set) Find(key []types.Datum) int {
	switch s.strategy {
	case 'h':
		return s.hashes[Hash(s.keys, key)%uint64(len(s.hashes))]
	case 'l':
		if key[0].IsNull() {
			if s.null >= 0 {
				return s.null
			}
			return s.def
		}
		if i, ok := s.byValue[string(types.AppendKey(nil, s.keys[0].KeyType(), key[0], false))]; ok {
			return i
		}
		return s.def
	}
	vals := make([]catalog.BoundValue, len(key))
	for i, d := range key {
		if d.IsNull() {
			return s.def
		}
		vals[i].Key = types.AppendKey(nil, s.keys[i].KeyType(), d, false)
	}
	if i := s.place(vals); i >= 0 {
		return i
	}
	return s.def
}

// place is the range that a key lies in, −1 when it is in none.
func (s *Set) place(key []catalog.BoundValue) int {
	n := len(s.Parts)
	if s.def >= 0 {
		n--
	}
	i, same := slices.BinarySearchFunc(s.Parts[:n], key, func(p *catalog.Table, key []catalog.BoundValue) int {
		return CompareBounds(p.Bound.From, key)
	})
	if !same {
		i--
	}
	if i < 0 || CompareBounds(key, s.Parts[i].Bound.To) >= 0 {
		return -1
	}
	return i
}

// Named is the partition of that name within its table (catalog.Table.PartitionName), nil when
// there is none.
func (s *Set) Named(name string) *catalog.Table {
	for _, p := range s.Parts {
		if p.PartitionName() == name {
			return p
		}
	}
	return nil
}

// Default is the default partition, −1 when there is none.
func (s *Set) Default() int { return s.def }

// KeyNames lists the keys of a partitioned table as PARTITION BY has them.
func KeyNames(t *catalog.Table, quote func(string) string) string {
	var parts []string
	for _, k := range t.Partitioning.Keys {
		if c := t.Column(k.Attr); c != nil {
			parts = append(parts, quote(c.Name))
		} else {
			parts = append(parts, k.Expr)
		}
	}
	return strings.Join(parts, ", ")
}
