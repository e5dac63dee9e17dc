package bind

import (
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// viewTexts caches the syntax of view queries by their text. Views are few and
// their text changes only with DDL, so the cache is bounded by dropping it whole.
var viewTexts struct {
	sync.Mutex
	m map[string]*ast.Select
}

const maxViewTexts = 4096

// viewQuery parses a view's text. The tree is shared and must not be changed.
func viewQuery(text string, o Options) (*ast.Select, error) {
	viewTexts.Lock()
	sel := viewTexts.m[text]
	viewTexts.Unlock()
	if sel != nil {
		return sel, nil
	}
	parsed, err := o.Parser.Parse(text)
	if err != nil {
		return nil, withoutPos(err)
	}
	if len(parsed) == 1 {
		sel, _ = parsed[0].Stmt.(*ast.Select)
	}
	if sel == nil {
		return nil, pgerr.New(pgerrcode.InternalError, "stored view is not a query")
	}
	viewTexts.Lock()
	if len(viewTexts.m) >= maxViewTexts || viewTexts.m == nil {
		viewTexts.m = map[string]*ast.Select{}
	}
	viewTexts.m[text] = sel
	viewTexts.Unlock()
	return sel, nil
}

// withoutPos removes the position of an error in stored text: it does not point
// into the client's query.
func withoutPos(err error) error {
	e, ok := pgerr.As(err)
	if !ok || e.Position == 0 {
		return err
	}
	c := *e
	c.Position = 0
	return &c
}

// fold computes casts of constants right away, so that typed literals are constants.
func (b *binder) fold(e expr.Expr) expr.Expr {
	if b.asWritten {
		return e
	}
	if c, ok := e.(*expr.Cast); ok {
		if _, ok := c.X.(*expr.Const); ok {
			return b.folds.Fold(c)
		}
	}
	return e
}
