package syscat

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/extension"
	"github.com/loxodb/loxodb/sql/types"
)

// OpClass is the operator class of an index's key, and the extension that it is of, if any.
type OpClass struct {
	Name, Extension string
	family          catalog.ID
}

// OpClassFor finds the operator class of a key of an access method: by name, or the
// default of its type for "".
func OpClassFor(method, name string, t types.OID) (OpClass, bool) {
	c, ok := opClassOf(method, name, t)
	if !ok {
		return OpClass{}, false
	}
	out := OpClass{Name: c.name, family: c.family}
	if x := extension.ByID(c.oid); x != nil {
		out.Extension = x.Name
	}
	return out, true
}

// ClassSchema is the schema of an operator class, which the access method has: pg_catalog,
// or where its extension is. vector's are known in public without it.
func ClassSchema(c *catalog.Snapshot, method, name string) catalog.ID {
	am := MethodID(method)
	for _, x := range Extensions {
		for _, f := range extensionRows(x.Name, "opclass") {
			if f[2] != name || number(f[1]) != am {
				continue
			}
			if e, ok := c.Extension(x.Name); ok {
				return e.Schema
			}
			return catalog.PublicID
		}
	}
	return catalog.PgCatalogID
}

// KeyAgrees reports that a key of a btree index is ordered as a class of operators and a
// collation say; "" and 0 say nothing.
func KeyAgrees(t *catalog.Table, x *catalog.Index, key int, class string, collation catalog.ID) bool {
	k := &x.Keys[key]
	if collation != 0 && collation != keyCollation(t, k) {
		return false
	}
	if class == "" {
		return true
	}
	own, _ := opClassOf("btree", k.OpClass, k.Type.OID)
	want, _ := opClassOf("btree", class, k.Type.OID)
	return own.family == want.family && own.input == want.input
}

// Has reports an operator of the class, or of its family, that tells about rows, not their
// order.
func (c OpClass) Has(operator catalog.ID) bool {
	return slices.ContainsFunc(catalogRows("amop"), func(f []string) bool {
		return number(f[1]) == c.family && f[5] == "s" && number(f[6]) == operator
	})
}

// FamilyName is the name of the class's operator family.
func (c OpClass) FamilyName() string {
	for _, f := range catalogRows("opfamily") {
		if number(f[0]) == c.family {
			return f[2]
		}
	}
	return ""
}

// exclusionText is an exclusion constraint as pg_get_constraintdef shows it.
func (p *Printer) exclusionText(t *catalog.Table, k *catalog.Constraint) string {
	x := t.Index(k.Index)
	if x == nil {
		return ""
	}
	var keys []string
	for i := range x.Keys {
		keys = append(keys, p.indexKey(t, x, &x.Keys[i])+" WITH "+builtin.OperatorByOID(x.Exclude[i]).Name)
	}
	s := "EXCLUDE USING " + p.ident(x.AccessMethod()) + " (" + strings.Join(keys, ", ") + ")"
	if len(x.Include) > 0 {
		s += " INCLUDE (" + p.columnList(t, x.Include) + ")"
	}
	s += p.withOptions(x.Options)
	if x.Where != "" {
		s += " WHERE (" + p.expr(x.Where) + ")"
	}
	return s
}
