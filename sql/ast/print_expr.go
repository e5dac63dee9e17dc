package ast

import "strconv"

func (p *printer) exprs(list []Expr) {
	for i, e := range list {
		p.sep(i)
		p.expr(e)
	}
}

// call writes NAME(a, b).
func (p *printer) call(name string, args []Expr) {
	p.s(name, "(")
	p.exprs(args)
	p.s(")")
}

// infix writes (left op right), the parts of e.
func (p *printer) infix(e, left Expr, op string, right Expr) {
	p.open()
	p.operand(left, e)
	p.s(" ", op, " ")
	p.operand(right, e)
	p.close()
}

func notWord(not bool) string {
	if not {
		return "NOT "
	}
	return ""
}

func (p *printer) expr(e Expr) {
	switch v := e.(type) {
	case *Lit:
		if p.lines && v.As == "" {
			p.constant(v)
			return
		}
		if v.negative() {
			p.s("(")
			p.lit(v)
			p.s(")")
			return
		}
		p.lit(v)
		if v.As != "" {
			p.s("::")
			p.as(v.As)
		}
	case *Param:
		p.param(v)
	case *ColumnRef:
		p.columnRef(v)
	case *Op:
		p.op(v)
	case *BoolOp:
		p.boolOp(v)
	case *Cast:
		p.cast(v)
	case *Func:
		p.mixed(v.Mixed, func() { p.fn(v) })
	case *Subquery:
		p.sublink(v)
	case *In:
		p.mixed(v.Schema == MixedSchema, func() { p.in(v) })
	case *Quantified:
		p.mixed(v.Schema == MixedSchema, func() { p.quantified(v) })
	case *Like:
		p.mixed(v.Mixed, func() { p.like(v) })
	case *Between:
		p.mixed(v.Schema == MixedSchema, func() { p.between(v) })
	case *Case:
		p.mixed(v.Mixed, func() { p.caseExpr(v) })
	default:
		p.exprMore(e)
	}
}

func (p *printer) exprMore(e Expr) {
	switch v := e.(type) {
	case *IsTest:
		p.open()
		p.operand(v.X, v)
		p.s(" IS ", notWord(v.Not), []string{"NULL", "TRUE", "FALSE", "UNKNOWN"}[v.What])
		p.close()
	case *Distinct:
		p.mixed(v.Schema == MixedSchema, func() { p.distinct(v) })
	case *NullIf:
		p.mixed(v.Mixed, func() { p.call("NULLIF", []Expr{v.Left, v.Right}) })
	case *Coalesce:
		p.mixed(v.Mixed, func() { p.call("COALESCE", v.Args) })
	case *MinMax:
		p.mixed(v.Mixed, func() { p.call([]string{"GREATEST", "LEAST"}[b2i(v.Least)], v.Args) })
	case *Collate:
		p.open()
		p.operand(v.X, v)
		p.s(" COLLATE ")
		name := v.Name
		if p.lines && name.Schema == "pg_catalog" { // where every search path leads
			name.Schema = ""
		}
		p.qname(name)
		p.close()
	case *SQLValue:
		p.s(v.Name)
		if v.Precision >= 0 {
			p.s("(", strconv.Itoa(int(v.Precision)), ")")
		}
	case *Array:
		p.s("ARRAY")
		p.arrayElems(v)
	case *Row:
		p.call([]string{"", "ROW"}[b2i(v.Explicit || p.lines)], v.Args)
	case *Index:
		p.index(v)
	case *FieldSel:
		switch v.X.(type) {
		case *FieldSel, *Index: // which PostgreSQL shows without parentheses
			if p.lines {
				p.expr(v.X)
				p.s(".")
				break
			}
			p.s("(")
			p.expr(v.X)
			p.s(").")
		default:
			p.s("(")
			p.expr(v.X)
			p.s(").")
		}
		if v.Star {
			p.s("*")
		} else {
			p.ident(v.Name)
		}
	case *AtTimeZone:
		p.s("(")
		p.operand(v.X, v)
		p.s(" AT TIME ZONE ")
		p.operand(v.Zone, v)
		p.s(")")
	case *Default:
		p.s("DEFAULT")
		if v.Of != nil {
			p.s("(")
			p.columnRef(v.Of)
			p.s(")")
		}
	case *Stored:
		p.operand(v.X, v)
	case *Grouping:
		p.call("GROUPING", v.Args)
	}
}

