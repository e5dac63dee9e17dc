package executor

import (
	"cmp"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/types"
)

const (
	partTarget  = 1000 // most common parts
	partsPerRow = 2000 // that are looked at
)

// partSample collects what the values of a column consist of, for columns whose values
// an inverted index takes apart: the parts' hashes, by row of the sample.
type partSample struct {
	class   *gin.Class
	typ     types.T
	rows    [][]uint64
	null    []bool
	entries gin.Entries
}

func newPartSample(t types.T) *partSample {
	class, ok := gin.Default(t)
	if !ok || class.Extension != "" {
		return nil
	}
	return &partSample{class: class, typ: t}
}

// put makes a value that of a row of the sample.
func (s *partSample) put(slot int, d types.Datum) {
	s.entries.Reset()
	s.entries.Add(s.class, 0, s.typ, d)
	list := s.entries.Sorted()
	list = list[:min(len(list), partsPerRow)]
	for slot >= len(s.rows) {
		s.rows, s.null = append(s.rows, nil), append(s.null, false)
	}
	s.null[slot] = d.IsNull()
	row := s.rows[slot][:0]
	for _, e := range list {
		row = append(row, gin.PartHash(e))
	}
	s.rows[slot] = row
}

// nullFrac is the share of rows that have no value.
func (s *partSample) nullFrac() float64 {
	n := 0
	for _, null := range s.null {
		if null {
			n++
		}
	}
	return float64(n) / float64(max(len(s.null), 1))
}

// stats adds the most common parts and how many rows have them.
func (s *partSample) stats(c *catalog.ColumnStats) {
	all := slices.Concat(s.rows...)
	slices.Sort(all)
	type part struct {
		hash uint64
		rows int
	}
	var parts []part
	for _, h := range all {
		if n := len(parts); n > 0 && parts[n-1].hash == h {
			parts[n-1].rows++
		} else {
			parts = append(parts, part{h, 1})
		}
	}
	c.PartCount = len(parts)
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.rows < 2 && len(s.rows) > 1 })
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.rows, a.rows) })
	parts = parts[:min(len(parts), partTarget)]
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.hash, b.hash) })
	for _, p := range parts {
		c.Parts = append(c.Parts, p.hash)
		c.PartFreqs = append(c.PartFreqs, float32(p.rows)/float32(len(s.rows)))
	}
	c.PartRest = .5 / float32(max(len(s.rows), 1))
	if len(parts) == partTarget {
		c.PartRest = slices.Min(c.PartFreqs) / 2
	}
}
