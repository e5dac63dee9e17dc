package executor

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/table"
)

// wideValue is how many bytes a value may have, as PostgreSQL stores it, to be compared
// with others: wider ones are thought to be all different.
const wideValue = 1024

// analyzeVectors makes the statistics of a vector column from the sampled rows, which it
// puts in order.
func analyzeVectors(ctx context.Context, env *Env, t *catalog.Table, c *catalog.Column, sampled []uint64, rows int) (*catalog.ColumnStats, error) {
	if len(sampled) == 0 {
		return nil, nil
	}
	slices.Sort(sampled)
	v := &vectorSample{typ: c.Type}
	r := table.NewReader(t, []int16{c.Num})
	var b batch.Batch
	b.Cols = make([]batch.Col, 1)
	width := storedBytes(c.Type.VectorWidth() + vectorHeader)
	for at := 0; at < len(sampled); at += batch.MaxRows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := r.Fetch(ctx, env.Read, sampled[at:min(at+batch.MaxRows, len(sampled))], &b); err != nil {
			return nil, err
		}
		if width > wideValue { // all are
			v.addWide(&b.Cols[0], b.Sel, width)
			continue
		}
		if err := r.LoadVectors(ctx, env.Read, &b); err != nil {
			return nil, err
		}
		v.add(&b.Cols[0], b.Sel)
	}
	return columnStats(v.keys, v.wide, rows, v.bytes), nil
}

// vectorSample is what a sample has of a column.
type vectorSample struct {
	typ   types.T
	keys  [][]byte // nil for NULL
	wide  int      // values that are too wide for a key
	bytes int64    // of all values
}

func (s *vectorSample) addWide(c *batch.Col, sel []uint16, width int) {
	for _, i := range sel {
		if c.Null[i] {
			s.keys = append(s.keys, nil)
			continue
		}
		s.wide++
		s.bytes += int64(width)
	}
}

func (s *vectorSample) add(c *batch.Col, sel []uint16) {
	for _, i := range sel {
		if c.Null[i] {
			s.keys = append(s.keys, nil)
			continue
		}
		n := storedBytes(len(c.B[i]) + vectorHeader)
		s.bytes += int64(n)
		if n > wideValue {
			s.wide++
			continue
		}
		s.keys = append(s.keys, types.AppendKey([]byte{}, s.typ, types.Bytes(c.B[i]), false))
	}
}

// vectorHeader is what pgvector stores of a vector beside what is stored here.
const vectorHeader = 4

// storedBytes is how many bytes PostgreSQL needs for a value of so many: it has a length
// before it, a short one if it is small.
func storedBytes(n int) int {
	if n < 127 {
		return n + 1
	}
	return n + 4
}