// as writes the type that a constant is of.
func (p *printer) as(name string) {
	if p.style.Quoted {
		name = QuoteType(name)
	}
	p.s(name)
}

// param writes a parameter: by the name that it has in a function.
func (p *printer) param(v *Param) {
	if v.Function == "" {
		p.s("$", strconv.Itoa(v.N))
		return
	}
	if p.scoped {
		p.ident(v.Function)
		p.s(".")
	}
	p.ident(v.Name)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *printer) columnRef(v *ColumnRef) {
	parts := v.Parts
	if p.lines && len(parts) > 2 { // the schema is written with the relation
		parts = parts[len(parts)-2:]
	}
	for i, part := range parts {
		if i > 0 {
			p.s(".")
		}
		p.ident(part)
	}
	if v.Star || v.Row != "" {
		if len(v.Parts) > 0 {
			p.s(".")
		}
		p.s("*")
	}
	if v.Row != "" {
		p.s("::")
		p.as(v.Row)
	}
}

func (p *printer) op(v *Op) {
	if p.lines {
		if all := rowsAnalysed(v); all != nil {
			p.expr(all)
			return
		}
		if p.rowOfQuery(v) {
			return
		}
		if ordersRows(v) {
			p.s("(")
			p.expr(v.Left)
			p.s(" ", p.operatorName(v.Schema, v.Name), " ")
			p.expr(v.Right)
			p.s(")")
			return
		}
	}
	name := p.operatorName(v.Schema, v.Name)
	p.open()
	if v.Left != nil {
		p.operand(v.Left, v)
		p.s(" ")
	}
	p.s(name, " ")
	p.operand(v.Right, v)
	p.close()
}

// operatorName is an operator's name, in OPERATOR() where it needs its schema.
func (p *printer) operatorName(schema, name string) string {
	if p.style.Operator != nil {
		schema = p.style.Operator(schema)
	}
	if schema == "" {
		return name
	}
	return "OPERATOR(" + p.quoted(schema) + "." + name + ")"
}

func (p *printer) boolOp(v *BoolOp) {
	p.open()
	if v.Kind == Not {
		p.s("NOT ")
		p.operand(v.Args[0], v)
	} else {
		for i, a := range v.Args {
			if i > 0 {
				p.s([]string{" AND ", " OR "}[v.Kind])
			}
			if in, ok := a.(*BoolOp); ok && i == 0 && in.Apart && in.Kind == v.Kind && !p.lines {
				p.s("(")
				p.expr(a)
				p.s(")::bool")
				continue
			}
			p.operand(a, v)
		}
	}
	p.close()
}

// cast writes 'x'::t for string constants and (x)::t for all else.
func (p *printer) cast(v *Cast) {
	if l, ok := v.X.(*Lit); ok && (l.Kind == LitString || l.Kind == LitNull) && l.As == "" {
		p.lit(p.relationLit(l, &v.To))
	} else if ok && p.lines && l.isNumeric() && v.To.Name.Name == "numeric" && len(v.To.Mods) > 0 { // of the type already
		if bareNumber(l.Text) {
			p.constant(l)
		} else {
			p.s("'", plainNumber(l.Text), "'")
		}
	} else if ok && p.lines && l.Kind == LitBit && v.To.Name.Name == "bit" && len(v.To.Mods) > 0 {
		p.s("'", bits(l.Text), "'")
	} else if p.lines && ownType(v) {
		p.expr(v.X)
		if _, bits := v.X.(*Lit); bits { // its type is part of it
			return
		}
	} else if p.style.Bare {
		twice := v.Twice && !simple(v.X, v)
		p.s([]string{"", "("}[b2i(twice)])
		p.operand(v.X, v)
		p.s([]string{"", ")"}[b2i(twice)])
	} else {
		p.s("(")
		p.bare(v.X)
		p.s(")")
	}
	p.s("::")
	p.typeName(v.To)
}

