package ast

// subselect writes a query in parentheses.
func (p *printer) subselect(q *Select) {
	p.s("(")
	p.subquery(q)
	p.s(")")
}

func (p *printer) query(q *Select) {
	if p.lines {
		p.queryLines(q)
		return
	}
	p.ctes(q.With)
	switch {
	case q.SetOp != SetNone:
		p.setOp(q)
	case q.Values != nil:
		p.s("VALUES ")
		for i, row := range q.Values {
			p.sep(i)
			p.call("", row)
		}
	default:
		p.plainSelect(q)
	}
	if len(q.OrderBy) > 0 {
		p.s(" ")
		p.orderBy(q.OrderBy)
	}
	if q.Offset != nil {
		p.s(" OFFSET ")
		p.expr(q.Offset)
	}
	if q.Limit != nil && q.WithTies {
		p.s(" FETCH FIRST (")
		p.bare(q.Limit)
		p.s(") ROWS WITH TIES")
	} else if q.Limit != nil {
		p.s(" LIMIT ")
		p.expr(q.Limit)
	}
	for _, l := range q.Locking {
		p.locking(l)
	}
}

func (p *printer) ctes(w *With) {
	if w == nil {
		return
	}
	p.s("WITH ")
	if w.Recursive {
		p.s("RECURSIVE ")
	}
	for i, c := range w.CTEs {
		p.sep(i)
		p.ident(c.Name)
		p.parenIdents(c.Columns)
		p.s(" AS ", []string{"", "MATERIALIZED ", "NOT MATERIALIZED ", "MATERIALIZED "}[c.Materialized], "(")
		p.stmt(c.Query)
		p.s(")")
		p.graph(&w.CTEs[i])
	}
	p.s(" ")
}

// graph writes SEARCH and CYCLE.
func (p *printer) graph(c *CTE) {
	if x := c.Search; x != nil {
		p.s(" SEARCH ", []string{"DEPTH", "BREADTH"}[b2i(x.Breadth)], " FIRST BY ")
		p.idents(x.By)
		p.s(" SET ")
		p.ident(x.Set)
	}
	x := c.Cycle
	if x == nil {
		return
	}
	p.s(" CYCLE ")
	p.idents(x.Columns)
	p.s(" SET ")
	p.ident(x.Set)
	if !isBool(x.To, true) || !isBool(x.Default, false) {
		p.s(" TO ")
		p.mark(x.To)
		p.s(" DEFAULT ")
		p.mark(x.Default)
	}
	p.s(" USING ")
	p.ident(x.Using)
}

// mark writes a constant where the grammar takes nothing else, with its type before it;
// PostgreSQL shows it as a cast all the same.
func (p *printer) mark(e Expr) {
	of := ""
	if c, ok := e.(*Cast); ok && !p.lines {
		p.typeName(c.To)
		p.s(" ")
		e, of = c.X, c.To.Name.Name
	}
	l, ok := e.(*Lit)
	if !ok || p.lines || l.As == "" {
		p.expr(e)
		return
	}
	if of == "" {
		p.s(l.As, " ")
	}
	p.lit(l)
}

func isBool(e Expr, v bool) bool {
	l, ok := e.(*Lit)
	return ok && l.Kind == LitBool && l.Bool == v
}

// hasTail reports clauses that belong to the whole query, so that an operand
// of a set operation carrying them needs parentheses.
func (q *Select) hasTail() bool {
	return q.With != nil || q.OrderBy != nil || q.Limit != nil || q.Offset != nil || q.Locking != nil
}

// setOp writes left UNION right. Left-deep chains need no parentheses.
func (p *printer) setOp(q *Select) {
	if l := q.Left; l.hasTail() || q.SetOp == Intersect && l.SetOp != SetNone && l.SetOp != Intersect {
		p.subselect(l)
	} else {
		p.query(l)
	}
	p.s([]string{"", " UNION ", " INTERSECT ", " EXCEPT "}[q.SetOp])
	if q.SetAll {
		p.s("ALL ")
	}
	if r := q.Right; r.hasTail() || r.SetOp != SetNone {
		p.subselect(r)
	} else {
		p.query(r)
	}
}

func (p *printer) plainSelect(q *Select) {
	p.s("SELECT")
	if q.Distinct {
		p.s(" DISTINCT")
	}
	if q.DistinctOn != nil {
		p.s(" DISTINCT ON (")
		p.exprs(q.DistinctOn)
		p.s(")")
	}
	if len(q.Targets) > 0 {
		p.s(" ")
		p.targets(q.Targets)
	}
	p.from(" FROM ", q.From)
	p.where(q.Where)
	if len(q.GroupBy) > 0 {
		p.s(" GROUP BY ")
		if q.GroupAll {
			p.s("DISTINCT ")
		}
		p.groupItems(q.GroupBy)
	}
	if q.Having != nil {
		p.s(" HAVING ")
		p.expr(q.Having)
	}
	for i, w := range q.Windows {
		if i == 0 {
			p.s(" WINDOW ")
		}
		p.sep(i)
		p.ident(w.Name)
		p.s(" AS ")
		p.window(w.Def)
	}
}

