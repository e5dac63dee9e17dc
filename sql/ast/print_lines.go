package ast

import (
	"bytes"
	"strconv"
	"strings"
)

// subquery writes a query inside something else; indentation begins where that is.
func (p *printer) subquery(q *Select) { p.nested(q, false) }

// nested is subquery; hidden where nobody sees the names of its columns.
func (p *printer) nested(q *Select, hidden bool) {
	indent, inner, was, around := p.indent, p.inner, p.hidden, p.beside
	p.inner, p.hidden = true, hidden
	p.query(q)
	p.indent, p.inner, p.hidden, p.beside = indent, inner, was, around
}

// sublink writes a query that is part of an expression: nobody sees the names of
// its columns.
func (p *printer) sublink(v *Subquery) {
	if !p.lines {
		p.s([]string{"", "EXISTS ", "ARRAY"}[v.Kind])
		p.subselect(v.Query)
		return
	}
	p.s([]string{"(", "(EXISTS (", "ARRAY("}[v.Kind])
	p.nested(v.Query, true)
	p.s([]string{")", "))", ")"}[v.Kind])
}

// queryLines is query with every clause on its own line (get_select_query_def).
func (p *printer) queryLines(q *Select) {
	defer func(was bool) { p.scoped = was }(p.scoped)
	p.scoped = p.scoped || q.From != nil || q.Values != nil || q.SetOp != SetNone
	if q.With != nil {
		for i := range q.With.CTEs {
			p.around = append(p.around, q.With.CTEs[i].Name)
		}
		defer func(n int) { p.around = p.around[:n] }(len(p.around) - len(q.With.CTEs))
	}
	p.cteLines(q.With)
	switch {
	case q.SetOp != SetNone:
		p.setOpLines(q)
	default:
		p.indent += indentClause
		p.begin()
		p.body(q)
	}
	if len(q.OrderBy) > 0 {
		p.line(" ORDER BY ", -indentClause, indentClause, 1)
		p.keys(len(q.OrderBy), func(i int) string { return p.sortKeyOf(q, q.OrderBy[i]) },
			func(i int) { p.sortKey(q, q.OrderBy[i]) }, func(i int) { p.order(q.OrderBy[i]) })
	}
	if q.Offset != nil {
		p.line(" OFFSET ", -indentClause, indentClause, 0)
		p.count(q.Offset)
	}
	switch {
	case q.Limit == nil:
	case q.WithTies:
		p.line(" FETCH FIRST ", -indentClause, indentClause, 0)
		p.s("(")
		p.bare(q.Limit)
		p.s(") ROWS WITH TIES")
	default:
		p.line(" LIMIT ", -indentClause, indentClause, 0)
		if isNull(q.Limit) {
			p.s("ALL")
		} else {
			p.count(q.Limit)
		}
	}
	for _, l := range locksAnalysed(q) {
		p.line("", -indentClause, indentClause, 0)
		p.locking(l)
	}
}

// count writes a number of rows: what is converted to bigint without a word.
func (p *printer) count(e Expr) { p.operand(e, &Cast{X: e}) }

func (p *printer) cteLines(w *With) {
	if w == nil {
		return
	}
	p.indent += indentClause
	p.begin()
	p.s("WITH ")
	if w.Recursive {
		p.s("RECURSIVE ")
	}
	for i, c := range w.CTEs {
		p.sep(i)
		p.ident(c.Name)
		if len(c.Columns) > 0 {
			p.s("(")
			p.idents(c.Columns)
			p.s(")")
		}
		p.s(" AS ", []string{"", "MATERIALIZED ", "NOT MATERIALIZED ", "MATERIALIZED "}[c.Materialized], "(")
		p.line("", 0, 0, 0)
		if q, ok := c.Query.(*Select); ok {
			p.subquery(q)
		} else if indent := p.indent; p.writeLines(c.Query) {
			p.indent = indent
		} else {
			p.stmt(c.Query)
		}
		p.line("", 0, 0, 0)
		p.s(")")
		p.graph(&w.CTEs[i])
	}
	p.indent -= indentClause
	p.gap()
}

// body writes VALUES, or SELECT up to its WINDOW clause.
func (p *printer) body(q *Select) {
	if q.Values != nil {
		p.values(q.Values)
		return
	}
	p.s("SELECT")
	if q.Distinct {
		p.s(" DISTINCT")
	}
	if q.DistinctOn != nil {
		p.s(" DISTINCT ON (")
		p.keys(len(q.DistinctOn), func(i int) string { return p.keyOf(q, q.DistinctOn[i]) }, func(i int) { p.key(meant(q, q.DistinctOn[i])) }, nil)
		p.s(")")
	}
	p.beside = names(nil, q.From)
	p.targetLines(q.Targets)
	p.fromLines(q.From)
	if q.Where != nil {
		p.line(" WHERE ", -indentClause, indentClause, 1)
		p.expr(q.Where)
	}
	if len(q.GroupBy) > 0 {
		p.line(" GROUP BY ", -indentClause, indentClause, 1)
		p.s([]string{"", "DISTINCT "}[b2i(q.GroupAll)])
		p.groupItems(p.grouped(q))
	}
	if q.Having != nil {
		p.line(" HAVING ", -indentClause, indentClause, 0)
		p.expr(q.Having)
	}
	for i, w := range q.Windows {
		if i == 0 {
			p.line(" WINDOW ", -indentClause, indentClause, 1)
		}
		p.sep(i)
		p.ident(w.Name)
		p.s(" AS ")
		p.window(w.Def)
	}
}

