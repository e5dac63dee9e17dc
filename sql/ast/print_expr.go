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
			p.s("::", v.As)
		}
	case *Param:
		p.s("$", strconv.Itoa(v.N))
	case *ColumnRef:
		p.columnRef(v)
	case *Op:
		p.op(v)
	case *BoolOp:
		p.boolOp(v)
	case *Cast:
		p.cast(v)
	case *Func:
		p.fn(v)
	case *Subquery:
		p.sublink(v)
	case *In:
		p.in(v)
	case *Quantified:
		p.quantified(v)
	case *Like:
		p.like(v)
	case *Between:
		p.between(v)
	case *Case:
		p.caseExpr(v)
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
		p.distinct(v)
	case *NullIf:
		p.call("NULLIF", []Expr{v.Left, v.Right})
	case *Coalesce:
		p.call("COALESCE", v.Args)
	case *MinMax:
		p.call([]string{"GREATEST", "LEAST"}[b2i(v.Least)], v.Args)
	case *Collate:
		p.open()
		p.operand(v.X, v)
		p.s(" COLLATE ")
		p.qname(v.Name)
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
		p.s("(")
		p.expr(v.X)
		p.s(").")
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
	if v.Star {
		if len(v.Parts) > 0 {
			p.s(".")
		}
		p.s("*")
	}
}

func (p *printer) op(v *Op) {
	if p.lines && p.rowsAnalysed(v) {
		return
	}
	name := v.Name
	if v.Schema != "" {
		name = "OPERATOR(" + QuoteIdent(v.Schema) + "." + v.Name + ")"
	}
	p.open()
	if v.Left != nil {
		p.operand(v.Left, v)
		p.s(" ")
	}
	p.s(name, " ")
	p.operand(v.Right, v)
	p.close()
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
			p.operand(a, v)
		}
	}
	p.close()
}

