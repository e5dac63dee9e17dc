package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
)

// spreadColumn is one column of t.* or (x).* in a list: already bound, and for errors
// where the star stands.
type spreadColumn struct {
	ast.Expr // the star
	e        expr.Expr
}

// spread makes the columns of t.* and (x).* members of their own, as they are in ROW(…)
// and in the lists of VALUES; other members stay as they are.
func (b *binder) spread(s *scope, list []ast.Expr) ([]ast.Expr, error) {
	var out []ast.Expr
	for i, a := range list {
		cols, star, err := b.spreadMember(s, a)
		switch {
		case err != nil:
			return nil, err
		case star && out == nil:
			out = append(make([]ast.Expr, 0, len(list)+len(cols)), list[:i]...)
		}
		for _, c := range cols {
			out = append(out, &spreadColumn{a, b.reference(c.e, leftmost(a))})
		}
		if !star && out != nil {
			out = append(out, a)
		}
	}
	if out == nil {
		return list, nil
	}
	return out, nil
}

// spreadMember gives the columns of a, if it is a star.
func (b *binder) spreadMember(s *scope, a ast.Expr) (cols []nsCol, star bool, err error) {
	switch x := a.(type) {
	case *ast.ColumnRef:
		if x.Star {
			if cols, err = b.star(s, x); err == nil {
				b.traceStar(x, cols)
			}
			return cols, true, err
		}
	case *ast.FieldSel:
		if x.Star {
			if cols, err = b.expandRecord(s, x); err == nil {
				b.traceRowStar(x, cols)
			}
			return cols, true, err
		}
	}
	return nil, false, nil
}

// members binds what stands in ROW(…): no more than a row can have, which is asked once
// all of it is found.
func (b *binder) members(s *scope, x *ast.Row) ([]expr.Expr, error) {
	list, err := b.spread(s, x.Args)
	if err != nil {
		return nil, err
	}
	out, err := b.list(s, list)
	if err != nil {
		return nil, err
	}
	return out, rowFits(x, len(out))
}

func rowFits(x *ast.Row, n int) error {
	if n > maxTargets {
		return errAt(x.Pos, pgerrcode.TooManyColumns, "ROW expressions can have at most %d entries", maxTargets)
	}
	return nil
}
