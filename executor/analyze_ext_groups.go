package executor

import (
	"context"
	"math"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
)

// grouper numbers the rows by several columns of an object, given by their places in it. It
// remembers the numberings of the columns it was last asked for, since one group of columns
// mostly begins as the one before it.
type grouper struct {
	object  *extObject
	numbers [][]int
	last    []int
	by      [][]int // the numbering by last up to each
}

func (g *grouper) of(parts []int) []int {
	same := 0
	for same < min(len(parts), len(g.last)) && parts[same] == g.last[same] {
		same++
	}
	g.last, g.by = append(g.last[:same], parts[same:]...), g.by[:same]
	for i := same; i < len(parts); i++ {
		next := g.numbers[parts[i]]
		if i > 0 {
			next = joined(g.by[i-1], next)
		}
		g.by = append(g.by, next)
	}
	return g.by[len(parts)-1]
}

// attrs are the numbers of an object's parts.
func (o *extObject) attrsOf(parts []int) []int16 {
	out := make([]int16, len(parts))
	for i, p := range parts {
		out[i] = o.attrs[p]
	}
	return out
}

// distinct estimates the number of different rows of every two columns or more.
func (s *extSample) distinct(ctx context.Context, g *grouper, total int) (out []catalog.GroupDistinct) {
	for k := 2; k <= len(g.numbers); k++ {
		combinations(len(g.numbers), k, func(group []int) {
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
			out = append(out, catalog.GroupDistinct{Attrs: g.object.attrsOf(group), N: n})
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
func (s *extSample) dependencies(ctx context.Context, g *grouper) (out []catalog.ColumnDependency) {
	for k := 1; k < len(g.numbers); k++ {
		combinations(len(g.numbers), k, func(by []int) {
			if ctx.Err() != nil {
				return
			}
			groups := g.of(by)
			for p := range g.numbers {
				if slices.Contains(by, p) {
					continue
				}
				all := append(slices.Clone(by), p)
				if d := s.degree(g, all, groups); d > 0 {
					out = append(out, catalog.ColumnDependency{Attrs: g.object.attrsOf(all), Degree: d})
				}
			}
		})
	}
	return out
}

// degree is the share of the sample's rows that are in groups with one value alone. Rows
// with a value that is too wide, in one of the parts, are in no group; the last is that determined.
func (s *extSample) degree(g *grouper, parts, groups []int) float64 {
	type group struct {
		rows, value int
		mixed       bool
	}
	seen, values := make([]group, s.rows+1), g.numbers[parts[len(parts)-1]]
	for i, n := range groups {
		if g.object.wide(parts, i) {
			continue
		}
		of := &seen[n]
		if of.rows == 0 {
			of.value = values[i]
		}
		of.rows++
		of.mixed = of.mixed || of.value != values[i]
	}
	supporting := 0
	for _, g := range seen {
		if !g.mixed {
			supporting += g.rows
		}
	}
	return float64(supporting) / float64(s.rows)
}

// wide reports a row of the sample with a value, in one of the parts, that is too wide.
func (o *extObject) wide(parts []int, row int) bool {
	return slices.ContainsFunc(parts, func(p int) bool { return o.parts[p].wide[row] })
}

// combinations hands every choice of k of n places to each, in their order, borrowed
// for the call.
func combinations(n, k int, each func([]int)) {
	chosen := make([]int, 0, k)
	var choose func(from int)
	choose = func(from int) {
		if len(chosen) == k {
			each(chosen)
			return
		}
		for i := from; i < n; i++ {
			chosen = append(chosen, i)
			choose(i + 1)
			chosen = chosen[:len(chosen)-1]
		}
	}
	choose(0)
}
