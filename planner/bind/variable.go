package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Variables are names that a function gives the statements of its body beside columns.
// What a statement uses of them becomes its parameters, in the order of Used.
type Variables struct {
	// Find looks for a variable, or a field of one, by the parts of a name; $1 is one, too.
	Find func(parts []string) (Variable, bool)
	// Fields are the columns that name.* stands for; nil where the name has none.
	Fields func(parts []string) []string
	// Prefer says what a name means that is a column's, too.
	Prefer Preference
	// Language is in the detail of the error of such a name: PL/pgSQL.
	Language string
	// Collation is that of texts which have none of their own: what the arguments of the call
	// have, 0 = their types' own.
	Collation catalog.ID
	// Function is whose arguments they are, Names what it calls all of its arguments, nil where
	// none has a name: what definitions show.
	Function string
	Names    []string
	// Used are those that the statement has used.
	Used []Variable
}

// Preference says which of a variable and a column a name means.
type Preference uint8

const (
	PreferNeither Preference = iota // it is an error
	PreferVariable
	PreferColumn
)

// Variable is a place that a function keeps a value in: Slot, and the Field of a record
// in it ("" for all).
type Variable struct {
	Slot  int
	Field string
	T     types.T
	// Collation is that of a text, 0 = its type's own.
	Collation catalog.ID
}

// variable is the parameter for a variable that a name means, nil if it means none.
func (b *binder) variable(parts []string) expr.Expr {
	vars := b.o.Vars
	if vars == nil || len(b.views) > 0 || b.body > 0 {
		return nil
	}
	v, ok := vars.Find(parts)
	if !ok {
		return nil
	}
	if typeCollation(v.T) != 0 && v.Field == "" && v.Collation == 0 {
		v.Collation = vars.Collation
	}
	b.collates = b.collates || v.Collation != 0
	return vars.param(v)
}

// cursorVariable is the parameter for the variable that holds a cursor's name, nil where none
// of type refcursor is called so (transformCurrentOfExpr).
func (b *binder) cursorVariable(name string) *expr.Param {
	vars := b.o.Vars
	if vars == nil {
		return nil
	}
	v, ok := vars.Find([]string{name})
	if !ok || v.T.OID != types.RefcursorOID {
		return nil
	}
	return vars.param(v)
}

func (vars *Variables) param(v Variable) *expr.Param {
	for i, u := range vars.Used {
		if u == v {
			return &expr.Param{N: i, T: v.T}
		}
	}
	vars.Used = append(vars.Used, v)
	return &expr.Param{N: len(vars.Used) - 1, T: v.T}
}

// columnOrVariable chooses between a column that a name means and a variable. find looks
// for the column; its error counts where there is no variable.
func (b *binder) columnOrVariable(x *ast.ColumnRef, find func() (expr.Expr, error)) (expr.Expr, error) {
	v := b.variable(x.Parts)
	if v == nil {
		return find()
	}
	if b.o.Vars.Prefer == PreferVariable {
		b.traceVariable(x)
		return v, nil
	}
	c, err := find()
	switch {
	case err != nil:
		b.traceVariable(x)
		return v, nil
	case b.o.Vars.Prefer == PreferColumn:
		return c, nil
	}
	return nil, errAt(x.Pos, pgerrcode.AmbiguousColumn, "column reference \"%s\" is ambiguous", dottedParts(x.Parts)).
		WithDetail("It could refer to either a %s variable or a table column.", b.o.Vars.Language)
}

func dottedParts(parts []string) string {
	s := parts[0]
	for _, p := range parts[1:] {
		s += "." + p
	}
	return s
}

// variableStar expands name.* of a record variable; nil where it is none.
func (b *binder) variableStar(x *ast.ColumnRef) []nsCol {
	vars := b.o.Vars
	if vars == nil || vars.Fields == nil || len(x.Parts) == 0 || len(b.views) > 0 || b.body > 0 {
		return nil
	}
	var out []nsCol
	for _, f := range vars.Fields(x.Parts) {
		e := b.variable(append(append([]string(nil), x.Parts...), f))
		if e == nil {
			return nil
		}
		out = append(out, nsCol{f, e})
	}
	return out
}

// finishVariables makes the parameters' types those of the variables.
func (b *binder) finishVariables() {
	if b.o.Vars == nil {
		return
	}
	b.params = nil
	for _, v := range b.o.Vars.Used {
		b.params = append(b.params, v.T.OID)
	}
}
