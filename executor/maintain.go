package executor

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// This file is what schema changes do to rows: fill indexes, check constraints,
// write tables anew.

// eachRow walks a whole table at the environment's view: the row number and the row in
// attribute order, borrowed for the call. vectors says whether vector columns
// are read (NULL otherwise).
func eachRow(ctx context.Context, env *Env, t *catalog.Table, vectors bool, each func(id uint64, row []types.Datum) error) error {
	return eachRowOf(ctx, env, t, func(k int) bool { return vectors || !t.Columns[k].Type.IsVector() }, each)
}

// eachRowOf is eachRow with the columns that are wanted; others are NULL.
func eachRowOf(ctx context.Context, env *Env, t *catalog.Table, want func(k int) bool, each func(id uint64, row []types.Datum) error) error {
	n := &physical.Scan{Table: t}
	n.ID = noCounter
	n.Attrs = []int16{catalog.RowIDAttr}
	at := make([]int, 0, len(t.Columns)) // attribute index of each output column
	for i := range t.Columns {
		if t.Columns[i].Dropped || !want(i) {
			continue
		}
		n.Attrs, at = append(n.Attrs, int16(i+1)), append(at, i)
	}
	s, err := newScan(n)
	if err != nil {
		return err
	}
	if err := s.Open(ctx, env); err != nil {
		return err
	}
	defer s.Close()
	row := make([]types.Datum, len(t.Columns))
	for i := range row {
		row[i] = types.Null
	}
	for {
		b, err := s.Next(ctx)
		if err != nil || b == nil {
			return err
		}
		for _, i := range b.Sel {
			for k, a := range at {
				row[a] = b.Cols[1+k].Datum(int(i))
			}
			if err := each(uint64(b.Cols[0].I[i]), row); err != nil {
				return err
			}
		}
	}
}

// BuildIndex fills ordered index i of the table from its rows. done reports the
// number of rows so far, now and then.
func BuildIndex(ctx context.Context, env *Env, def *physical.TableWrite, i int, done func(rows int64)) error {
	w, err := newTableWriter(def)
	if err != nil {
		return err
	}
	if err := w.open(ctx, env); err != nil {
		return err
	}
	rows := int64(0)
	err = eachRowOf(ctx, env, def.Table, readBy(&def.Indexes[i]), func(id uint64, row []types.Datum) error {
		if rows++; rows%4096 == 0 {
			done(rows)
		}
		return w.w.AddEntry(ctx, i, row, id)
	})
	if err == nil {
		err = w.w.Finish(ctx)
	}
	return w.withSchema(err)
}

// readBy tells the columns that an index's keys and predicate read.
func readBy(x *physical.IndexWrite) func(k int) bool {
	read := map[int]bool{}
	for _, k := range x.Index.Keys {
		read[int(k.Attr)-1] = true // of an expression, no column's
	}
	for _, e := range append([]expr.Expr{x.Where}, x.Keys...) {
		for _, c := range expr.Columns(e) {
			read[c] = true
		}
	}
	return func(k int) bool { return read[k] }
}

// CheckNotNull looks for a NULL in a column.
func CheckNotNull(ctx context.Context, env *Env, t *catalog.Table, attr int16) error {
	return eachRowOf(ctx, env, t, func(k int) bool { return k == int(attr)-1 }, func(_ uint64, row []types.Datum) error {
		if !row[attr-1].IsNull() {
			return nil
		}
		c := &t.Columns[attr-1]
		return pgerr.Newf(pgerrcode.NotNullViolation, "column %q of relation %q contains null values", c.Name, t.Name).
			OnTable(env.Catalog.SchemaName(t.Schema), t.Name).OnColumn(c.Name)
	})
}

// EachValue gives every value of a column.
func EachValue(ctx context.Context, env *Env, t *catalog.Table, attr int16, each func(types.Datum)) error {
	return eachRowOf(ctx, env, t, func(k int) bool { return k == int(attr)-1 }, func(_ uint64, row []types.Datum) error {
		each(row[attr-1])
		return nil
	})
}

// CheckAll looks for a row for which a condition over the table's row is false: 23514.
func CheckAll(ctx context.Context, env *Env, t *catalog.Table, cond expr.Expr) error {
	p, err := expr.Compile(cond)
	if err != nil {
		return err
	}
	ts := make([]types.T, len(t.Columns))
	for i := range t.Columns {
		ts[i] = t.Columns[i].Type
	}
	in := batch.New(ts, 1)
	in.Sel = batch.Identity(1)
	var scratch expr.Scratch
	return eachRow(ctx, env, t, true, func(_ uint64, row []types.Datum) error {
		for i := range row {
			in.Cols[i].Set(0, row[i])
		}
		c, err := p.Eval(&env.Env, &scratch, in, in.Sel)
		if err != nil {
			return err
		}
		if d := c.Datum(0); !d.IsNull() && !d.Bool() {
			return pgerr.Newf(pgerrcode.CheckViolation, "a row of relation %q violates the condition", t.Name)
		}
		return nil
	})
}

