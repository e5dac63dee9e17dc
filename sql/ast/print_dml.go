package ast

import "strconv"

// ignore stands behind the first word of a statement that passes over rows.
var ignore = [2]string{"", "IGNORE "}

func (p *printer) insert(s *Insert) {
	p.ctes(s.With)
	p.s("INSERT ", ignore[b2i(s.Ignore)], "INTO ")
	p.tableRef(&s.Table)
	if len(s.Columns) > 0 {
		p.s(" (")
		for i, c := range s.Columns {
			p.sep(i)
			p.column(c)
		}
		p.s(")")
	}
	p.s([]string{"", " OVERRIDING USER VALUE", " OVERRIDING SYSTEM VALUE"}[s.Overriding])
	if s.Query == nil {
		p.s(" DEFAULT VALUES")
	} else {
		p.s(" ")
		p.query(s.Query)
	}
	p.alias(s.Proposed)
	if s.OnConflict != nil {
		p.onConflict(s.OnConflict)
	}
	p.returning(s.Returning)
}

// column writes a target column with its subscripts.
func (p *printer) column(t Target) {
	if t.Table != "" {
		p.ident(t.Table)
		p.s(".")
	}
	p.ident(t.Name)
	for _, s := range t.Path {
		switch {
		case s.Sub != nil:
			p.subscript(s.Sub)
		case s.Star:
			p.s(".*")
		default:
			p.s(".")
			p.ident(s.Field)
		}
	}
}

func (p *printer) onConflict(o *OnConflict) {
	p.s(" ON CONFLICT")
	if len(o.Target) > 0 {
		p.s(" ")
		p.indexElems(o.Target)
	}
	p.where(o.Where)
	if o.Constraint != "" {
		p.s(" ON CONSTRAINT ")
		p.ident(o.Constraint)
	}
	if o.Replace {
		p.s(" DO REPLACE")
		return
	}
	if !o.DoUpdate {
		p.s(" DO NOTHING")
		return
	}
	p.s(" DO UPDATE SET ")
	p.setList(o.Set)
	p.where(o.SetWhere)
}

// setList writes SET items; the columns of one multiple assignment are together.
func (p *printer) setList(list []Target) {
	for i := 0; i < len(list); {
		p.sep(i)
		if list[i].Multi == nil {
			p.column(list[i])
			p.s(" = ")
			p.expr(list[i].Expr)
			i++
			continue
		}
		source, n := list[i].Multi, 0
		if row, ok := source.(*Row); ok && p.lines { // each gets its own
			for _, x := range row.Args {
				p.s([]string{"", ", "}[b2i(n > 0)])
				p.column(list[i])
				p.s(" = ")
				p.expr(x)
				i, n = i+1, n+1
			}
			continue
		}
		p.s("(")
		for ; i < len(list) && list[i].Multi != nil && list[i].MultiCol == n+1; i++ {
			p.sep(n)
			p.column(list[i])
			n++
		}
		p.s(") = ")
		p.expr(source)
	}
}

func (p *printer) whereOrCursor(where Expr, cursor string) {
	p.where(where)
	if cursor != "" {
		p.s(" WHERE CURRENT OF ")
		p.ident(cursor)
	}
}

// writeTarget writes what is changed: a table, or in MySQL's way the join it is in.
func (p *printer) writeTarget(t *TableRef, join TableExpr) {
	if join != nil {
		p.table(join)
		return
	}
	p.tableRef(t)
}

func (p *printer) update(s *Update) {
	p.ctes(s.With)
	p.s("UPDATE ", ignore[b2i(s.Ignore)])
	p.writeTarget(&s.Table, s.Join)
	p.s(" SET ")
	p.setList(s.Set)
	p.from(" FROM ", s.From)
	p.whereOrCursor(s.Where, s.CurrentOf)
	p.firstRows(s.OrderBy, s.Limit)
	p.returning(s.Returning)
}

func (p *printer) delete(s *Delete) {
	p.ctes(s.With)
	p.s("DELETE ", ignore[b2i(s.Ignore)])
	for i, name := range s.Of {
		p.sep(i)
		p.ident(name)
	}
	p.s([]string{"", " "}[b2i(s.Join != nil)], "FROM ")
	p.writeTarget(&s.Table, s.Join)
	p.from(" USING ", s.Using)
	p.whereOrCursor(s.Where, s.CurrentOf)
	p.firstRows(s.OrderBy, s.Limit)
	p.returning(s.Returning)
}

// firstRows writes ORDER BY and LIMIT of MySQL's UPDATE and DELETE.
func (p *printer) firstRows(order []SortBy, limit Expr) {
	if len(order) > 0 {
		p.s(" ")
		p.orderBy(order)
	}
	if limit != nil {
		p.s(" LIMIT ")
		p.expr(limit)
	}
}

func (p *printer) merge(s *Merge) {
	p.ctes(s.With)
	p.s("MERGE INTO ")
	p.tableRef(&s.Table)
	p.s(" USING ")
	p.table(s.Source)
	p.s(" ON ")
	p.bare(s.On)
	for i := range s.Whens {
		p.mergeWhen(&s.Whens[i])
	}
}

func (p *printer) mergeWhen(w *MergeWhen) {
	p.s([]string{" WHEN NOT MATCHED", " WHEN MATCHED"}[b2i(w.Matched)])
	if w.Cond != nil {
		p.s(" AND ")
		p.expr(w.Cond)
	}
	p.s(" THEN ")
	switch w.Action {
	case MergeNothing:
		p.s("DO NOTHING")
	case MergeDelete:
		p.s("DELETE")
	case MergeUpdate:
		p.s("UPDATE SET ")
		p.setList(w.Set)
	case MergeInsert:
		p.s("INSERT")
		if len(w.Columns) > 0 {
			p.s(" (")
			for i, c := range w.Columns {
				p.sep(i)
				p.column(c)
			}
			p.s(")")
		}
		p.s([]string{"", " OVERRIDING USER VALUE", " OVERRIDING SYSTEM VALUE"}[w.Overriding])
		if w.Values == nil {
			p.s(" DEFAULT VALUES")
			return
		}
		p.s(" VALUES (")
		p.exprs(w.Values)
		p.s(")")
	}
}

func (p *printer) indexElems(list []IndexElem) {
	p.s("(")
	for i, e := range list {
		p.sep(i)
		p.indexElem(e)
	}
	p.s(")")
}

func (p *printer) indexElem(e IndexElem) {
	if e.Expr == nil {
		p.ident(e.Column)
		if e.Prefix > 0 { // MySQL's
			p.s("(", strconv.Itoa(e.Prefix), ")")
		}
	} else if f, ok := e.Expr.(*Func); ok && !f.Explicit {
		p.expr(e.Expr)
	} else {
		p.s("(")
		p.bare(e.Expr)
		p.s(")")
	}
	if e.Collation != nil {
		p.s(" COLLATE ")
		p.qname(*e.Collation)
	}
	if e.OpClass != nil {
		p.s(" ")
		p.qname(*e.OpClass)
	}
	if len(e.OpOptions) > 0 {
		p.s(" ")
		p.options(e.OpOptions, " = ")
	}
	if e.Asc {
		p.s(" ASC")
	}
	p.direction(e.Desc, e.Nulls)
}
