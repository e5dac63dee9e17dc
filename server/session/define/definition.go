package define

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// attributes are those of a definition, by name.
type attributes map[string]*ast.Definition

// once refuses an attribute that was given before.
func (a attributes) once(name string, d *ast.Definition) error {
	if a[name] != nil {
		return pgerr.New(pgerrcode.SyntaxError, "conflicting or redundant options").At(int(d.Pos))
	}
	a[name] = d
	return nil
}

// nameOf is the name that an attribute gives.
func nameOf(d *ast.Definition) (ast.QName, error) {
	if d.Bare() {
		return ast.QName{}, pgerr.Newf(pgerrcode.SyntaxError, "%s requires a parameter", d.Name)
	}
	n, ok := d.Ref()
	if !ok {
		return n, pgerr.Newf(pgerrcode.SyntaxError, "argument of %s must be a name", d.Name)
	}
	return n, nil
}

// typeOfAttribute is the type that an attribute names.
func typeOfAttribute(d *ast.Definition) (*ast.TypeName, error) {
	switch {
	case d.Bare():
		return nil, pgerr.Newf(pgerrcode.SyntaxError, "%s requires a parameter", d.Name)
	case d.Type != nil:
		return d.Type, nil
	case d.Value != nil && d.Value.Kind == ast.LitString:
		return &ast.TypeName{Name: ast.QName{Name: d.Value.Text}}, nil
	}
	return nil, pgerr.Newf(pgerrcode.SyntaxError, "argument of %s must be a type name", d.Name)
}

// builtinOrOwn finds the function of a name that takes exactly these types
// (LookupFuncName), nil if there is none.
func (e *Env) builtinOrOwn(n *ast.QName, args []types.OID) *builtin.Func {
	var own, system []*builtin.Func
	if n.Schema == "" || n.Schema == "pg_catalog" {
		system = builtin.Functions("pg_catalog", n.Name)
	}
	_ = e.find(n, func(schema types.OID) bool {
		for _, f := range e.Catalog.Functions(schema, n.Name) {
			own = append(own, builtin.UserFunc(f, e.Catalog.SchemaName(schema)))
		}
		return false
	})
	for _, f := range append(system, own...) {
		declared := f.Args
		if f.User != nil { // domains stand for themselves
			declared = f.User.InputTypes()
		}
		if equalTypes(declared, args) {
			return f
		}
	}
	return nil
}

// typeOfName resolves a type for a definition. Domains stand for themselves.
func (e *Env) typeOfName(t *ast.TypeName) (types.T, error) {
	typ, err := bind.TypeName(t, e.options())
	if err != nil {
		return typ, placeless(err)
	}
	if d := bind.UserType(t, e.options()); d != nil && d.Kind == 'd' && len(t.ArrayDims) == 0 {
		return types.Of(d.ID), nil
	}
	return typ, nil
}