// cast writes 'x'::t for string constants and (x)::t for all else.
func (p *printer) cast(v *Cast) {
	if l, ok := v.X.(*Lit); ok && (l.Kind == LitString || l.Kind == LitNull) {
		p.lit(p.relationLit(l, &v.To))
	} else if p.lines && ownType(v) {
		p.expr(v.X)
		if _, bits := v.X.(*Lit); bits { // its type is part of it
			return
		}
	} else if p.style.Bare {
		p.operand(v.X, v)
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
	case *Param, *FieldSel, *ColumnRef:
		plain = true
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
	if p.lines {
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
	if p.lines && v.Sub != nil {
		p.quantifiedAnalysed(v)
		return
	}
	p.open()
	p.operand(v.Left, v)
	p.s(" ", v.Op, []string{" ANY ", " ALL "}[b2i(v.All)], "(")
	if v.Sub != nil {
		p.subquery(v.Sub)
	} else {
		p.operand(v.Right, v)
	}
	p.s(")")
	p.close()
}

func (p *printer) like(v *Like) {
	if p.lines {
		p.likeAnalysed(v)
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
	if p.lines {
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

// fn writes a call with everything an aggregate or window call may carry.
func (p *printer) fn(v *Func) {
	if v.Explicit && p.sqlSyntax(v) {
		return
	}
	name := v.Name
	if p.lines && v.Explicit && name.Schema == "pg_catalog" {
		name.Schema = ""
	}
	p.callable(name)
	p.s("(")
	if v.Star {
		p.s("*")
	}
	if v.Distinct {
		p.s("DISTINCT ")
	}
	for i, a := range v.Args {
		p.sep(i)
		if v.Variadic && i == len(v.Args)-1 {
			p.s("VARIADIC ")
		}
		if v.ArgNames != nil && v.ArgNames[i] != "" {
			p.ident(v.ArgNames[i])
			p.s(" => ")
		}
		p.expr(a)
	}
	if len(v.OrderBy) > 0 && !v.WithinGroup {
		p.s(" ")
		p.orderBy(v.OrderBy)
	}
	p.s(")")
	if v.WithinGroup {
		p.s(" WITHIN GROUP (")
		p.orderBy(v.OrderBy)
		p.s(")")
	}
	if v.Filter != nil {
		p.s(" FILTER (WHERE ")
		p.expr(v.Filter)
		p.s(")")
	}
	if v.Over != nil {
		p.s(" OVER ")
		if v.Over.NameOnly {
			p.ident(v.Over.Ref)
		} else {
			p.window(*v.Over)
		}
	}
}

// sqlSyntax writes the SQL constructs that PostgreSQL parses to functions;
// false for a name it does not know.
func (p *printer) sqlSyntax(v *Func) bool {
	a := v.Args
	switch {
	case v.Name.Name == "extract" && len(a) == 2:
		p.s("EXTRACT(", extractField(a[0]), " FROM ")
		p.expr(a[1])
	case v.Name.Name == "unnest" && p.lines:
		p.call("UNNEST", a)
		return true
	case v.Name.Name == "position" && len(a) == 2:
		p.s("POSITION(", []string{"", "("}[b2i(p.lines)])
		p.expr(a[1])
		p.s([]string{" IN ", ") IN ("}[b2i(p.lines)])
		p.expr(a[0])
		p.s([]string{"", ")"}[b2i(p.lines)])
	case v.Name.Name == "overlaps" && len(a) == 4:
		p.s("((")
		p.exprs(a[:2])
		p.s(") OVERLAPS (")
		p.exprs(a[2:])
		p.s(")")
	case v.Name.Name == "substring" && p.lines && len(a) == 2 && isText(a[1]):
		return false
	case v.Name.Name == "substring" && p.lines && len(a) == 3 && isText(a[1]) && isText(a[2]):
		p.keyworded("SUBSTRING", a, "SIMILAR", "ESCAPE")
	case v.Name.Name == "substring" && (len(a) == 2 || len(a) == 3):
		p.keyworded("SUBSTRING", a, "FROM", "FOR")
	case v.Name.Name == "overlay" && (len(a) == 3 || len(a) == 4):
		p.keyworded("OVERLAY", a, "PLACING", "FROM", "FOR")
	case v.Name.Name == "btrim":
		return p.trim("BOTH", a)
	case v.Name.Name == "ltrim":
		return p.trim("LEADING", a)
	case v.Name.Name == "rtrim":
		return p.trim("TRAILING", a)
	case v.Name.Name == "normalize" && len(a) <= 2:
		p.s("NORMALIZE(")
		p.expr(a[0])
		if len(a) == 2 {
			p.s(", ", word(a[1]))
		}
	case v.Name.Name == "is_normalized" && len(a) <= 2:
		p.s("(")
		p.expr(a[0])
		p.s(" IS ")
		if len(a) == 2 {
			p.s(word(a[1]), " ")
		}
		p.s("NORMALIZED")
	case v.Name.Name == "pg_collation_for" && len(a) == 1:
		p.s("COLLATION FOR (")
		p.expr(a[0])
	default:
		return false
	}
	p.s(")")
	return true
}

// keyworded writes NAME(a KW1 b KW2 c).
func (p *printer) keyworded(name string, args []Expr, kws ...string) {
	p.s(name, "(")
	for i, a := range args {
		if i > 0 {
			p.s(" ", kws[i-1], " ")
		}
		p.expr(a)
	}
}

// trim writes TRIM(BOTH chars FROM x); the arguments are x, chars.
func (p *printer) trim(side string, a []Expr) bool {
	p.s("TRIM(", side, " ")
	if len(a) == 2 {
		p.expr(a[1])
		p.s(" FROM ")
		p.expr(a[0])
	} else {
		p.s("FROM ")
		p.exprs(a)
	}
	p.s(")")
	return true
}

// word is the text of a string literal that the grammar made of a keyword.
func word(e Expr) string {
	if l, ok := e.(*Lit); ok {
		return l.Text
	}
	return ""
}

// extractField writes EXTRACT's field bare where the grammar takes it so.
func extractField(e Expr) string {
	l, ok := e.(*Lit)
	if !ok {
		return ""
	}
	switch {
	case isPlainIdent(l.Text) && extractFields[l.Text]:
		return l.Text
	default:
		return QuoteLiteral(l.Text)
	}
}

// extractFields are the fields PostgreSQL knows (datetime.c).
var extractFields = words(`century day decade dow doy epoch hour isodow isoyear julian microseconds millennium
milliseconds minute month quarter second timezone timezone_hour timezone_minute week year`)
