package executor

import (
	"bytes"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// common finds the most common combinations of an object's values, at most so many (mcv.c):
// those that occur so often that the sample says enough of them.
func (s *extSample) common(g *grouper, total, most int) *catalog.CommonRows {
	groups := s.combined(g)
	pgSort(groups, func(a, b *combination) int { return b.rows - a.rows })
	least := leastCommon(float64(s.rows), float64(total))
	n := 0
	for n < min(most, len(groups)) && float64(groups[n].rows) >= least {
		n++
	}
	if n == 0 {
		return nil
	}
	out := &catalog.CommonRows{}
	alone := make([]map[int]int, len(g.numbers)) // how often each value of a part occurs
	for i := range alone {
		alone[i] = map[int]int{}
		for _, c := range groups {
			alone[i][g.numbers[i][c.row]] += c.rows
		}
	}
	for _, p := range g.object.parts {
		var b types.ArrayBuilder
		b.Reset(p.typ.OID)
		for _, c := range groups[:n] {
			b.Append(p.values[c.row])
		}
		out.Types, out.Values = append(out.Types, p.typ), append(out.Values, b.Array().Clone().Bytes())
	}
	for _, c := range groups[:n] {
		base := 1.0
		for i := range alone {
			base *= float64(alone[i][g.numbers[i][c.row]]) / float64(s.rows)
		}
		out.Freqs, out.Base = append(out.Freqs, float64(c.rows)/float64(s.rows)), append(out.Base, base)
	}
	return out
}

// combination is a combination of values: in how many rows of the sample, and the first of them.
type combination struct {
	rows, row int
}

// combined are all combinations in the order of their values, NULL last, without rows that
// have a value that is too wide.
func (s *extSample) combined(g *grouper) (out []*combination) {
	parts := make([]int, len(g.numbers))
	for i := range parts {
		parts[i] = i
	}
	seen := make([]*combination, s.rows+1)
	for row, n := range g.of(parts) {
		switch {
		case g.object.wide(parts, row):
		case seen[n] == nil:
			seen[n] = &combination{1, row}
			out = append(out, seen[n])
		default:
			seen[n].rows++
		}
	}
	pgSort(out, func(a, b *combination) int {
		for _, p := range g.object.parts {
			x, y := p.keys[a.row], p.keys[b.row]
			switch {
			case x == nil && y == nil:
				continue
			case x == nil:
				return 1
			case y == nil:
				return -1
			}
			if n := p.compare(x, y, a.row, b.row); n != 0 {
				return n
			}
		}
		return 0
	})
	return out
}

// compare compares the values of two rows by their keys, unless hashes stand for these.
func (c *extColumn) compare(x, y []byte, a, b int) int {
	if len(x) >= longKey || len(y) >= longKey {
		return types.Compare(c.typ, c.values[a], c.values[b])
	}
	return bytes.Compare(x, y)
}

// leastCommon is how often a combination must occur in n of N rows for its frequency to be
// known to a fifth, as PostgreSQL's get_mincount_for_mcv_list has it.
func leastCommon(n, all float64) float64 {
	by := all - n + 0.04*n*(all-1)
	if by == 0 {
		return 0
	}
	return n * (all - n) / by
}
