package ast

// Statements that write, with every clause on its own line (get_insert_query_def and its kin).

// writeLines writes INSERT, UPDATE or DELETE; false for other statements.
func (p *printer) writeLines(s Stmt) bool {
	defer func(was bool) { p.scoped = was }(p.scoped)
	p.scoped = true
	switch v := s.(type) {
	case *Insert:
		p.cteLines(v.With)
		p.began("INSERT INTO ")
		p.insertLines(v)
		p.returningLines(v.Returning)
	case *Update:
		p.cteLines(v.With)
		p.began("UPDATE ")
		p.written(&v.Table)
		p.s(" SET ")
		p.setList(v.Set)
		p.fromAfter(" FROM ", v.From)
		p.conditionLine(v.Where)
		p.returningLines(v.Returning)
	case *Delete:
		p.cteLines(v.With)
		p.began("DELETE FROM ")
		p.written(&v.Table)
		p.fromAfter(" USING ", v.Using)
		p.conditionLine(v.Where)
		p.returningLines(v.Returning)
	default:
		return false
	}
	return true
}

func (p *printer) began(words string) {
	p.indent += indentClause
	p.s(" ", words)
}

// written is the table that is written.
func (p *printer) written(t *TableRef) {
	plain := *t
	plain.Alias = nil
	p.tableRef(&plain)
	if t.Alias != nil {
		p.s(" AS ")
		p.ident(t.Alias.Name)
	}
}

func (p *printer) insertLines(s *Insert) {
	p.written(&s.Table)
	p.s(" ")
	for i, c := range s.Columns {
		p.s([]string{"(", ", "}[b2i(i > 0)])
		p.column(c)
	}
	if len(s.Columns) > 0 {
		p.s(") ")
	}
	p.s([]string{"", "OVERRIDING USER VALUE ", "OVERRIDING SYSTEM VALUE "}[s.Overriding])
	switch q := s.Query; {
	case q == nil:
		p.s("DEFAULT VALUES")
	case len(q.Values) == 1 && bareValues(q):
		p.line("VALUES (", -indentClause, indentClause, 2)
		p.exprs(q.Values[0])
		p.s(")")
	case len(q.Values) > 1 && bareValues(q):
		p.values(q.Values)
	default:
		p.nested(q, true)
	}
	if s.OnConflict != nil {
		p.conflictLines(s.OnConflict)
	}
}

// bareValues reports VALUES without anything behind.
func bareValues(q *Select) bool {
	return q.With == nil && q.OrderBy == nil && q.Limit == nil && q.Offset == nil
}

func (p *printer) conflictLines(o *OnConflict) {
	p.s(" ON CONFLICT")
	switch {
	case len(o.Target) > 0:
		p.indexElems(o.Target)
		p.conditionLine(o.Where)
	case o.Constraint != "":
		p.s(" ON CONSTRAINT ")
		p.ident(o.Constraint)
	}
	if !o.DoUpdate {
		p.s(" DO NOTHING")
		return
	}
	p.s(" DO UPDATE SET ")
	p.setList(o.Set)
	p.conditionLine(o.SetWhere)
}

func (p *printer) conditionLine(e Expr) {
	if e != nil {
		p.line(" WHERE ", -indentClause, indentClause, 1)
		p.expr(e)
	}
}

func (p *printer) returningLines(list []Target) {
	if len(list) > 0 {
		p.line(" RETURNING", -indentClause, indentClause, 1)
		p.targetLines(list)
	}
}