func (p *printer) values(rows [][]Expr) {
	p.s("VALUES ")
	for i, row := range rows {
		p.sep(i)
		p.s("(")
		for k, x := range row {
			p.s([]string{"", ","}[b2i(k > 0)])
			p.expr(x)
		}
		p.s(")")
	}
}

func (p *printer) targetLines(list []Target) {
	many := false
	for i, t := range list {
		p.s([]string{" ", ", "}[b2i(i > 0)])
		text := p.apart(func() { p.targetLine(t) })
		p.wrapped(text, i > 0, many)
		many = strings.Contains(strings.TrimPrefix(text, "\n"), "\n")
	}
}

func (p *printer) targetLine(t Target) {
	p.expr(t.Expr)
	if ref, ok := t.Expr.(*ColumnRef); ok && ref.Row == "" && len(ref.Parts) > 0 && ref.Parts[len(ref.Parts)-1] == t.Name ||
		t.Name == "" || p.hidden && t.Name == "?column?" {
		return
	}
	p.s(" AS ")
	p.ident(t.Name)
}

func (p *printer) fromLines(list []TableExpr) { p.fromAfter(" FROM ", list) }

// fromAfter writes the items of FROM, or of what is like it, behind the word.
func (p *printer) fromAfter(word string, list []TableExpr) {
	for i, t := range list {
		if i == 0 {
			p.line(word, -indentClause, indentClause, 2)
			p.table(t)
			continue
		}
		p.s(", ")
		p.wrapped(p.apart(func() { p.table(t) }), true, false)
	}
}

// apart is what f writes.
func (p *printer) apart(f func()) string {
	was := p.b
	p.b = bytes.Buffer{}
	f()
	text := p.b.String()
	p.b = was
	return text
}

// wrapped writes an item of a list, on a line of its own where it is not the first and the line
// would be too long with it, or force says so.
func (p *printer) wrapped(text string, later, force bool) {
	switch {
	case p.style.Width < 0, p.style.Flat:
	case strings.HasPrefix(text, "\n"):
		p.trimRight()
	case later:
		line := p.b.Bytes()
		line = line[bytes.LastIndexByte(line, '\n')+1:]
		if force || len(line)+len(text) > p.style.Width {
			p.line("", -indentClause, indentClause, indentItem)
		}
	}
	p.s(text)
}

// meant is the expression that a sort or group key stands for: a column of the
// select list may be given by its number or its name.
func meant(q *Select, e Expr) Expr {
	if n := numberOf(q, e); n > 0 {
		return q.Targets[n-1].Expr
	}
	return e
}

// numberOf is the number of the column of the select list that a key says it is, 0 for none.
func numberOf(q *Select, e Expr) int {
	switch v := e.(type) {
	case *Lit:
		if v.Kind == LitInt && !v.Value && v.Int >= 1 && v.Int <= int64(len(q.Targets)) {
			return int(v.Int)
		}
	case *ColumnRef:
		for i := range q.Targets {
			if len(v.Parts) == 1 && outputName(&q.Targets[i]) == v.Parts[0] {
				return i + 1
			}
		}
	}
	return 0
}

// keyOf tells keys apart: one that says which column of the select list it is, others by their
// text, which the first column that has it answers to.
func (p *printer) keyOf(q *Select, e Expr) string {
	n := numberOf(q, e)
	text := p.apart(func() { p.key(e) })
	for i := 0; n == 0 && i < len(q.Targets); i++ {
		if text == p.apart(func() { p.key(q.Targets[i].Expr) }) {
			n = i + 1
		}
	}
	if n > 0 {
		return "#" + strconv.Itoa(n)
	}
	return text
}

// outputName is the name of a column of the select list, "" where only the
// figuring of names would tell.
func outputName(t *Target) string {
	if ref, ok := t.Expr.(*ColumnRef); ok && t.Name == "" && len(ref.Parts) > 0 && !ref.Star {
		return ref.Parts[len(ref.Parts)-1]
	}
	return t.Name
}

// sortKeyOf is keyOf of what a query is sorted by.
func (p *printer) sortKeyOf(q *Select, o SortBy) string {
	if q.SetOp != SetNone {
		return outputNumber(q, o.Expr)
	}
	return p.keyOf(q, o.Expr)
}

