package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// sample binds a table with TABLESAMPLE: a condition on the numbers of its rows, that
// is true for a row or not whatever order they are read in.
func (b *binder) sample(s *scope, x *ast.Sample) (logical.Node, []*nsItem, error) {
	tree, items, err := b.fromItem(s, x.Table)
	if err != nil {
		return nil, nil, err
	}
	rel := items[0].rel
	if rel == nil || rel.scan == nil || rel.table.Kind == catalog.KindView {
		return nil, nil, errAt(x.Table.Position(), pgerrcode.FeatureNotSupported, "TABLESAMPLE clause can only be applied to tables and materialized views")
	}
	fn := builtin.SampleFunc(x.Method.Name, x.Repeatable != nil)
	if fn == nil || x.Method.Schema != "" && x.Method.Schema != "pg_catalog" {
		return nil, nil, errAt(x.Pos, pgerrcode.UndefinedObject, "tablesample method %s does not exist", x.Method.Name)
	}
	if len(x.Args) != 1 {
		return nil, nil, errAt(x.Pos, pgerrcode.InvalidTablesampleArgument, "tablesample method %s requires %d argument, not %d", x.Method.Name, 1, len(x.Args))
	}
	in := *s
	in.in, in.grouping, in.srfs, in.calls, in.unseen = inFromFunction, nil, nil, nil, items
	percent, err := b.sampleArg(&in, x.Args[0], types.Float4OID, "TABLESAMPLE")
	if err != nil {
		return nil, nil, err
	}
	var seed expr.Expr = &expr.Const{T: types.Of(types.Float8OID), D: types.Float(float64(x.Pos))} // samples of one statement differ
	if x.Repeatable != nil {
		if seed, err = b.sampleArg(&in, x.Repeatable, types.Float8OID, "REPEATABLE"); err != nil {
			return nil, nil, err
		}
	}
	row := b.scanColumn(rel, catalog.RowIDAttr, "rowid", types.Of(types.Int8OID))
	cond := &expr.Call{Fn: fn, Args: []expr.Expr{row, percent, seed}, T: types.Of(types.BoolOID), Pos: int(x.Pos)}
	return &logical.Filter{Input: tree, Conds: []expr.Expr{cond}}, items, nil
}

func (b *binder) sampleArg(s *scope, e ast.Expr, t types.OID, construct string) (expr.Expr, error) {
	v, err := b.expr(s, e)
	if err != nil {
		return nil, err
	}
	v, err = b.specific(v, t, e, construct)
	if err != nil {
		return nil, err
	}
	return b.fold(v), nil
}
