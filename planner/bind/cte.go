package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
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
}

// findCTE finds a WITH name, innermost first.
func findCTE(s *scope, name string) *cteEntry {
	for level := s; level != nil; level = level.parent {
		for i := len(level.ctes) - 1; i >= 0; i-- {
			if level.ctes[i].name == name {
				return level.ctes[i]
			}
		}
	}
	return nil
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
	for i := range w.CTEs {
		if err := b.cte(s, &w.CTEs[i], w.Recursive); err != nil {
			return err
		}
	}
	return nil
}

func (b *binder) cte(s *scope, c *ast.CTE, recursive bool) error {
	if sel, ok := c.Query.(*ast.Select); ok && recursive && mentions(sel, c.Name) {
		return b.recursiveCTE(s, c, sel)
	}
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
	inline := !write && c.Materialized != ast.MaterializeAlways
	return b.addCTE(s, c, q, write, inline)
}

// addCTE registers a bound WITH query and names its columns.
func (b *binder) addCTE(s *scope, c *ast.CTE, q *query, write, inline bool) error {
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
	cte := &logical.CTE{Name: c.Name, Tree: q.tree, Out: q.ids(), Write: write, Inline: inline, Index: len(b.meta.CTEs)}
	b.meta.CTEs = append(b.meta.CTEs, cte)
	s.ctes = append(s.ctes, &cteEntry{name: c.Name, cte: cte, cols: cols})
	return nil
}

// cteRef binds a reference to a WITH query.
func (b *binder) cteRef(s *scope, c *cteEntry, x *ast.TableRef) (logical.Node, []*nsItem, error) {
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
		id := b.meta.Add(logical.ColInfo{Name: o.name, Rel: name, T: o.t, OrigTable: from.OrigTable, OrigAttr: from.OrigAttr})
		if sh := b.shapes[o.id]; sh != nil {
			b.shapes[id] = sh
		}
		out = append(out, id)
		cols = append(cols, nsCol{o.name, b.meta.Column(id)})
	}
	it, err := named(c.name, x.Alias, cols, x.Pos)
	if err != nil {
		return nil, nil, err
	}
	it.rel = &relation{alias: it.name, derived: true}
	if c.work {
		return &logical.WorkRef{Work: c.workID, Name: c.name, Out: out}, one(it), nil
	}
	c.cte.Refs++
	return &logical.CTERef{CTE: c.cte, Out: out}, one(it), nil
}

// recursiveCTE binds non-recursive UNION [ALL] recursive.
func (b *binder) recursiveCTE(s *scope, c *ast.CTE, sel *ast.Select) error {
	if sel.SetOp != ast.Union || sel.Left == nil || mentions(sel.Left, c.Name) {
		return errAt(c.Pos, pgerrcode.InvalidRecursion, "recursive query \"%s\" does not have the form non-recursive-term UNION [ALL] recursive-term", c.Name)
	}
	if len(sel.OrderBy) > 0 {
		return errAt(sel.OrderBy[0].Expr.Position(), pgerrcode.FeatureNotSupported, "ORDER BY in a recursive query is not implemented")
	}
	if sel.Limit != nil {
		return errAt(sel.Limit.Position(), pgerrcode.FeatureNotSupported, "LIMIT in a recursive query is not implemented")
	}
	if sel.Offset != nil {
		return errAt(sel.Offset.Position(), pgerrcode.FeatureNotSupported, "OFFSET in a recursive query is not implemented")
	}
	if len(sel.Locking) > 0 {
		return errAt(ast.NoPos, pgerrcode.FeatureNotSupported, "FOR UPDATE/SHARE in a recursive query is not implemented")
	}
	in := *s
	in.grouping, in.srfs, in.calls, in.items = nil, nil, nil, nil
	if err := b.with(&in, sel.With); err != nil {
		return err
	}
	if err := checkRecursion(sel.Right, c.Name); err != nil {
		return err
	}
	init, err := b.selectStmt(sel.Left, &in, queryOpts{})
	if err != nil {
		return err
	}
	if len(c.Columns) > len(init.out) {
		return errAt(c.Pos, pgerrcode.InvalidColumnReference, "WITH query \"%s\" has %d columns available but %d columns specified", c.Name, len(init.out), len(c.Columns))
	}
	cols := append([]outCol(nil), init.out...)
	for i, n := range c.Columns {
		cols[i].name = n
	}
	work := &cteEntry{name: c.Name, cols: cols, work: true, workID: b.meta.Works}
	b.meta.Works++
	rec := in
	rec.ctes = append(append([]*cteEntry(nil), in.ctes...), work)
	step, err := b.setOperand(&rec, sel.Right)
	if err != nil {
		return err
	}
	u, err := b.recursiveUnion(c, sel, work.workID, init, step, cols)
	if err != nil {
		return err
	}
	return b.addCTE(s, &ast.CTE{At: c.At, Name: c.Name}, u, false, c.Materialized != ast.MaterializeAlways)
}

func (b *binder) recursiveUnion(c *ast.CTE, sel *ast.Select, work int, init, step *query, cols []outCol) (*query, error) {
	if len(init.out) != len(step.out) {
		return nil, errAt(sel.Pos, pgerrcode.SyntaxError, "each UNION query must have the same number of columns")
	}
	n := &logical.RecursiveUnion{Work: work, Distinct: !sel.SetAll, Init: init.tree, Step: step.tree, InitCols: init.ids()}
	u := &query{tree: n}
	exprs := make([]expr.Expr, len(cols))
	for i, o := range cols {
		st := step.out[i]
		if st.t.OID != o.t.OID {
			both, t, err := b.commonType("UNION", []expr.Expr{&expr.Column{T: o.t}, step.expr(i)}, func(int) ast.Pos { return targetPos(sel.Right, i) })
			if err != nil {
				return nil, err
			}
			if t.OID != o.t.OID {
				return nil, pgerr.Newf(pgerrcode.DatatypeMismatch,
					"recursive query \"%s\" column %d has type %s in non-recursive term but type %s overall",
					c.Name, i+1, types.FormatType(o.t), types.FormatType(t)).
					WithHint("Cast the output of the non-recursive term to the correct type.")
			}
			exprs[i] = both[1]
		} else {
			exprs[i] = &expr.Column{Index: st.id, T: st.t, Name: st.name}
		}
		id := b.meta.Add(logical.ColInfo{Name: o.name, T: o.t})
		n.Out = append(n.Out, id)
		u.out = append(u.out, outCol{id, o.name, o.t})
	}
	n.Step, n.StepCols = b.retype(step, exprs)
	return u, nil
}

// project computes expressions over a tree; plain columns of it keep their numbers.
func (b *binder) project(in logical.Node, exprs []expr.Expr) (logical.Node, []logical.ColID) {
	p := &logical.Project{Input: in, Exprs: exprs, Out: b.outputs(in, exprs)}
	return p, p.Out
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
			out = append(out, b.meta.Add(logical.ColInfo{T: e.Type()}))
			continue
		}
		if own == nil {
			own = logical.Produced(in)
		}
		if own.Has(c.Index) {
			out = append(out, c.Index)
		} else {
			of := b.meta.Cols[c.Index]
			out = append(out, b.meta.Add(logical.ColInfo{Name: of.Name, T: of.T, OrigTable: of.OrigTable, OrigAttr: of.OrigAttr, Collation: of.Collation}))
		}
	}
	return out
}