// sortKey writes what a query is sorted by, order how.
func (p *printer) sortKey(q *Select, o SortBy) {
	if q.SetOp != SetNone {
		p.s(outputNumber(q, o.Expr))
		return
	}
	o.Expr = meant(q, o.Expr)
	p.sortExpr(o)
}

func (p *printer) order(o SortBy) {
	o = usual(o)
	if o.Using != "" {
		p.s(" USING ", o.Using)
	}
	nulls := o.Nulls
	if o.Using == "" && (o.Desc && nulls == NullsFirst || !o.Desc && nulls == NullsLast) {
		nulls = NullsDefault
	}
	p.direction(o.Desc, nulls)
}

// outputNumber is the position of an output column of a set operation.
func outputNumber(q *Select, e Expr) string {
	q = q.leftmost()
	if ref, ok := e.(*ColumnRef); ok && len(ref.Parts) == 1 {
		for i := range q.Targets {
			if outputName(&q.Targets[i]) == ref.Parts[0] {
				return strconv.Itoa(i + 1)
			}
		}
	}
	return Print(e)
}

// grouped are the items of GROUP BY as they are meant, each expression once.
func (p *printer) grouped(q *Select) []GroupItem {
	seen := map[string]bool{}
	out := make([]GroupItem, 0, len(q.GroupBy))
	for _, g := range q.GroupBy {
		if g.Kind == GroupExpr {
			key := p.keyOf(q, g.Expr)
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		out = append(out, meantItem(q, g))
	}
	return out
}

func meantItem(q *Select, g GroupItem) GroupItem {
	if g.Expr != nil {
		g.Expr = meant(q, g.Expr)
	}
	items := g.Items
	g.Items = make([]GroupItem, len(items))
	for i := range items {
		g.Items[i] = meantItem(q, items[i])
	}
	return g
}

// leftmost is the query that names the columns of a set operation.
func (q *Select) leftmost() *Select {
	for q.SetOp != SetNone {
		q = q.Left
	}
	return q
}

// setOpLines writes a set operation; operands that are not plain begin a level
// of their own (get_setop_query).
func (p *printer) setOpLines(q *Select) {
	l, r := q.Left, q.Right
	parens := l.SetOp != SetNone && !l.hasTail() && (l.SetOp != q.SetOp || l.SetAll != q.SetAll)
	if parens {
		p.s("(")
		p.line("", indentClause, 0, 0)
		p.setOperand(l)
		p.line(") ", -indentClause, 0, 0)
	} else {
		p.setOperand(l)
		p.gap()
	}
	p.s([]string{"", "UNION ", "INTERSECT ", "EXCEPT "}[q.SetOp], []string{"", "ALL "}[b2i(q.SetAll)])
	hidden := p.hidden
	p.hidden = true
	defer func() { p.hidden = hidden }()
	if r.SetOp != SetNone && !r.hasTail() {
		p.s("(")
		p.line("", indentClause, 0, 0)
		p.setOperand(r)
		p.indent -= indentClause
		p.line(")", 0, 0, 0)
		return
	}
	p.line("", 0, 0, 0)
	p.setOperand(r)
}

// arm writes a query of a set operation.
func (p *printer) arm(q *Select) {
	indent, beside := p.indent, p.beside
	p.query(q)
	p.indent, p.beside = indent, beside
}

func (p *printer) setOperand(q *Select) {
	switch {
	case q.hasTail():
		p.s("(")
		p.arm(q)
		p.s(")")
	case q.SetOp != SetNone:
		p.setOpLines(q)
	default:
		p.arm(q)
	}
}

// joinLines writes a join, in parentheses unless the style leaves them out.
func (p *printer) joinLines(j *Join) {
	around := !p.style.Bare || j.Alias != nil
	if around {
		p.s("(")
	}
	p.table(j.Left)
	natural := []string{" ", " NATURAL "}[b2i(j.Natural)]
	word := []string{"JOIN ", "LEFT JOIN ", "RIGHT JOIN ", "FULL JOIN "}[j.Kind]
	if j.Kind == InnerJoin && !j.Natural && j.On == nil && len(j.Using) == 0 {
		word = "CROSS JOIN "
	}
	p.line(natural+word, -indentClause, indentClause, indentJoin)
	r, nested := j.Right.(*Join)
	right := p.style.Bare && nested && r.Alias == nil
	if right {
		p.s("(")
	}
	p.table(j.Right)
	if right {
		p.s(")")
	}
	if len(j.Using) > 0 {
		p.s(" USING")
		p.parenIdents(j.Using)
		if j.UsingAlias != "" {
			p.s(" AS ")
			p.ident(j.UsingAlias)
		}
	}
	switch {
	case j.On != nil:
		p.s(" ON ")
		p.open()
		p.expr(j.On)
		p.close()
	case j.Kind != InnerJoin && len(j.Using) == 0 && !j.Natural:
		p.s(" ON TRUE")
	}
	if around {
		p.s(")")
		p.alias(j.Alias)
	}
}
