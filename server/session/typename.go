package session

import (
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// typeNameIn is typeNameOf for a type that may be one of users, in its schema: the domain
// or the type of values, or of the elements of arrays.
func typeNameIn(cat *catalog.Snapshot, t types.T, domain catalog.ID) ast.TypeName {
	n := typeNameOf(cat, t)
	id := domain
	if id == 0 {
		id = t.ElemDomain()
	}
	if id != 0 {
		n.Mods = nil // the domain's
	} else if id = t.OID; t.IsArray() {
		id = t.Elem().OID
	}
	if u, ok := cat.TypeByID(id); ok {
		n.Name.Schema, n.Name.Name = cat.SchemaName(u.Schema), u.Name
	}
	return n
}

// typeNameOf writes a type as syntax, modifiers included, in the schema of its extension.
func typeNameOf(cat *catalog.Snapshot, t types.T) ast.TypeName {
	n := ast.TypeName{At: ast.At{Pos: ast.NoPos}}
	base := t
	if t.IsArray() {
		base = t.Elem()
		n.ArrayDims = []int{-1}
	}
	info := types.Lookup(base.OID)
	if base.OID == types.UnknownOID || info == nil {
		info = types.Lookup(types.TextOID)
	}
	n.Name = ast.QName{At: n.At, Schema: cat.SchemaName(builtin.TypeSchema(cat, info)), Name: info.Name}
	mods := strings.Trim(types.TypmodOut(base), "()")
	for _, m := range strings.Split(mods, ",") {
		if v, err := strconv.ParseInt(m, 10, 64); err == nil {
			n.Mods = append(n.Mods, &ast.Lit{At: n.At, Kind: ast.LitInt, Int: v, Text: m})
		}
	}
	return n
}
