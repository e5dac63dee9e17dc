package session

import (
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/types"
)

// typeNameOf writes a type as syntax, modifiers included.
func typeNameOf(t types.T) ast.TypeName {
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
	n.Name = ast.QName{At: n.At, Schema: "pg_catalog", Name: info.Name}
	if info.Namespace != 11 {
		n.Name.Schema = "public"
	}
	mods := strings.Trim(types.TypmodOut(base), "()")
	for _, m := range strings.Split(mods, ",") {
		if v, err := strconv.ParseInt(m, 10, 64); err == nil {
			n.Mods = append(n.Mods, &ast.Lit{At: n.At, Kind: ast.LitInt, Int: v, Text: m})
		}
	}
	return n
}
