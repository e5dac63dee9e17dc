package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// InPolicy is the place of a row security policy's expressions, which may have subqueries.
const InPolicy = Place(inPolicy)

// PolicyCondition binds an expression of a policy over a table's row.
func PolicyCondition(e ast.Expr, t *catalog.Table, o Options) (expr.Expr, error) {
	o.ParamTypes, o.Vars = nil, nil
	b := newBinder(o)
	b.noParams = true
	return b.policyCondition(&scope{in: inPolicy, items: []*nsItem{b.rowItem(t, t.Name)}}, e)
}

func (b *binder) policyCondition(s *scope, e ast.Expr) (expr.Expr, error) {
	x, err := b.expr(s, e)
	if err != nil {
		return nil, err
	}
	return b.asBool(x, e, "POLICY")
}

// PolicyHolds checks that a stored policy still means something.
func PolicyHolds(text string, t *catalog.Table, o Options) error {
	e, err := policyExpr(text, o)
	if err != nil {
		return err
	}
	_, err = PolicyCondition(e, t, o)
	return err
}

// policyExpr reads a stored policy. The tree is shared and must not be changed.
func policyExpr(text string, o Options) (ast.Expr, error) {
	q, err := viewQuery("SELECT ("+text+")", o)
	if err != nil {
		return nil, err
	}
	if len(q.Targets) != 1 {
		return nil, pgerr.New(pgerrcode.InternalError, "stored policy is not an expression")
	}
	return q.Targets[0].Expr, nil
}
