package executor

import (
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/storage/table"
)

// entries evaluate the predicate and the key of a vector index: table.Entries.
// Both are immutable and read nothing but the row.
type entries struct {
	env     *Env
	attrs   []int16
	early   bool // the predicate reads a vector column
	where   *expr.Program
	key     *expr.Program // nil for a column
	keyAttr int           // place of that column in attrs
	s       expr.Scratch
	row     batch.Batch // a table row's columns by position; those of attrs are set
}

// NewEntries returns what the index holds of rows, nil when that is a column of
// every row.
func NewEntries(env *Env, t *catalog.Table, def *physical.IndexWrite) (table.Entries, error) {
	if def.Where == nil && !def.Index.Computed() {
		return nil, nil
	}
	e := &entries{env: env, row: batch.Batch{Cols: make([]batch.Col, len(t.Columns))}}
	var err error
	if e.where, err = program(def.Where); err != nil {
		return nil, err
	}
	if def.Where != nil {
		for _, k := range expr.Columns(def.Where) {
			e.attrs = append(e.attrs, int16(k+1))
			e.early = e.early || t.Columns[k].Type.IsVector()
		}
	}
	for _, k := range expr.Columns(def.Keys[0]) {
		e.addAttr(int16(k + 1))
	}
	if def.Index.Computed() {
		e.key, err = expr.Compile(def.Keys[0])
		return e, err
	}
	e.keyAttr = e.addAttr(def.Index.Keys[0].Attr)
	return e, nil
}

// addAttr adds a column once and returns its place.
func (e *entries) addAttr(attr int16) int {
	for k, a := range e.attrs {
		if a == attr {
			return k
		}
	}
	e.attrs = append(e.attrs, attr)
	return len(e.attrs) - 1
}

// Attrs implements table.Entries.
func (e *entries) Attrs() []int16 { return e.attrs }

// KeepReadsVectors implements table.Entries.
func (e *entries) KeepReadsVectors() bool { return e.early }

// tableRow shows the batch as rows of the table.
func (e *entries) tableRow(b *batch.Batch) *batch.Batch {
	for k, a := range e.attrs {
		e.row.Cols[a-1] = b.Cols[k]
	}
	e.row.Sel = b.Sel
	return &e.row
}

// Keep implements table.Entries.
func (e *entries) Keep(b *batch.Batch) error {
	if e.where == nil {
		return nil
	}
	row := e.tableRow(b)
	if err := e.where.Filter(&e.env.Env, &e.s, row); err != nil {
		return err
	}
	b.Sel = row.Sel
	return nil
}

// Vectors implements table.Entries.
func (e *entries) Vectors(b *batch.Batch) (*batch.Col, error) {
	if e.key == nil {
		return &b.Cols[e.keyAttr], nil
	}
	return e.key.Eval(&e.env.Env, &e.s, e.tableRow(b), b.Sel)
}
