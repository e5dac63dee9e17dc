package define

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// What MySQL refuses of a table, once it is known as a whole, and PostgreSQL takes.

// soundTable refuses a table that has no columns left, or an AUTO_INCREMENT column that begins
// no key.
func soundTable(t *catalog.Table) error {
	columns, auto := 0, 0
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Dropped {
			continue
		}
		columns++
		if !c.AutoIncrement {
			continue
		}
		if auto++; auto > 1 || !leadsIndex(t, c.Num) {
			return pgerr.New(pgerrcode.InvalidTableDefinition, "Incorrect table definition; there can be only one auto column and it must be defined as a key")
		}
	}
	if columns == 0 {
		return pgerr.New(pgerrcode.InvalidTableDefinition, "You can't delete all columns with ALTER TABLE; use DROP TABLE instead")
	}
	return nil
}

// leadsIndex reports a column that is the first of some index.
func leadsIndex(t *catalog.Table, column int16) bool {
	for _, x := range t.Indexes {
		if len(x.Keys) > 0 && x.Keys[0].Attr == column {
			return true
		}
	}
	return false
}

// takesDefault refuses a literal that MySQL's strict mode does not put into a column, as its
// default. What is more than a literal is computed when it is needed.
func (e *Env) takesDefault(c *catalog.Column, x ast.Expr) error {
	if !isLiteral(x) {
		return nil
	}
	invalid := pgerr.Newf(pgerrcode.InvalidTableDefinition, "Invalid default value for '%s'", c.Name)
	b, err := bind.DeclaredDefault(x, c, e.options())
	if err != nil {
		return dataError(err, invalid)
	}
	if k, ok := b.(*expr.Const); ok && k.D.IsNull() {
		if c.NotNull {
			return invalid
		}
		return nil
	}
	p, err := expr.Compile(b)
	if err != nil {
		return err
	}
	env := e.Jobs.Env(e.Catalog)
	var s expr.Scratch
	_, err = p.One(&env.Env, &s)
	return dataError(err, invalid)
}

// isLiteral reports a literal, also one with a sign.
func isLiteral(x ast.Expr) bool {
	if op, ok := x.(*ast.Op); ok && op.Left == nil && (op.Name == "-" || op.Name == "+") {
		x = op.Right
	}
	_, ok := x.(*ast.Lit)
	return ok
}

// dataError is what is said instead of an error of a value; of any other, that.
func dataError(err error, instead *pgerr.Error) error {
	if e, ok := pgerr.As(err); ok && strings.HasPrefix(e.Code, "22") {
		return instead
	}
	return err
}
