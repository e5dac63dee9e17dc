package session

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/tsearch"
	"github.com/loxodb/loxodb/sql/types"
)

// names gives the reg* types their text forms (PostgreSQL chapter 8.19): types.Names.
type names struct{ s *Session }

// Enum and Composite implement types.UserTypes.
func (n names) Enum(oid types.OID) *types.Enum           { return n.s.Catalog().Enum(oid) }
func (n names) Composite(oid types.OID) *types.Composite { return n.s.Catalog().Composite(oid) }

// RegOut implements types.Names.
func (n names) RegOut(t, oid types.OID) (string, bool) {
	if oid == 0 {
		return "-", true
	}
	snap := n.s.Catalog()
	switch t {
	case types.RegclassOID:
		return n.relation(oid)
	case types.RegtypeOID:
		return n.typeName(oid)
	case types.RegnamespaceOID:
		name := snap.SchemaName(oid)
		return ast.QuoteIdent(name), name != ""
	case types.RegroleOID:
		if r, ok := snap.RoleByID(oid); ok {
			return ast.QuoteIdent(r.Name), true
		}
	case types.RegprocOID, types.RegprocedureOID:
		if f := builtin.FuncByOID(oid); f != nil {
			if t == types.RegprocOID {
				return n.function(f, true), true
			}
			return n.function(f, false) + "(" + typeList(f.Args) + ")", true
		}
		return n.userFunction(t, oid)
	case types.RegoperOID, types.RegoperatorOID:
		if o := builtin.OperatorByOID(oid); o != nil {
			if t == types.RegoperOID {
				if len(builtin.Operators(o.Name)) > 1 { // the name alone would not find it
					return o.Schema + "." + o.Name, true
				}
				return o.Name, true
			}
			left := "NONE"
			if o.Left != 0 {
				left = types.TypeName(o.Left)
			}
			return o.Name + "(" + left + "," + types.TypeName(o.Right) + ")", true
		}
	case types.RegconfigOID:
		if c, ok := tsearch.ConfigByOID(oid); ok {
			return c.Name, true
		}
	case types.RegdictionaryOID:
		for _, d := range tsearch.Dictionaries {
			if d.OID == oid {
				return d.Name, true
			}
		}
	case types.RegcollationOID:
		if c, ok := snap.CollationByID(oid); ok {
			if found, ok := snap.FindCollation(n.s.SearchPath(true), c.Name); ok && found == c {
				return ast.QuoteIdent(c.Name), true
			}
			return ast.QuoteIdent(snap.SchemaName(c.Schema)) + "." + ast.QuoteIdent(c.Name), true
		}
	}
	return "", false
}

// typeName is a type's name, qualified unless the search path finds it.
func (n names) typeName(oid types.OID) (string, bool) {
	info := types.Lookup(oid)
	switch {
	case info == nil:
		return "", false
	case info.In == "array_in":
		name, ok := n.typeName(info.Elem)
		return name + "[]", ok
	case info.Namespace == catalog.PgCatalogID:
		return types.TypeName(oid), true
	}
	name := ast.QuoteIdent(info.Name)
	if n.typeVisible(info.Namespace, info.Name) {
		return name, true
	}
	return ast.QuoteIdent(n.s.Catalog().SchemaName(info.Namespace)) + "." + name, true
}

func (n names) typeVisible(schema catalog.ID, name string) bool {
	snap := n.s.Catalog()
	for _, p := range n.s.SearchPath(true) {
		switch sc, ok := snap.Schema(p); {
		case p == "pg_catalog":
			if t := types.ByName(name); t != nil && t.Namespace == catalog.PgCatalogID {
				return false
			}
		case ok && sc.ID == schema:
			return true
		case ok && snap.TypeExists(sc.ID, name):
			return false
		}
	}
	return false
}

// function is a function's name, qualified unless the search path finds it by the
// name, alone (the only one of all overloads) or with its arguments.
func (n names) function(f *builtin.Func, alone bool) string {
	path := n.s.SearchPath(true)
	visible := slices.Contains(path, f.Schema)
	if alone {
		for _, g := range builtin.Functions("", f.Name) {
			visible = visible && (g == f || !slices.Contains(path, g.Schema))
		}
	}
	if visible {
		return ast.QuoteIdent(f.Name)
	}
	return ast.QuoteIdent(f.Schema) + "." + ast.QuoteIdent(f.Name)
}

func typeList(oids []types.OID) string {
	parts := make([]string, len(oids))
	for i, o := range oids {
		parts[i] = types.TypeName(o)
	}
	return strings.Join(parts, ",")
}

// relation is a relation's name, qualified unless the search path finds it.
func (n names) relation(oid catalog.ID) (string, bool) {
	snap := n.s.Catalog()
	schema, name := n.s.relationByOID(oid)
	if name == "" {
		v := syscat.ByOID(oid)
		switch {
		case v == nil:
			return "", false
		case v.Schema == "pg_catalog":
			return v.Name, true
		}
		return v.Schema + "." + v.Name, true
	}
	if n.s.visible(schema, name) {
		return ast.QuoteIdent(name), true
	}
	return ast.QuoteIdent(snap.SchemaName(schema)) + "." + ast.QuoteIdent(name), true
}

// relationByOID finds a table, index or sequence; the name is "" when there is none.
func (s *Session) relationByOID(oid catalog.ID) (schema catalog.ID, name string) {
	snap := s.Catalog()
	if t, ok := snap.TableByID(oid); ok {
		return t.Schema, t.Name
	}
	if x, ok := snap.IndexByID(oid); ok {
		if t, ok := snap.TableByID(x.Table); ok {
			return t.Schema, x.Name
		}
	}
	if q, ok := snap.SequenceByID(oid); ok {
		return q.Schema, q.Name
	}
	return 0, ""
}
