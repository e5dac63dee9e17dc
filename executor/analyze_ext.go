package executor

import (
	"context"
	"crypto/sha256"
	"math"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

const (
	// wideExtValue is from how many bytes on, with PostgreSQL's header of 4, a value is left
	// out of the search for dependencies.
	wideExtValue = 1024
	// longKey is from how many bytes on a hash stands for a value's key.
	longKey = 64
)

// extSample collects the columns of a table's statistics objects, as PostgreSQL's extended
// statistics need them: of each row of the sample which values are the same.
type extSample struct {
	t       *catalog.Table
	objects []*catalog.ExtStatistics
	columns map[int16]*extColumn
	rows    int
	key     []byte
}

// extColumn has the values of a column by row of the sample: nil keys for NULL.
type extColumn struct {
	typ   types.T
	fixed bool // values of the type have one width
	keys  [][]byte
	wide  []bool
}

// newExtSample is nil when ANALYZE has nothing to gather for the table. Objects with
// expressions are not gathered, nor those whose target is 0 and lists of common values.
func newExtSample(t *catalog.Table) *extSample {
	s := &extSample{t: t, columns: map[int16]*extColumn{}}
	for _, x := range t.ExtStatistics {
		if x.Target == 1 || len(x.Exprs) > 0 || !strings.ContainsAny(x.Kinds, "df") || !t.Gathers(x) {
			continue
		}
		s.objects = append(s.objects, x)
		for _, a := range x.Attrs {
			typ := t.Columns[a-1].Type
			info := types.Lookup(typ.OID)
			s.columns[a] = &extColumn{typ: typ, fixed: info != nil && info.Len > 0}
		}
	}
	if s.objects == nil {
		return nil
	}
	return s
}

// vectors reports whether the values of vector columns are wanted.
func (s *extSample) vectors() bool {
	if s == nil {
		return false
	}
	for _, c := range s.columns {
		if c.typ.IsVector() {
			return true
		}
	}
	return false
}

// put makes a row that of a place in the sample; places are filled in order before any is
// taken again.
func (s *extSample) put(slot int, row []types.Datum) {
	if s == nil {
		return
	}
	s.rows = max(s.rows, slot+1)
	for a, c := range s.columns {
		var key []byte
		wide, d := false, row[a-1]
		if !d.IsNull() {
			wide = !c.fixed && len(d.Bytes())+4 > wideExtValue
			s.key = types.AppendKey(s.key[:0], c.typ, d, false)
			if len(s.key) >= longKey { // the length tells a hash from a key
				sum := sha256.Sum256(s.key)
				key = append(make([]byte, 0, longKey), sum[:]...)[:longKey]
			} else {
				key = append([]byte{}, s.key...)
			}
		}
		if slot == len(c.keys) {
			c.keys, c.wide = append(c.keys, nil), append(c.wide, false)
		}
		c.keys[slot], c.wide[slot] = key, wide
	}
}

// stats is what the sample says of the objects, in a table of so many rows. What was found
// before stays for objects that are not gathered, and for all in a table that is empty.
func (s *extSample) stats(ctx context.Context, old map[catalog.ID]*catalog.ExtStatisticsData, t *catalog.Table, total int) (map[catalog.ID]*catalog.ExtStatisticsData, error) {
	out := map[catalog.ID]*catalog.ExtStatisticsData{}
	for _, x := range t.ExtStatistics {
		if d := old[x.ID]; d != nil {
			out[x.ID] = d
		}
	}
	if s == nil || s.rows == 0 {
		return out, nil
	}
	numbers := map[int16][]int{}
	for a, c := range s.columns {
		numbers[a] = c.numbers()
	}
	for _, x := range s.objects {
		d := &catalog.ExtStatisticsData{}
		for _, kind := range x.Kinds {
			switch kind {
			case 'd':
				d.Distinct = s.distinct(ctx, x.Attrs, numbers, total)
			case 'f':
				d.Dependencies = s.dependencies(ctx, x.Attrs, numbers)
			}
		}
		out[x.ID] = d
	}
	return out, ctx.Err()
}

// numbers gives every value of the sample a number, at most that of the rows, the same to
// equal ones; NULL is 0.
func (c *extColumn) numbers() []int {
	seen := map[string]int{}
	out := make([]int, len(c.keys))
	for i, k := range c.keys {
		if k == nil {
			continue
		}
		n, ok := seen[string(k)]
		if !ok {
			n = len(seen) + 1
			seen[string(k)] = n
		}
		out[i] = n
	}
	return out
}

// joined numbers the rows by two numberings of theirs together.
func joined(a, b []int) []int {
	seen := make(map[uint64]int, 1024)
	out := make([]int, len(a))
	for i := range a {
		k := uint64(a[i])<<32 | uint64(b[i]) // neither is above the number of rows
		n, ok := seen[k]
		if !ok {
			n = len(seen)
			seen[k] = n
		}
		out[i] = n
	}
	return out
}

// grouper numbers the rows by several columns. It remembers the numberings of the columns
// it was last asked for, since one group of columns mostly begins as the one before it.
type grouper struct {
	numbers map[int16][]int
	attrs   []int16
	by      [][]int // the numbering by attrs up to each
}

func (g *grouper) of(attrs []int16) []int {
	same := 0
	for same < min(len(attrs), len(g.attrs)) && attrs[same] == g.attrs[same] {
		same++
	}
	g.attrs, g.by = append(g.attrs[:same], attrs[same:]...), g.by[:same]
	for i := same; i < len(attrs); i++ {
		next := g.numbers[attrs[i]]
		if i > 0 {
			next = joined(g.by[i-1], next)
		}
		g.by = append(g.by, next)
	}
	return g.by[len(attrs)-1]
}

// distinct estimates the number of different rows of every two columns or more.
func (s *extSample) distinct(ctx context.Context, attrs []int16, numbers map[int16][]int, total int) (out []catalog.GroupDistinct) {
	g := grouper{numbers: numbers}
	for k := 2; k <= len(attrs); k++ {
		combinations(attrs, k, func(group []int16) {
			if ctx.Err() != nil {
				return
			}
			counts := make([]int, s.rows+1)
			for _, n := range g.of(group) {
				counts[n]++
			}
			different, once := 0, 0
			for _, n := range counts {
				if n > 0 {
					different++
				}
				if n == 1 {
					once++
				}
			}
			n := duj1(float64(s.rows), float64(different), float64(once), float64(total))
			out = append(out, catalog.GroupDistinct{Attrs: append([]int16(nil), group...), N: n})
		})
	}
	return out
}

// duj1 is Haas and Stokes' estimate of how many different values total rows have, from n
// of them with d different values of which once occur a single time.
func duj1(n, d, once, total float64) int64 {
	est := n * d / ((n - once) + once*n/total)
	return int64(math.Floor(min(max(est, d), total) + .5))
}

// dependencies finds how far columns determine each other: every column by any others.
func (s *extSample) dependencies(ctx context.Context, attrs []int16, numbers map[int16][]int) (out []catalog.ColumnDependency) {
	g := grouper{numbers: numbers}
	for k := 1; k < len(attrs); k++ {
		combinations(attrs, k, func(by []int16) {
			if ctx.Err() != nil {
				return
			}
			groups := g.of(by)
			for _, a := range attrs {
				if slices.Contains(by, a) {
					continue
				}
				all := append(append([]int16(nil), by...), a)
				if d := s.degree(all, groups, numbers[a]); d > 0 {
					out = append(out, catalog.ColumnDependency{Attrs: all, Degree: d})
				}
			}
		})
	}
	return out
}

// degree is the share of the sample's rows that are in groups with one value alone. Rows
// with a value that is too wide, in one of attrs, are in no group.
func (s *extSample) degree(attrs []int16, groups, values []int) float64 {
	type group struct {
		rows, value int
		mixed       bool
	}
	seen := make([]group, s.rows+1)
rows:
	for i, n := range groups {
		for _, a := range attrs {
			if s.columns[a].wide[i] {
				continue rows
			}
		}
		g := &seen[n]
		if g.rows == 0 {
			g.value = values[i]
		}
		g.rows++
		g.mixed = g.mixed || g.value != values[i]
	}
	supporting := 0
	for _, g := range seen {
		if !g.mixed {
			supporting += g.rows
		}
	}
	return float64(supporting) / float64(s.rows)
}

// combinations hands every choice of k of the columns to each, in their order, borrowed
// for the call.
func combinations(attrs []int16, k int, each func([]int16)) {
	chosen := make([]int16, 0, k)
	var choose func(from int)
	choose = func(from int) {
		if len(chosen) == k {
			each(chosen)
			return
		}
		for i := from; i < len(attrs); i++ {
			chosen = append(chosen, attrs[i])
			choose(i + 1)
			chosen = chosen[:len(chosen)-1]
		}
	}
	choose(0)
}
