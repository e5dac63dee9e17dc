package bind

import (
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
)

// figureName is the name PostgreSQL gives an output column without alias
// (FigureColname in parse_target.c).
func figureName(e ast.Expr) string {
	name, _ := figure(e)
	if name == "" {
		return "?column?"
	}
	return name
}

// IndexColumnName is the name by which an index expression is known, "expr" when
// nothing suggests one (FigureIndexColname).
func IndexColumnName(e ast.Expr) string {
	name, _ := figure(e)
	if name == "" {
		return "expr"
	}
	return name
}

// heading is how a column's name ends of which the session knows the end.
func (b *binder) heading(h *ast.Heading) string {
	switch path := b.o.Session.SearchPath(false); {
	case h.User:
		return b.o.Session.CurrentUser() + h.After
	case len(path) > 0:
		return path[0] + h.After
	}
	return h.After
}

// figure returns a name and how good it is: 2 sure, 1 weak, 0 none.
func figure(e ast.Expr) (string, int) {
	switch x := e.(type) {
	case *ast.ColumnRef:
		if len(x.Parts) > 0 {
			return x.Parts[len(x.Parts)-1], 2
		}
	case *ast.Index:
		return figure(x.X)
	case *ast.FieldSel:
		if !x.Star {
			return x.Name, 2
		}
	case *ast.Func:
		return x.Name.Name, 2
	case *ast.NullIf:
		return "nullif", 2
	case *ast.Cast:
		if n, s := figure(x.X); s > 1 {
			return n, s
		}
		return x.To.Name.Name, 1
	case *ast.Collate:
		return figure(x.X)
	case *ast.Grouping:
		return "grouping", 2
	case *ast.Subquery:
		return figureSub(x)
	case *ast.Case:
		if n, s := figure(x.Else); s > 1 {
			return n, s
		}
		return "case", 1
	case *ast.Array:
		return "array", 2
	case *ast.Row:
		return "row", 2
	case *ast.Coalesce:
		return "coalesce", 2
	case *ast.MinMax:
		if x.Least {
			return "least", 2
		}
		return "greatest", 2
	case *ast.SQLValue:
		return strings.ToLower(x.Name), 2
	case *ast.AtTimeZone:
		return "timezone", 2
	}
	return "", 0
}

func figureSub(x *ast.Subquery) (string, int) {
	switch x.Kind {
	case ast.ExistsSub:
		return "exists", 2
	case ast.ArraySub:
		return "array", 2
	}
	q := x.Query
	for q.SetOp != ast.SetNone {
		q = q.Left
	}
	if q.Values != nil {
		return "column1", 2
	}
	if len(q.Targets) > 0 {
		t := &q.Targets[0]
		if t.Name != "" {
			return t.Name, 2
		}
		if name, _ := figure(t.Expr); name != "" {
			return name, 2
		}
		return "?column?", 2
	}
	return "", 0
}
