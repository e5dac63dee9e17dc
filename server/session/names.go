package session

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// names gives the reg* types their text forms (PostgreSQL chapter 8.19): types.Names.
type names struct {
	s *Session
	// stored: the names are of what is stored, and were looked up when that was made.
	stored bool
}

// Stored are the names without asking whether the user may use their schemas: bind asks for
// them where an expression is stored.
func (n names) Stored() types.Names {
	n.stored = true
	return n
}

// SystemColumn is the number of a column of a system relation, 0 for none, and the relation's
// name, "" for another relation.
func (n names) SystemColumn(relation types.OID, column string) (attr int16, of string) {
	v := syscat.ByOID(relation)
	if v == nil {
		return 0, ""
	}
	for i := range v.Columns {
		if v.Columns[i].Name == column {
			return int16(i + 1), v.Name
		}
	}
	return catalog.SystemAttr(column), v.Name
}

// options are those of the session, for what the names are of.
func (n names) options() planner.Options {
	o := n.s.planOptions(nil)
	if n.stored {
		o.Role = 0
	}
	return o
}

// inSchema refuses a schema that is not there, or that the user may not use.
func (n names) inSchema(schema string) error {
	if !n.schemaExists(schema) {
		return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", schema)
	}
	if n.stored {
		return nil
	}
	return n.s.mayUseSchema(schema)
}

// Enum and Composite implement types.UserTypes.
func (n names) Enum(oid types.OID) *types.Enum           { return n.s.Catalog().Enum(oid) }
func (n names) Composite(oid types.OID) *types.Composite { return n.s.Catalog().Composite(oid) }

// composite is what the session's catalog says of a composite type, nil for other types: in a
// transaction that has altered the type, what no other session sees yet.
func (s *Session) composite(oid types.OID) *types.Composite {
	return types.CompositeOf(oid, s.TextFormat())
}

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
		return n.quote(name), name != ""
	case types.RegroleOID:
		if r, ok := snap.RoleByID(oid); ok {
			return n.quote(r.Name), true
		}
	case types.RegprocOID, types.RegprocedureOID:
		return n.procOut(t, oid)
	case types.RegoperOID, types.RegoperatorOID:
		return n.operOut(t, oid)
	case types.RegconfigOID, types.RegdictionaryOID:
		class := map[types.OID]catalog.ID{types.RegconfigOID: syscat.TSConfigClass, types.RegdictionaryOID: syscat.TSDictClass}[t]
		if o, ok := syscat.ObjectByID(class, oid); ok {
			if slices.Contains(n.s.SearchPath(true), "pg_catalog") {
				return n.quote(o.Name), true
			}
			return n.quote("pg_catalog") + "." + n.quote(o.Name), true
		}
	case types.RegcollationOID:
		if c, ok := snap.CollationByID(oid); ok {
			if found, ok := snap.FindCollation(n.s.SearchPath(true), c.Name); ok && found == c {
				return n.quote(c.Name), true
			}
			return n.quote(snap.SchemaName(c.Schema)) + "." + n.quote(c.Name), true
		}
	}
	return "", false
}

// quote is a name as SQL has it: in quotes where it needs them, or where the session asks for
// them around all. What is stored does not depend on that.
func (n names) quote(name string) string {
	if n.QuotesAll() {
		return ast.QuoteAll(name)
	}
	return ast.QuoteIdent(name)
}

// QuotesAll reports that all names are written in quotes.
func (n names) QuotesAll() bool { return !n.stored && n.s.quotesAll() }

func (s *Session) quotesAll() bool {
	on, _ := s.Setting("quote_all_identifiers")
	return on == "on"
}

// typeName is a type's name, qualified unless the search path finds it.
func (n names) typeName(oid types.OID) (string, bool) {
	info := types.Lookup(oid)
	switch {
	case info == nil:
		return n.bornType(oid)
	case info.In == "array_in":
		name, ok := n.typeName(info.Elem)
		return name + "[]", ok
	case info.Namespace == catalog.PgCatalogID:
		if n.QuotesAll() {
			return ast.QuoteType(types.TypeName(oid)), true
		}
		return types.TypeName(oid), true
	}
	name, schema := n.quote(info.Name), builtin.TypeSchema(n.s.Catalog(), info)
	if n.typeVisible(schema, info.Name) {
		return name, true
	}
	return n.quote(n.schemaName(schema)) + "." + name, true
}

func (n names) typeVisible(schema catalog.ID, name string) bool {
	snap := n.s.Catalog()
	for _, p := range n.s.SearchPath(true) {
		switch sc, ok := snap.Schema(p); {
		case p == "pg_catalog":
			if t := types.ByName(name); t != nil && t.Namespace == catalog.PgCatalogID || syscat.RowTypeNamed(p, name) != nil {
				return schema == catalog.PgCatalogID
			}
		case ok && sc.ID == schema:
			return true
		case ok && snap.TypeExists(sc.ID, name):
			return false
		}
	}
	return false
}

// relation is a relation's name, qualified unless the search path finds it.
func (n names) relation(oid catalog.ID) (string, bool) {
	snap := n.s.Catalog()
	schema, name := n.s.relationByOID(oid)
	if name == "" {
		schema := ""
		if v := syscat.ByOID(oid); v != nil {
			schema, name = v.Schema, v.Name
		} else if o, ok := syscat.ObjectByID(syscat.RelationClass, oid); ok {
			schema, name = n.schemaName(o.Schema), o.Name
		} else if toast, ok := syscat.ToastName(snap, oid); ok {
			schema, name = "pg_toast", toast
		} else {
			return "", false
		}
		if slices.Contains(n.s.SearchPath(true), schema) {
			return n.quote(name), true
		}
		return n.quote(schema) + "." + n.quote(name), true
	}
	if n.s.visible(schema, name) {
		return n.quote(name), true
	}
	return n.quote(snap.SchemaName(schema)) + "." + n.quote(name), true
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
