package bind

import (
	"strconv"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// UNION and its kin of MySQL's dialect make one type of a column of several. In a query that is
// kept as text their operands do so themselves, by calls of the conversions.

// traceOperand notes which operand of a set operation a bound query is.
func (b *binder) traceOperand(q *query, x *ast.Select) {
	if t := b.trace(); t != nil {
		t.operands[q] = x
	}
}

// traceUnited notes how column i of each operand is converted.
func (b *binder) traceUnited(i int, list []*query, values []expr.Expr) {
	t := b.trace()
	if t == nil {
		return
	}
	for j, q := range list {
		c := mysqlCall(values[j])
		x := t.operands[q]
		if c == nil || x == nil {
			continue
		}
		if t.united[x] == nil {
			t.united[x] = &operand{calls: make([]*expr.Call, len(q.out)), names: make([]string, len(q.out))}
			for k, o := range q.out {
				t.united[x].names[k] = o.name
			}
		}
		t.united[x].calls[i] = c
	}
}

// operand are the conversions of an operand's columns, nil where there is none, and their names.
type operand struct {
	calls []*expr.Call
	names []string
}

// unite writes the conversions into the operands.
func (t *Trace) unite() {
	for x, o := range t.united {
		if !simpleOperand(x) {
			q := *x
			ref := &ast.SubqueryRef{At: ast.At{Pos: ast.NoPos}, Query: &q, Alias: &ast.Alias{Name: "unnamed_operand"}}
			*x = ast.Select{At: q.At, From: []ast.TableExpr{ref}}
			for i, name := range o.names {
				column := "c" + strconv.Itoa(i+1)
				ref.Alias.Columns = append(ref.Alias.Columns, column)
				x.Targets = append(x.Targets, ast.Target{At: ref.At, Name: name, Expr: &ast.ColumnRef{At: ref.At, Parts: []string{ref.Alias.Name, column}}})
			}
		}
		for i, c := range o.calls {
			if c == nil {
				continue
			}
			item := &x.Targets[i]
			call := &ast.Func{At: ast.At{Pos: ast.NoPos}, Name: ast.QName{Schema: builtin.MySQLSchema, Name: c.Fn.Name}, Args: []ast.Expr{item.Expr}}
			for _, a := range c.Args[1:] {
				if k, ok := a.(*expr.Const); ok && k.T.OID == types.Int4OID {
					call.Args = append(call.Args, &ast.Lit{At: call.At, Kind: ast.LitInt, Int: k.D.Int()})
				}
			}
			item.Expr, item.Name = call, o.names[i]
		}
	}
}

// simpleOperand reports a query whose items can be changed without changing what else it does.
func simpleOperand(x *ast.Select) bool {
	return x.SetOp == ast.SetNone && x.Values == nil && x.With == nil && len(x.OrderBy) == 0 && !x.Distinct
}
