package planner_test

import (
	"testing"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Which conditions imply the predicate of a partial index: those that made
// PostgreSQL 15.18 use one (conservative false), and those that did not.
func TestImplies(t *testing.T) {
	cat := testCatalog()
	items, _ := cat.TableByID(20000)
	parse := func(text string) expr.Expr {
		t.Helper()
		list, err := options(cat).Parser.Parse("SELECT " + text)
		if err != nil {
			t.Fatal(err)
		}
		e, err := bind.Scalar(list[0].Stmt.(*ast.Select).Targets[0].Expr, items, bind.IndexPred, types.Of(types.BoolOID), "", options(cat))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return e
	}
	for _, c := range []struct {
		cond, pred   string
		want, weaker bool // weaker: PostgreSQL proves it, Implies need not
	}{
		{"category = 1", "category = 1", true, false},
		{"category = 1", "category = 2", false, false},
		{"category = 3", "category > 2", true, false},
		{"category = 3", "category > 3", false, false},
		{"category = 3", "category <> 4", true, false},
		{"category = 3", "category IS NOT NULL", true, false},
		{"category < 5", "category < 10", true, false},
		{"category < 10", "category < 5", false, false},
		{"category < 5", "category <= 5", true, false},
		{"category <= 5", "category < 5", false, false},
		{"category <= 4", "category < 5", true, false},
		{"category < 5", "category <> 5", true, false},
		{"category <= 5", "category <> 5", false, false},
		{"category > 5", "category >= 5", true, false},
		{"category >= 5", "category > 5", false, false},
		{"category > 5", "category < 5", false, false},
		{"category <> 5", "category <> 5", true, false},
		{"category <> 5", "category < 5", false, false},
		{"category > 5 AND active", "active AND category > 3", true, false},
		{"category = 2", "category IN (1, 2, 3)", true, false},
		{"category IN (1, 3)", "category IN (1, 2, 3)", true, false},
		{"category IN (1, 4)", "category IN (1, 2, 3)", false, false},
		{"category IN (4, 5)", "category > 3", true, false},
		{"category IN (3, 5)", "category > 3", false, false},
		{"category = 1 OR category = 2", "category < 3", true, false},
		{"category = 1 OR category = 2", "category < 2", false, false},
		{"category = 1", "category = 1 OR active", true, false},
		{"category = 7 AND active OR category = 8", "category > 6", true, false},
		{"category NOT IN (1, 2)", "category <> 1", false, true},
		{"title = 'b'", "title > 'a'", true, false},
		{"title = 'b'", "title >= 'c'", false, false},
		{"price < 3", "price < 3.5", true, false},
		{"vector_dims(embedding) = 3", "vector_dims(embedding) = 3", true, false},
		{"vector_dims(embedding) = 3", "vector_dims(embedding) > 2", true, false},
		{"lower(title) = 'a'", "title IS NOT NULL", false, true},
		{"category + 1 < 5", "category < 5", false, false},
		{"id = 4", "category < 5", false, false},
	} {
		got := bind.Implies(logical.Conjuncts(nil, parse(c.cond)), parse(c.pred))
		if got != c.want && !(got && c.weaker) {
			t.Errorf("%s implies %s: %v", c.cond, c.pred, got)
		}
	}
}