// Validate checks a CHECK or FOREIGN KEY constraint against all rows.
func Validate(ctx context.Context, env *Env, def *physical.TableWrite, con *catalog.Constraint) error {
	w, err := newTableWriter(def)
	if err != nil {
		return err
	}
	if err := w.open(ctx, env); err != nil {
		return err
	}
	t := def.Table
	check := -1
	for i, c := range def.Checks {
		if c.Constraint.ID == con.ID {
			check = i
		}
	}
	err = eachRow(ctx, env, t, true, func(_ uint64, row []types.Datum) error {
		if con.Kind == catalog.ForeignConstraint {
			return w.validateReference(ctx, con, row)
		}
		d, err := w.eval(w.checks[check], w.setRow(row))
		if err != nil {
			return err
		}
		if !d.IsNull() && !d.Bool() {
			return pgerr.Newf(pgerrcode.CheckViolation, "check constraint %q of relation %q is violated by some row", con.Name, t.Name).
				OnTable(w.schema(), t.Name).OnConstraint(con.Name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.finish(ctx)
}

func (w *tableWriter) validateReference(ctx context.Context, con *catalog.Constraint, row []types.Datum) error {
	vals, all, err := w.referenceValues(con, row)
	if err != nil || !all {
		return err
	}
	return w.checkReference(ctx, con, vals)
}

// Rewrite copies the rows of old into def's table, whose storage is new and
// empty. values computes assigned columns over the old row, missing columns get
// their defaults; everything is checked as for INSERT, except foreign keys of
// rows that had them already, and CHECK constraints that are not valid.
func Rewrite(ctx context.Context, env *Env, old *catalog.Table, def *physical.TableWrite, values map[int16]expr.Expr) error {
	valid := *def
	valid.Checks = slices.DeleteFunc(slices.Clone(def.Checks), func(c physical.Check) bool { return !c.Constraint.Validated })
	w, err := newTableWriter(&valid)
	if err != nil {
		return err
	}
	if err := w.open(ctx, env); err != nil {
		return err
	}
	from := make([]types.T, len(old.Columns))
	for i := range old.Columns {
		from[i] = old.Columns[i].Type
	}
	in := batch.New(from, 1)
	in.Sel = batch.Identity(1)
	progs := map[int16]*expr.Program{}
	for a, e := range values {
		if progs[a], err = expr.Compile(e); err != nil {
			return err
		}
	}
	var scratch expr.Scratch
	out := make([]types.Datum, len(def.Table.Columns))
	return eachRow(ctx, env, old, true, func(_ uint64, row []types.Datum) error {
		for i := range out {
			out[i] = types.Null
			if i < len(row) && !def.Table.Columns[i].Dropped {
				out[i] = row[i]
			}
		}
		for i := range row { // values may be of columns that are dropped at the same time
			in.Cols[i].Set(0, row[i])
		}
		for a, p := range progs {
			c, err := p.Eval(&env.Env, &scratch, in, in.Sel)
			if err != nil {
				return err
			}
			out[a-1] = c.Datum(0)
		}
		if err := w.complete(out, nil); err != nil {
			return rewriteError(err, def.Table)
		}
		_, err := w.w.Insert(ctx, out)
		return rewriteError(w.withSchema(err), def.Table)
	})
}

// rewriteError words violations as ALTER TABLE does.
func rewriteError(err error, t *catalog.Table) error {
	var e *pgerr.Error
	if !errors.As(err, &e) || e.DataType != "" { // a domain's
		return err
	}
	switch e.Code {
	case pgerrcode.NotNullViolation:
		e.Message, e.Detail = "column \""+e.Column+"\" of relation \""+t.Name+"\" contains null values", ""
	case pgerrcode.UniqueViolation:
		e.Message = "could not create unique index \"" + e.Constraint + "\""
		e.Detail = strings.Replace(e.Detail, " already exists.", " is duplicated.", 1)
	case pgerrcode.ExclusionViolation: // the other row was written first
		e.Message = "could not create exclusion constraint \"" + e.Constraint + "\""
		if key, existing, ok := strings.Cut(strings.TrimSuffix(e.Detail, "."), " conflicts with existing key "); ok {
			e.Detail = "Key " + existing + " conflicts with key " + strings.TrimPrefix(key, "Key ") + "."
		}
	case pgerrcode.CheckViolation:
		e.Message, e.Detail = "check constraint \""+e.Constraint+"\" of relation \""+t.Name+"\" is violated by some row", ""
	}
	return e
}

// CheckWithin reports whether all rows of a partition belong into it.
func CheckWithin(ctx context.Context, env *Env, def *physical.TableWrite) (bool, error) {
	w, err := newTableWriter(def)
	if err != nil {
		return false, err
	}
	w.env = env
	err = eachRow(ctx, env, def.Table, true, func(_ uint64, row []types.Datum) error { return w.checkWithin(row, nil) })
	if pgerr.Code(err) == pgerrcode.CheckViolation {
		return false, nil
	}
	return err == nil, err
}