// bare writes an expression that stands in parentheses already.
func (p *printer) bare(e Expr) {
	if l, ok := e.(*Lit); ok && !p.lines {
		p.lit(l)
		return
	}
	p.expr(e)
}

// arrayElems writes the brackets: inner dimensions are bare brackets only when
// the inner arrays were written so, which the tree does not tell apart.
func (p *printer) arrayElems(v *Array) {
	p.s("[")
	p.exprs(v.Elems)
	p.s("]")
}

func (p *printer) index(v *Index) {
	plain := false
	switch v.X.(type) {
	case *FieldSel, *ColumnRef:
		plain = true
	case *Param:
		plain = !p.lines
	case *Index:
		plain = !v.Apart
	}
	switch x := v.X; {
	case plain:
		p.expr(x)
	default:
		p.s("(")
		p.expr(x)
		p.s(")")
	}
	p.subscript(v)
}

// subscript writes [i] or [lo:hi].
func (p *printer) subscript(v *Index) {
	p.s("[")
	if v.Lo != nil {
		p.expr(v.Lo)
	}
	if v.Slice {
		p.s(":")
		if v.Hi != nil {
			p.expr(v.Hi)
		}
	}
	p.s("]")
}

func (p *printer) in(v *In) {
	if p.lines && v.Schema == "" {
		p.inAnalysed(v)
		return
	}
	p.s("(")
	p.expr(v.Left)
	p.s(" ", notWord(v.Not), "IN ")
	if v.Sub != nil {
		p.subselect(v.Sub)
	} else {
		p.call("", v.List)
	}
	p.s(")")
}

func (p *printer) quantified(v *Quantified) {
	if p.lines && v.Sub != nil && v.Schema != MixedSchema {
		p.quantifiedAnalysed(v)
		return
	}
	name := v.Op
	if v.Schema != MixedSchema {
		name = p.operatorName(v.Schema, v.Op)
	}
	p.open()
	p.operand(v.Left, v)
	p.s(" ", name, []string{" ANY ", " ALL "}[b2i(v.All)], "(")
	if v.Sub != nil {
		p.subquery(v.Sub)
	} else {
		p.operand(v.Right, v)
	}
	p.s(")")
	p.close()
}

func (p *printer) like(v *Like) {
	if p.lines && !v.Mixed {
		p.expr(likeAnalysed(v))
		return
	}
	word := "LIKE"
	switch {
	case v.CaseFold:
		word = "ILIKE"
	case v.Similar:
		word = "SIMILAR TO"
	}
	p.s("(")
	p.expr(v.Left)
	p.s(" ", notWord(v.Not), word, " ")
	p.expr(v.Pattern)
	if v.Escape != nil {
		p.s(" ESCAPE ")
		p.expr(v.Escape)
	}
	p.s(")")
}

func (p *printer) between(v *Between) {
	if p.lines && v.Schema == "" {
		p.expr(betweenAnalysed(v))
		return
	}
	p.s("(")
	p.expr(v.X)
	p.s(" ", notWord(v.Not), "BETWEEN ")
	if v.Symmetric {
		p.s("SYMMETRIC ")
	}
	p.expr(v.Lo)
	p.s(" AND ")
	p.expr(v.Hi)
	p.s(")")
}

// MixedSchema and MixedName are the call that a construct of alternatives, a comparison that is
// no single operator, or an aggregate, is printed in whose values MySQL's rules convert;
// PostgreSQL's frontend reads it as that.
const MixedSchema, MixedName = "mysql", "mixed"

func (p *printer) mixed(is bool, construct func()) {
	if !is {
		construct()
		return
	}
	p.s(MixedSchema, ".", MixedName, "(")
	construct()
	p.s(")")
}

func (p *printer) caseExpr(v *Case) {
	p.line("CASE", 0, indentItem, 0)
	if v.X != nil {
		p.s(" ")
		p.expr(v.X)
	}
	for _, w := range v.Whens {
		p.part("WHEN ", 0)
		p.expr(w.Cond)
		p.s(" THEN ")
		p.expr(w.Result)
	}
	if v.Else != nil {
		p.part("ELSE ", 0)
		p.expr(v.Else)
	}
	p.part("END", -indentItem)
}
