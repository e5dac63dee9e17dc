package bind

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// sequence reads a sequence as the one-row table that PostgreSQL stores it in:
// last_value, log_cnt, is_called.
func (b *binder) sequence(r *found, x *ast.TableRef) (logical.Node, []*nsItem, error) {
	id := &expr.Const{T: types.Of(types.RegclassOID), D: types.Int(int64(r.sequence.ID))}
	last, err := b.callBound("pg_catalog", "pg_sequence_last_value", []expr.Expr{id}, x.Pos)
	if err != nil {
		return nil, nil, err
	}
	int8T := types.Of(types.Int8OID)
	start := &expr.Const{T: int8T, D: types.Int(r.sequence.Start)}
	exprs := []expr.Expr{
		&expr.Coalesce{Args: []expr.Expr{last, start}, T: int8T},
		&expr.Const{T: int8T, D: types.Int(0)},
		&expr.IsNull{X: last, Not: true},
	}
	n := &logical.Values{Rows: [][]expr.Expr{exprs}}
	var cols []nsCol
	for i, name := range []string{"last_value", "log_cnt", "is_called"} {
		c := b.meta.Add(logical.ColInfo{Name: name, Rel: r.name, T: exprs[i].Type(), OrigTable: r.sequence.ID, OrigAttr: int16(i + 1)})
		n.Out = append(n.Out, c)
		cols = append(cols, nsCol{name, b.meta.Column(c)})
	}
	it, err := named(r.name, x.Alias, cols, x.Pos)
	if err != nil {
		return nil, nil, err
	}
	if x.Alias == nil {
		it.schema = r.schema
	}
	it.rel = &relation{alias: it.name}
	return n, one(it), nil
}
