package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// cteEntry is a WITH name in scope.
type cteEntry struct {
	name string
	cte  *logical.CTE
	cols []outCol
	// work is the working table while the query's own recursive part is bound.
	work   bool
	workID int
	// extra is how many of the last columns SEARCH and CYCLE have added.
	extra int
	// digits are the columns that hide some; those with all of them come after cols.
	digits []hiddenColumn
}

// findCTE finds a WITH name, innermost first; inner reports that the reference stands
// in a query below the one that has the WITH clause.
func findCTE(s *scope, name string) (c *cteEntry, inner bool) {
	for level := s; level != nil; level = level.parent {
		for i := len(level.ctes) - 1; i >= 0; i-- {
			if level.ctes[i].name == name {
				return level.ctes[i], level != s
			}
		}
	}
	return nil, false
}

// with binds a WITH clause into the scope.
func (b *binder) with(s *scope, w *ast.With) error {
	if w == nil {
		return nil
	}
	seen := map[string]bool{}
	for i := range w.CTEs {
		if seen[w.CTEs[i].Name] {
			return errAt(w.CTEs[i].Pos, pgerrcode.DuplicateAlias, "WITH query name \"%s\" specified more than once", w.CTEs[i].Name)
		}
		seen[w.CTEs[i].Name] = true
	}
	if w.Recursive {
		return b.withRecursive(s, w)
	}
	for i := range w.CTEs {
		s.future = append(s.future, w.CTEs[i].Name)
	}
	for i := range w.CTEs {
		if err := b.cte(s, &w.CTEs[i]); err != nil {
			return err
		}
		s.future = s.future[1:]
	}
	return nil
}

