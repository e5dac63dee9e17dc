package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
)

// recursion looks for the references of a recursive term to its own query, which
// must be one, where each row of the working table adds rows and takes none away
// (PostgreSQL's checkWellFormedRecursion).
type recursion struct {
	name string
	seen int
	err  error
}

// checkRecursion checks the form of a WITH query that reads itself.
func checkRecursion(c *ast.CTE) error {
	sel, ok := c.Query.(*ast.Select)
	if !ok {
		return errAt(c.Pos, pgerrcode.InvalidRecursion, "recursive query \"%s\" must not contain data-modifying statements", c.Name)
	}
	if sel.SetOp != ast.Union {
		return errAt(c.Pos, pgerrcode.InvalidRecursion, "recursive query \"%s\" does not have the form non-recursive-term UNION [ALL] recursive-term", c.Name)
	}
	r := &recursion{name: c.Name}
	r.query(sel.Left, "its non-recursive term")
	r.query(sel.Right, "")
	if sel.With != nil {
		r.with(sel.With, "a subquery")
	}
	if r.err != nil {
		return r.err
	}
	what, pos := "", ast.NoPos
	switch {
	case len(sel.OrderBy) > 0:
		what, pos = "ORDER BY", leftmost(sel.OrderBy[0].Expr)
	case sel.Offset != nil:
		what, pos = "OFFSET", leftmost(sel.Offset)
	case sel.Limit != nil:
		what, pos = "LIMIT", leftmost(sel.Limit)
	case len(sel.Locking) > 0:
		what = "FOR UPDATE/SHARE"
	default:
		return nil
	}
	return errAt(pos, pgerrcode.FeatureNotSupported, "%s in a recursive query is not implemented", what)
}

// with looks through WITH queries up to one of the name, which hides the other; false
// says that there is one.
func (r *recursion) with(w *ast.With, where string) bool {
	for i := range w.CTEs {
		if w.CTEs[i].Name == r.name && w.Recursive {
			return false
		}
	}
	for i := range w.CTEs {
		if sub, ok := w.CTEs[i].Query.(*ast.Select); ok {
			r.query(sub, where)
		}
		if w.CTEs[i].Name == r.name {
			return false
		}
	}
	return true
}

// query looks through a query; where is the place in which no reference may
// stand, if it is such a one.
func (r *recursion) query(q *ast.Select, where string) {
	if q == nil || r.err != nil {
		return
	}
	if q.With != nil && !r.with(q.With, where) {
		return
	}
	switch q.SetOp {
	case ast.SetNone:
	case ast.Except:
		r.query(q.Left, where)
		r.query(q.Right, or(where, "EXCEPT"))
		return
	case ast.Intersect:
		if q.SetAll {
			where = or(where, "INTERSECT")
		}
		r.query(q.Left, where)
		r.query(q.Right, where)
		return
	default:
		r.query(q.Left, where)
		r.query(q.Right, where)
		return
	}
	for _, t := range q.From {
		r.table(t, where)
	}
	for i := range q.Targets {
		r.expr(q.Targets[i].Expr)
	}
	r.expr(q.Where)
	r.expr(q.Having)
}

func or(where, other string) string {
	if where != "" {
		return where
	}
	return other
}

func (r *recursion) table(t ast.TableExpr, where string) {
	switch x := t.(type) {
	case *ast.TableRef:
		if x.Name.Schema != "" || x.Name.Name != r.name || r.err != nil {
			return
		}
		if where != "" {
			r.err = errAt(x.Name.Pos, pgerrcode.InvalidRecursion, "recursive reference to query \"%s\" must not appear within %s", r.name, where)
		} else if r.seen++; r.seen > 1 {
			r.err = errAt(x.Name.Pos, pgerrcode.InvalidRecursion, "recursive reference to query \"%s\" must not appear more than once", r.name)
		}
	case *ast.SubqueryRef:
		r.query(x.Query, where)
	case *ast.Join:
		const outer = "an outer join"
		left, right := where, where
		if x.Kind == ast.RightJoin || x.Kind == ast.FullJoin {
			left = or(where, outer)
		}
		if x.Kind == ast.LeftJoin || x.Kind == ast.FullJoin {
			right = or(where, outer)
		}
		r.table(x.Left, left)
		r.table(x.Right, right)
		r.expr(x.On)
	}
}

// expr looks through the subqueries of an expression.
func (r *recursion) expr(e ast.Expr) {
	if e == nil {
		return
	}
	ast.Walk(e, func(n ast.Node) bool {
		if q, ok := n.(*ast.Select); ok {
			r.query(q, "a subquery")
			return false
		}
		return true
	})
}
