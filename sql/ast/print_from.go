package ast

import "slices"

func (p *printer) from(word string, list []TableExpr) {
	for i, t := range list {
		if i == 0 {
			p.s(word)
		}
		p.sep(i)
		p.table(t)
	}
}

func (p *printer) table(t TableExpr) {
	switch v := t.(type) {
	case *TableRef:
		p.tableRef(v)
	case *SubqueryRef:
		p.s([]string{"", "LATERAL "}[b2i(v.Lateral)])
		if v.Listed {
			p.s("(")
			p.values(v.Query.Values)
			p.s(")")
		} else {
			p.subselect(v.Query)
		}
		p.alias(v.Alias)
	case *FuncRef:
		p.funcRef(v)
	case *Join:
		p.join(v)
	case *Sample:
		p.table(v.Table)
		p.s(" TABLESAMPLE ")
		p.callable(v.Method)
		p.call([]string{"", " "}[b2i(p.lines)], v.Args)
		if v.Repeatable != nil {
			p.call(" REPEATABLE ", []Expr{v.Repeatable})
		}
	}
}

func (p *printer) tableRef(t *TableRef) {
	if t.Only {
		p.s("ONLY ")
	}
	name := t.Name
	if p.style.Relation != nil {
		name = p.style.Relation(name)
		if name.Schema == "" && slices.Contains(p.around, name.Name) { // it would mean the WITH query
			name.Schema = t.Name.Schema
		}
	}
	p.qname(name)
	if t.Parts != nil {
		p.s(" PARTITION")
		p.parenIdents(t.Parts)
	}
	p.alias(t.Alias)
}

func (p *printer) alias(a *Alias) {
	if a == nil {
		return
	}
	if !p.lines || a.Name == "" {
		p.s(" AS")
	}
	if a.Name != "" {
		p.s(" ")
		p.ident(a.Name)
	}
	if p.lines && len(a.Columns) > 0 {
		p.s("(")
		p.idents(a.Columns)
		p.s(")")
	} else {
		p.parenIdents(a.Columns)
	}
	if len(a.ColDefs) > 0 {
		p.s([]string{" ", ""}[b2i(p.lines)])
		p.colDefs(a.ColDefs)
	}
}

func (p *printer) colDefs(list []ColumnDef) {
	p.s("(")
	for i, d := range list {
		p.sep(i)
		p.columnDef(d)
	}
	p.s(")")
}

func (p *printer) funcRef(f *FuncRef) {
	if p.lines {
		f = p.functionAnalysed(f)
	}
	if f.Lateral {
		p.s("LATERAL ")
	}
	if f.RowsFrom {
		p.s([]string{"ROWS FROM (", "ROWS FROM("}[b2i(p.lines)])
	}
	for i, it := range f.Funcs {
		p.sep(i)
		if c, ok := it.Call.(*Cast); ok { // only CAST(…) may stand here
			p.s("CAST(")
			p.expr(c.X)
			p.s(" AS ")
			p.typeName(c.To)
			p.s(")")
		} else {
			p.expr(it.Call)
		}
		if len(it.ColDefs) > 0 {
			p.s(" AS ")
			p.colDefs(it.ColDefs)
		}
	}
	if f.RowsFrom {
		p.s(")")
	}
	if f.Ordinality {
		p.s(" WITH ORDINALITY")
	}
	p.alias(f.Alias)
}

func (p *printer) join(j *Join) {
	if p.lines {
		p.joinLines(j)
		return
	}
	if j.Alias != nil {
		p.s("(")
	}
	p.table(j.Left)
	p.s([]string{"", " NATURAL"}[b2i(j.Natural)])
	if j.Kind == InnerJoin && !j.Natural && j.On == nil && len(j.Using) == 0 {
		p.s(" CROSS")
	}
	p.s([]string{"", " LEFT", " RIGHT", " FULL"}[j.Kind], " JOIN ")
	if r, ok := j.Right.(*Join); ok && r.Alias == nil {
		p.s("(")
		p.table(r)
		p.s(")")
	} else {
		p.table(j.Right)
	}
	if len(j.Using) > 0 {
		p.s(" USING")
		p.parenIdents(j.Using)
		if j.UsingAlias != "" {
			p.s(" AS ")
			p.ident(j.UsingAlias)
		}
	}
	if j.On != nil {
		p.s(" ON ")
		p.expr(j.On)
	}
	if j.Alias != nil {
		p.s(")")
		p.alias(j.Alias)
	}
}