// withRecursive binds the queries of WITH RECURSIVE, each after those that it reads.
func (b *binder) withRecursive(s *scope, w *ast.With) error {
	order, err := dependencyOrder(w)
	if err != nil {
		return err
	}
	for _, c := range order {
		if !mentions(c.Query, c.Name) {
			continue
		}
		if err := checkRecursion(c); err != nil {
			return err
		}
	}
	for _, c := range order {
		if sel, ok := c.Query.(*ast.Select); ok && mentions(sel, c.Name) {
			err = b.recursiveCTE(s, c, sel)
		} else {
			err = b.cte(s, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dependencyOrder sorts the queries of WITH RECURSIVE so that each comes after those
// that it reads; two that read each other are refused.
func dependencyOrder(w *ast.With) ([]*ast.CTE, error) {
	n := len(w.CTEs)
	left := make([]int, n)
	reads := make([]map[int]bool, n)
	for i := range w.CTEs {
		left[i], reads[i] = i, map[int]bool{}
		for j := range w.CTEs {
			if i != j && mentions(w.CTEs[i].Query, w.CTEs[j].Name) {
				reads[i][j] = true
			}
		}
	}
	var order []*ast.CTE
	for i := range n {
		at := -1
		for k := i; k < n && at < 0; k++ {
			if len(reads[left[k]]) == 0 {
				at = k
			}
		}
		if at < 0 {
			return nil, errAt(w.CTEs[left[i]].Pos, pgerrcode.FeatureNotSupported, "mutual recursion between WITH items is not implemented")
		}
		left[i], left[at] = left[at], left[i]
		order = append(order, &w.CTEs[left[i]])
		for _, k := range left[i+1:] {
			delete(reads[k], left[i])
		}
	}
	return order, nil
}

func (b *binder) cte(s *scope, c *ast.CTE) error {
	var q *query
	var err error
	write := true
	in := *s
	in.grouping, in.srfs, in.calls, in.items = nil, nil, nil, nil
	switch x := c.Query.(type) {
	case *ast.Select:
		write = false
		q, err = b.selectStmt(x, &in, queryOpts{})
	case *ast.Insert:
		q, err = b.insert(x, &in)
	case *ast.Update:
		q, err = b.update(x, &in)
	case *ast.Delete:
		q, err = b.delete(x, &in)
	case *ast.Merge:
		return errAt(c.Pos, pgerrcode.FeatureNotSupported, "MERGE not supported in WITH query")
	default:
		return notYet(c.Pos, "this statement in WITH")
	}
	if err != nil {
		return err
	}
	if write && s.parent != nil {
		return errAt(c.Pos, pgerrcode.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level")
	}
	if c.Search != nil || c.Cycle != nil {
		return errAt(c.Pos, pgerrcode.SyntaxError, "WITH query is not recursive")
	}
	inline := !write && c.Materialized != ast.MaterializeAlways && c.Materialized != ast.MaterializeFirst
	return b.addCTE(s, c, q, write, inline)
}

// addCTE registers a bound WITH query and names its columns.
func (b *binder) addCTE(s *scope, c *ast.CTE, q *query, write, inline bool) error {
	if c.All && len(c.Columns) != len(q.out) {
		return ErrColumnCounts()
	}
	if len(c.Columns) > len(q.out) {
		return errAt(c.Pos, pgerrcode.InvalidColumnReference, "WITH query \"%s\" has %d columns available but %d columns specified",
			c.Name, len(q.out), len(c.Columns))
	}
	cols := append([]outCol(nil), q.out...)
	for i, n := range c.Columns {
		cols[i].name = n
	}
	if inline { // what has effects of its own must happen exactly once
		logical.Visit(q.tree, func(n logical.Node) {
			if _, ok := n.(*logical.Lock); ok {
				inline = false
			}
		})
		logical.VisitExprs(q.tree, func(e expr.Expr) { inline = inline && !logical.IsVolatile(e) })
	}
	out := q.ids()
	hidden := b.hiddenDigits(q)
	for _, h := range hidden {
		out = append(out, h.id)
	}
	cte := &logical.CTE{Name: c.Name, Tree: q.tree, Out: out, Write: write, Inline: inline, Index: len(b.meta.CTEs)}
	b.meta.CTEs = append(b.meta.CTEs, cte)
	if c.Materialized == ast.MaterializeFirst {
		b.meta.RunFirst(cte)
	}
	s.ctes = append(s.ctes, &cteEntry{name: c.Name, cte: cte, cols: cols, digits: hidden})
	return nil
}

// notYetReferable is the error for the name of a WITH query that comes later.
func notYetReferable(s *scope, n *ast.QName) error {
	for level := s; level != nil; level = level.parent {
		if n.Schema == "" && slices.Contains(level.future, n.Name) {
			return errAt(n.Pos, pgerrcode.UndefinedTable, "relation \"%s\" does not exist", n.Name).
				WithDetail("There is a WITH item named \"%s\", but it cannot be referenced from this part of the query.", n.Name).
				WithHint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references.")
		}
	}
	return nil
}

// cteRef binds a reference to a WITH query.
func (b *binder) cteRef(s *scope, c *cteEntry, inner bool, x *ast.TableRef) (logical.Node, []*nsItem, error) {
	name := c.name
	if x.Alias != nil {
		name = x.Alias.Name
	}
	if !c.work && c.cte.Write && len(c.cols) == 0 {
		return nil, nil, errAt(x.Pos, pgerrcode.FeatureNotSupported, "WITH query \"%s\" does not have a RETURNING clause", c.name)
	}
	var out []logical.ColID
	var cols []nsCol
	for _, o := range c.cols {
		from := &b.meta.Cols[o.id]
		id := b.meta.Add(logical.ColInfo{Name: o.name, Rel: name, T: o.t, OrigTable: from.OrigTable, OrigAttr: from.OrigAttr, Domain: from.Domain})
		if sh := b.shapes[o.id]; sh != nil {
			b.shapes[id] = sh
		}
		out = append(out, id)
		cols = append(cols, nsCol{o.name, b.meta.Column(id)})
	}
	for _, h := range c.digits {
		id := b.meta.Add(logical.ColInfo{Name: cols[h.col].name, Rel: name, T: b.meta.Cols[h.id].T})
		out = append(out, id)
		shown, err := b.shown(b.meta.Column(id), h.shown, ast.NoPos)
		if err != nil {
			return nil, nil, err
		}
		cols[h.col].e = shown
	}
	it, err := named(c.name, x.Alias, cols, x.Pos)
	if err != nil {
		return nil, nil, err
	}
	if n := len(it.cols) - c.extra; inner || c.work { // of SEARCH and CYCLE: not in *
		it.hidden, it.cols = append(it.hidden, it.cols[n:]...), it.cols[:n]
	}
	it.rel = &relation{alias: it.name, derived: true, work: c.work, what: "a WITH query"}
	if c.work {
		return &logical.WorkRef{Work: c.workID, Name: c.name, Out: out}, one(it), nil
	}
	c.cte.Refs++
	return &logical.CTERef{CTE: c.cte, Out: out}, one(it), nil
}

// recursiveCTE binds non-recursive UNION [ALL] recursive.
func (b *binder) recursiveCTE(s *scope, c *ast.CTE, sel *ast.Select) error {
	in := *s
	in.grouping, in.srfs, in.calls, in.items = nil, nil, nil, nil
	if err := b.with(&in, sel.With); err != nil {
		return err
	}
	init, err := b.selectStmt(sel.Left, &in, queryOpts{})
	if err != nil {
		return err
	}
	if c.All && len(c.Columns) != len(init.out) {
		return ErrColumnCounts()
	}
	if len(c.Columns) > len(init.out) {
		return errAt(c.Pos, pgerrcode.InvalidColumnReference, "WITH query \"%s\" has %d columns available but %d columns specified", c.Name, len(init.out), len(c.Columns))
	}
	cols := append([]outCol(nil), init.out...)
	for i, n := range c.Columns {
		cols[i].name = n
	}
	g, err := b.newGraph(&in, c, sel, cols)
	if err != nil {
		return err
	}
	right := sel.Right
	work := &cteEntry{name: c.Name, work: true, workID: b.meta.Works}
	if g != nil {
		init, right, work.extra = b.start(g, init), g.stepQuery(right), len(g.added)
		cols = append(cols[:len(cols):len(cols)], init.out[len(cols):]...)
	}
	work.cols = cols
	b.meta.Works++
	rec := in
	rec.ctes = append(append([]*cteEntry(nil), in.ctes...), work)
	step, err := b.setOperand(&rec, right)
	if err != nil {
		return err
	}
	if g != nil {
		if g.err != nil {
			return g.err
		}
		if step, err = b.next(g, step); err != nil {
			return err
		}
	}
	u, err := b.recursiveUnion(c, sel, work.workID, init, step, cols)
	if err != nil {
		return err
	}
	if err := b.addCTE(s, &ast.CTE{At: c.At, Name: c.Name}, u, false, c.Materialized != ast.MaterializeAlways); err != nil {
		return err
	}
	s.ctes[len(s.ctes)-1].extra = work.extra
	return nil
}

func (b *binder) recursiveUnion(c *ast.CTE, sel *ast.Select, work int, init, step *query, cols []outCol) (*query, error) {
	if len(init.out) != len(step.out) {
		return nil, errAt(step.firstPlace(), pgerrcode.SyntaxError, "each UNION query must have the same number of columns")
	}
	n := &logical.RecursiveUnion{Name: c.Name, Work: work, Distinct: !sel.SetAll, Init: init.tree, Step: step.tree, InitCols: init.ids()}
	u := &query{tree: n}
	exprs := make([]expr.Expr, len(cols))
	for i, o := range cols {
		st := step.out[i]
		domain := b.exprDomain(b.meta.Column(o.id))
		if domain != 0 && st.t.OID == o.t.OID && b.exprDomain(b.meta.Column(st.id)) != domain {
			return nil, otherType(c, init, i, b.partName(o.t, domain), types.FormatType(types.Of(o.t.OID)))
		}
		if st.t.OID != o.t.OID {
			both, t, err := b.commonType("UNION", []expr.Expr{&expr.Column{T: o.t}, step.expr(i)}, func(int) ast.Pos { return st.pos })
			if err != nil {
				return nil, err
			}
			if t.OID != o.t.OID || o.t.Mod >= 0 { // the modifier is not common to both
				return nil, otherType(c, init, i, types.FormatType(o.t), types.FormatType(types.Of(t.OID)))
			}
			exprs[i] = both[1]
		} else {
			if o.t.Mod >= 0 && st.t.Mod != o.t.Mod {
				return nil, otherType(c, init, i, types.FormatType(o.t), types.FormatType(types.Of(o.t.OID)))
			}
			exprs[i] = &expr.Column{Index: st.id, T: st.t, Name: st.name}
		}
		if n.Distinct {
			if err := needEqual(o.t, init.place(i)); err != nil {
				return nil, err
			}
		}
		id := b.meta.Add(logical.ColInfo{Name: o.name, T: o.t, Domain: domain})
		n.Out = append(n.Out, id)
		u.out = append(u.out, outCol{id, o.name, o.t, o.head, o.head})
	}
	n.Step, n.StepCols = b.retype(step, exprs)
	return u, b.hashed(n)
}

// hashed refuses a recursive UNION of rows that PostgreSQL cannot hash, but for in a
// definition, which it does not plan.
func (b *binder) hashed(n *logical.RecursiveUnion) error {
	if !n.Distinct || b.trace() != nil {
		return nil
	}
	for _, id := range n.Out {
		if t := b.meta.Cols[id].T; builtin.HasEquality(t.OID) && !builtin.HasHash(t.OID) {
			return errAt(ast.NoPos, pgerrcode.FeatureNotSupported, "could not implement recursive UNION").
				WithDetail("All column datatypes must be hashable.")
		}
	}
	return nil
}

// otherType is the error for a column whose type the recursive term would change.
func otherType(c *ast.CTE, init *query, i int, first, overall string) error {
	return errAt(init.place(i), pgerrcode.DatatypeMismatch,
		"recursive query \"%s\" column %d has type %s in non-recursive term but type %s overall",
		c.Name, i+1, first, overall).
		WithHint("Cast the output of the non-recursive term to the correct type.")
}

// project computes expressions over a tree; plain columns of it keep their numbers.
func (b *binder) project(in logical.Node, exprs []expr.Expr) (logical.Node, []logical.ColID) {
	p := &logical.Project{Input: in, Exprs: exprs, Out: b.outputs(in, exprs)}
	return p, p.Out
}

// computed describes the result of an expression that is no column, though it may stand
// for one.
func (b *binder) computed(e expr.Expr) logical.ColInfo {
	info := logical.ColInfo{T: e.Type(), Domain: b.exprDomain(e)}
	if k, ok := e.(*expr.Const); ok && b.tableoids[k] != 0 {
		info.OrigTable, info.OrigAttr = b.tableoids[k], catalog.TableOidAttr
	}
	if it := b.wholeRows[b.rowBehind(e)]; it != nil && it.rel != nil {
		info.OrigTable = b.rowOrigin(it)
	}
	return info
}

// rowOrigin is the table or view whose rows the item has, 0 for what is made in the query.
func (b *binder) rowOrigin(it *nsItem) catalog.ID {
	switch {
	case it.rel.table != nil:
		return it.rel.table.ID
	case it.rel.rowType == 0 || len(it.cols) == 0:
		return 0
	}
	if c, ok := it.cols[0].e.(*expr.Column); ok {
		return b.meta.Cols[c.Index].OrigTable
	}
	return 0
}

// outputs numbers the results of expressions over a tree. A column of an outer query
// gets a number of its own: as a result it can be NULL where the outer one is not,
// on the optional side of a join.
func (b *binder) outputs(in logical.Node, exprs []expr.Expr) []logical.ColID {
	var out []logical.ColID
	var own *logical.ColSet
	for _, e := range exprs {
		c, ok := e.(*expr.Column)
		if !ok {
			out = append(out, b.meta.Add(b.computed(e)))
			continue
		}
		if own == nil {
			own = logical.Produced(in)
		}
		if own.Has(c.Index) {
			out = append(out, c.Index)
		} else {
			of := b.meta.Cols[c.Index]
			out = append(out, b.meta.Add(logical.ColInfo{Name: of.Name, T: of.T, OrigTable: of.OrigTable, OrigAttr: of.OrigAttr, Collation: of.Collation, Domain: of.Domain}))
		}
	}
	return out
}
