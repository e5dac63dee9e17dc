package executor

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// longKey is from how many bytes on a hash stands for a value's key.
const longKey = 64

// StatExprs are the bound expressions of a table's statistics objects, by their numbers.
type StatExprs map[catalog.ID][]expr.Expr

// extSample collects what a table's statistics objects are about, as PostgreSQL's extended
// statistics need it: of each row of the sample which values are the same.
type extSample struct {
	env     *Env
	objects []extObject
	columns map[int16]*extColumn
	exprs   []*extColumn // those of all objects
	rows    int
	key     []byte
	one     *batch.Batch // a row that expressions are computed of
	scratch expr.Scratch
}

// extObject is a statistics object with what it is about: columns, then expressions.
type extObject struct {
	*catalog.ExtStatistics
	parts []*extColumn
	attrs []int16 // their numbers, −1, −2… for expressions
	from  int     // of the expressions
}

// extColumn has the values of a column, or an expression, by row of the sample: nil keys for NULL.
type extColumn struct {
	typ    types.T
	fixed  bool          // values of the type have one width
	common bool          // the values themselves are wanted
	prog   *expr.Program // of an expression
	keys   [][]byte
	wide   []bool
	values []types.Datum
	widths int64 // of all values
}

func newExtColumn(t types.T) *extColumn {
	info := types.Lookup(t.OID)
	return &extColumn{typ: t, fixed: info != nil && info.Len > 0}
}

// newExtSample is nil when ANALYZE has nothing to gather for the table. Objects whose target
// is 0 are not gathered.
func newExtSample(env *Env, t *catalog.Table, exprs StatExprs) (*extSample, error) {
	s := &extSample{env: env, columns: map[int16]*extColumn{}}
	for _, x := range t.ExtStatistics {
		if x.Target == 1 || !t.Gathers(x) || len(exprs[x.ID]) != len(x.Exprs) {
			continue
		}
		o := extObject{ExtStatistics: x, attrs: slices.Clone(x.Attrs), from: len(x.Attrs)}
		for _, a := range x.Attrs {
			if s.columns[a] == nil {
				s.columns[a] = newExtColumn(t.Columns[a-1].Type)
			}
			o.parts = append(o.parts, s.columns[a])
		}
		for i, e := range exprs[x.ID] {
			p, err := program(e)
			if err != nil {
				return nil, err
			}
			c := newExtColumn(e.Type())
			c.prog = p
			o.parts, o.attrs, s.exprs = append(o.parts, c), append(o.attrs, int16(-1-i)), append(s.exprs, c)
		}
		if x.Has('m') {
			for _, c := range o.parts {
				c.common = true
			}
		}
		s.objects = append(s.objects, o)
	}
	if s.objects == nil {
		return nil, nil
	}
	if s.exprs != nil {
		list := make([]types.T, len(t.Columns))
		for i := range t.Columns {
			list[i] = t.Columns[i].Type
		}
		s.one = batch.New(list, 1)
	}
	return s, nil
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
	return s.exprs != nil && slices.ContainsFunc(s.one.Cols, func(c batch.Col) bool { return c.T.IsVector() })
}

// put makes a row that of a place in the sample; places are filled in order before any is
// taken again.
func (s *extSample) put(slot int, row []types.Datum) error {
	if s == nil {
		return nil
	}
	s.rows = max(s.rows, slot+1)
	for a, c := range s.columns {
		s.keep(c, slot, row[a-1])
	}
	if s.exprs == nil {
		return nil
	}
	for i := range row {
		s.one.Cols[i].Set(0, row[i])
	}
	s.one.Sel = batch.Identity(1)
	for _, c := range s.exprs {
		v, err := c.prog.Eval(&s.env.Env, &s.scratch, s.one, s.one.Sel)
		if err != nil {
			return err
		}
		s.keep(c, slot, v.Datum(0))
	}
	return nil
}

// keep makes a value that of a row of the sample.
func (s *extSample) keep(c *extColumn, slot int, d types.Datum) {
	var key []byte
	wide := false
	if !d.IsNull() {
		wide = !c.fixed && len(d.Bytes())+4 > wideValue
		if c.fixed {
			c.widths += int64(types.Lookup(c.typ.OID).Len)
		} else { // a value that was just computed has a long header
			c.widths += int64(len(d.Bytes())) + 4
		}
		s.key = types.AppendKey(s.key[:0], c.typ, d, false)
		if len(s.key) >= longKey && c.prog == nil { // the length tells a hash from a key
			sum := sha256.Sum256(s.key)
			key = append(make([]byte, 0, longKey), sum[:]...)[:longKey]
		} else {
			key = append([]byte{}, s.key...)
		}
	}
	if slot == len(c.keys) {
		c.keys, c.wide = append(c.keys, nil), append(c.wide, false)
		if c.common {
			c.values = append(c.values, types.Null)
		}
	}
	c.keys[slot], c.wide[slot] = key, wide
	if c.common && !wide {
		c.values[slot] = d.Clone()
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
	numbers := map[*extColumn][]int{}
	for i := range s.objects {
		o := &s.objects[i]
		d, g := &catalog.ExtStatisticsData{}, &grouper{object: o, numbers: make([][]int, len(o.parts))}
		for k, c := range o.parts {
			if numbers[c] == nil {
				numbers[c] = c.numbers()
			}
			g.numbers[k] = numbers[c]
		}
		if o.Has('d') {
			d.Distinct = s.distinct(ctx, g, total)
		}
		if o.Has('f') {
			d.Dependencies = s.dependencies(ctx, g)
		}
		if o.Has('m') {
			d.Common = s.common(g, total, o.MaxCommon(t, statTarget))
		}
		for _, c := range o.parts[o.from:] {
			d.Exprs = append(d.Exprs, c.exprStats(total))
		}
		out[o.ID] = d
	}
	return out, ctx.Err()
}

// exprStats are the statistics of an expression in a table of so many rows.
func (c *extColumn) exprStats(total int) catalog.ExprStats {
	keys, wide := make([][]byte, 0, len(c.keys)), 0
	for i, k := range c.keys {
		if c.wide[i] {
			wide++
		} else {
			keys = append(keys, k)
		}
	}
	return catalog.ExprStats{Type: c.typ, ColumnStats: *columnStats(keys, wide, total, c.widths)}
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
