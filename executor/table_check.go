package executor

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// checkColumns checks NOT NULL and CHECK constraints.
func (w *tableWriter) checkColumns(row []types.Datum, c *changedRow) error {
	t := w.def.Table
	if err := w.checkSecurity(row, c == nil && !w.moved); err != nil {
		return err
	}
	for i := range t.Columns {
		if col := &t.Columns[i]; col.NotNull && !col.Dropped && row[i].IsNull() && !c.kept(i) {
			return w.failing(row, c, pgerr.Newf(pgerrcode.NotNullViolation,
				"null value in column %q of relation %q violates not-null constraint", col.Name, t.Name)).
				OnTable(w.schema(), t.Name).OnColumn(col.Name)
		}
	}
	for i, check := range w.def.Checks {
		d, err := w.eval(w.checks[i], w.setRow(row))
		if err != nil {
			return err
		}
		if !d.IsNull() && !d.Bool() {
			return w.failing(row, c, pgerr.Newf(pgerrcode.CheckViolation,
				"new row for relation %q violates check constraint %q", t.Name, check.Constraint.Name)).
				OnTable(w.schema(), t.Name).OnConstraint(check.Constraint.Name)
		}
	}
	return nil
}

// checkSecurity makes the checks of row security on a row that is new or changed: those of
// the table that the statement names.
func (w *tableWriter) checkSecurity(row []types.Datum, isNew bool) error {
	of := w
	if w.family != nil {
		of = w.family.root
	}
	checks := &of.updated
	if isNew {
		checks = &of.inserted
	}
	if checks.def == nil {
		return nil
	}
	if w.family != nil {
		row = w.family.common(row)
	}
	b := of.setRow(row)
	return checks.refused(of.def.Table.Name, func(p *expr.Program) (types.Datum, error) { return of.eval(p, b) })
}

// checkWithin checks that a row belongs into the partition.
func (w *tableWriter) checkWithin(row []types.Datum, c *changedRow) error {
	for i := range w.within {
		key, err := evalKey(w, w.within[i], w.setRow(row), nil)
		if err != nil {
			return err
		}
		set := w.def.Within[i].Set
		if k := set.Find(key); k < 0 || set.Parts[k].ID != w.def.Within[i].Part {
			t := w.def.Table
			return w.failing(row, c, pgerr.Newf(pgerrcode.CheckViolation, "new row for relation %q violates partition constraint", t.Name)).
				OnTable(w.schema(), t.Name)
		}
	}
	return nil
}

// checkDomains checks the values of columns of domains.
func (w *tableWriter) checkDomains(row []types.Datum, c *changedRow) error {
	for i, d := range w.def.Domains {
		if c.kept(int(d.Attr) - 1) {
			continue
		}
		if _, err := w.eval(w.domains[i], w.setRow(row)); err != nil {
			return err
		}
	}
	return nil
}

// checkViews makes the checks of WITH CHECK OPTION on a row that has been stored.
func (w *tableWriter) checkViews(row []types.Datum, c *changedRow) error {
	for i, p := range w.views.conds {
		d, err := w.eval(p, w.setRow(row))
		if err != nil {
			return err
		}
		if d.IsNull() || !d.Bool() {
			return w.failing(row, c, pgerr.Newf(pgerrcode.WithCheckOptionViolation, "new row violates check option for view %q", w.views.def[i].Name))
		}
	}
	return nil
}
