package define

import (
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// permitType asks for USAGE of a user's type.
func (e *Env) permitType(n *ast.TypeName) error {
	if e.Super {
		return nil
	}
	o := e.typeOwner(&n.Name)
	if o == nil {
		if t, err := bind.TypeName(n, e.options()); err == nil {
			return e.mayUseType(t)
		}
		return nil
	}
	var id catalog.ID
	if c := e.compositeByName(&n.Name); c != nil {
		id = c.TypeID
	} else if t, ok := e.Catalog.Type(o.schema, n.Name.Name); ok {
		id = t.ID
	}
	if e.Catalog.Allowed(catalog.Object{Class: catalog.TypeClass, ID: id}, o.owner, e.Owner, catalog.PrivUsage) == 0 {
		return denied("permission denied for type %s", o.name)
	}
	return nil
}

// permitTypes asks for USAGE of the types that a new type or aggregate is made of.
func (e *Env) permitTypes(stmt ast.Stmt) error {
	var used []*ast.TypeName
	attribute := func(defs []ast.Definition, names ...string) {
		for i := range defs {
			for _, n := range names {
				if defs[i].Name != n {
					continue
				}
				if t, err := typeOfAttribute(&defs[i]); err == nil {
					used = append(used, t)
				}
			}
		}
	}
	switch st := stmt.(type) {
	case *ast.CreateDomain:
		used = append(used, &st.Type)
	case *ast.CreateRange:
		attribute(st.Defs, "subtype")
	case *ast.CreateComposite:
		for i := range st.Columns {
			used = append(used, &st.Columns[i].Type)
		}
	case *ast.CreateAggregate:
		for i := range st.Params {
			used = append(used, &st.Params[i].Type)
		}
		attribute(st.Defs, "basetype", "stype", "stype1", "mstype")
	}
	for _, t := range used {
		if err := e.permitType(t); err != nil {
			return err
		}
	}
	return nil
}

// permitAttributes asks for USAGE of the types that ALTER TYPE gives attributes.
func (e *Env) permitAttributes(st *ast.AlterTable) error {
	for i := range st.Cmds {
		c := &st.Cmds[i]
		if c.Column != nil {
			if err := e.permitType(&c.Column.Type); err != nil {
				return err
			}
		}
		if c.Type != nil {
			if err := e.permitType(c.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayUseType refuses a type that a column of a view gets from an expression.
func (e *Env) mayUseType(t types.T) error {
	if e.Super {
		return nil
	}
	info := types.Lookup(t.OID)
	if info != nil && t.IsArray() {
		info = types.Lookup(t.Elem().OID)
	}
	if info == nil {
		return nil
	}
	id := catalog.ID(info.OID)
	var owner, schema catalog.ID
	var name string
	if x, ok := e.Catalog.TypeByID(id); ok {
		owner, schema, name = x.Owner, x.Schema, x.Name
	} else if r, ok := e.Catalog.RowType(id); ok && r.Table.Kind == catalog.KindComposite {
		owner, schema, name = r.Table.Owner, r.Table.Schema, r.Table.Name
	} else {
		return e.mayUseSystemType(info)
	}
	if e.Catalog.Allowed(catalog.Object{Class: catalog.TypeClass, ID: id}, owner, e.Owner, catalog.PrivUsage) == 0 {
		return denied("permission denied for type %s", e.typeShown(schema, name))
	}
	return nil
}

// mayUseSystemType refuses a type of the system's that was taken from the user.
func (e *Env) mayUseSystemType(info *types.Info) error {
	o := catalog.Object{Class: catalog.TypeClass, ID: info.OID}
	if e.Catalog.RightsOf(o) == nil || e.Catalog.Allowed(o, catalog.BootstrapRoleID, e.Owner, catalog.PrivUsage) != 0 {
		return nil
	}
	return denied("permission denied for type %s", types.FormatType(types.Of(info.OID)))
}