func (p *printer) where(e Expr) {
	if e != nil {
		p.s(" WHERE ")
		p.expr(e)
	}
}

func (p *printer) targets(list []Target) {
	for i, t := range list {
		p.sep(i)
		p.target(t)
	}
}

func (p *printer) target(t Target) {
	p.expr(t.Expr)
	if t.Name != "" {
		p.s(" AS ")
		p.ident(t.Name)
	}
}

func (p *printer) returning(list []Target) {
	if len(list) > 0 {
		p.s(" RETURNING ")
		p.targets(list)
	}
}

func (p *printer) groupItems(list []GroupItem) {
	for i, g := range list {
		p.sep(i)
		p.groupItem(g, false)
	}
}

// groupItem writes an item; in GROUPING SETS a single expression has parentheses too.
func (p *printer) groupItem(g GroupItem, inSets bool) {
	if g.Kind == GroupExpr {
		p.groupExpr(g.Expr, inSets)
		return
	}
	p.s([]string{GroupRollup: "ROLLUP", GroupCube: "CUBE", GroupSets: "GROUPING SETS ", GroupRow: ""}[g.Kind], "(")
	for i, m := range g.Items {
		p.sep(i)
		p.groupItem(m, g.Kind == GroupSets)
	}
	p.s(")")
}

func (p *printer) groupExpr(e Expr, parens bool) {
	if _, row := e.(*Row); row {
		parens = false
	}
	p.s([]string{"", "("}[b2i(parens)])
	if p.lines {
		p.key(e)
	} else {
		p.expr(e)
	}
	p.s([]string{"", ")"}[b2i(parens)])
}

func (p *printer) orderBy(list []SortBy) {
	p.s("ORDER BY ")
	if p.lines {
		p.keys(len(list), nil, func(i int) { p.sortExpr(list[i]) }, func(i int) { p.order(list[i]) })
		return
	}
	for i, o := range list {
		p.sep(i)
		p.sortBy(o)
	}
}

func (p *printer) sortBy(o SortBy) {
	p.sortExpr(o)
	if o.Using != "" {
		p.s(" USING ", o.Using)
	}
	p.direction(o.Desc, o.Nulls)
}

func (p *printer) sortExpr(o SortBy) {
	switch {
	case o.PlacesWritten:
		p.mixed(true, func() { p.expr(o.Expr) })
	case p.lines:
		p.key(o.Expr)
	default:
		p.expr(o.Expr)
	}
}

func (p *printer) direction(desc bool, nulls NullsOrder) {
	if desc {
		p.s(" DESC")
	}
	p.s([]string{"", " NULLS FIRST", " NULLS LAST"}[nulls])
}

// LockingWords is FOR UPDATE and the like.
func LockingWords(s LockStrength) string {
	return []string{"FOR KEY SHARE", "FOR SHARE", "FOR NO KEY UPDATE", "FOR UPDATE"}[s]
}

func (p *printer) locking(l Locking) {
	p.s(" ", LockingWords(l.Strength))
	if len(l.Of) > 0 {
		p.s(" OF ")
		p.qnames(l.Of)
	}
	switch {
	case l.NoWait:
		p.s(" NOWAIT")
	case l.Skip:
		p.s(" SKIP LOCKED")
	}
}

// window writes a parenthesised window definition.
func (p *printer) window(w Window) {
	sep := ""
	p.s("(")
	if w.Ref != "" {
		p.ident(w.Ref)
		sep = " "
	}
	if len(w.PartitionBy) > 0 {
		p.s(sep, "PARTITION BY ")
		if p.lines {
			p.keys(len(w.PartitionBy), nil, func(i int) { p.key(w.PartitionBy[i]) }, nil)
		} else {
			p.exprs(w.PartitionBy)
		}
		sep = " "
	}
	if len(w.OrderBy) > 0 {
		p.s(sep)
		p.orderBy(w.OrderBy)
		sep = " "
	}
	if f := w.Frame; f != nil {
		p.s(sep, []string{"RANGE", "ROWS", "GROUPS"}[f.Mode], []string{" ", " BETWEEN "}[b2i(f.Between)])
		p.bound(f.Start)
		if f.Between {
			p.s(" AND ")
			p.bound(f.End)
		}
		p.s([]string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"}[f.Exclude])
	}
	p.s(")")
}

func (p *printer) bound(b FrameBound) {
	if b.Offset != nil && p.lines {
		p.count(b.Offset)
	} else if b.Offset != nil {
		p.expr(b.Offset)
	}
	p.s([]string{"UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING", "UNBOUNDED FOLLOWING"}[b.Kind])
}
