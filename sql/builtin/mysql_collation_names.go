package builtin

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/types"
)

// The names of collations that SHOW, information_schema and variables tell.

var mysqlCollationFuncs = []mysqlFunc{
	{name: "column_collation", args: "ii", ret: types.TextOID, volatility: Stable, eval: ofColumn(func(_ Session, _ *catalog.Table, c *catalog.Column) (string, bool) {
		return mysqlCollationName(c.Collation), isTextType(c.Type.OID)
	})},
	{name: "table_collation", args: "i", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
		if !ok {
			return null()
		}
		return types.String(mysqlCollationName(t.Collation)), nil
	})},
	{name: "schema_collation", args: "i", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		x, ok := s.Catalog().SchemaByID(catalog.ID(a[0].Int()))
		if !ok {
			return types.String(collate.MySQLDefault), nil
		}
		return types.String(mysqlCollationName(x.Collation)), nil
	})},
	{name: "database_collation", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		for _, name := range s.SearchPath(false) {
			if x, ok := s.Catalog().Schema(name); ok {
				return types.String(mysqlCollationName(x.Collation)), nil
			}
		}
		return types.String(collate.MySQLDefault), nil
	})},
	{name: "connection_collation", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		if v, ok := s.Setting("mysql.collation_connection"); ok && v != "" {
			return types.String(v), nil
		}
		return types.String(collate.MySQLDefault), nil
	})},
	{name: "charset_of", args: "t", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if c, ok := collate.MySQLCollationOf(a[0].Text()); ok {
			return types.String(c.Charset), nil
		}
		return null()
	}},
}

// mysqlCollationName is what MySQL calls a collation: those of PostgreSQL, and none, are that of
// what declares nothing.
func mysqlCollationName(id catalog.ID) string {
	if c, ok := collate.MySQLByOID(id); ok {
		return c.Name
	}
	return collate.MySQLDefault
}

// declaredCollation is what SHOW CREATE TABLE says of a column's collation after its type, ""
// where that is the table's.
func declaredCollation(t *catalog.Table, c *catalog.Column) string {
	if !isTextType(c.Type.OID) || c.Collation == t.Collation || t.Collation == 0 && c.Collation == collate.DefaultOID {
		return ""
	}
	x, ok := collate.MySQLByOID(c.Collation)
	if !ok { // its own, which no COLLATE names
		return " CHARACTER SET " + collate.MySQLBase
	}
	if of, _ := collate.MySQLCollationOf(mysqlCollationName(t.Collation)); of.Charset != x.Charset {
		return " CHARACTER SET " + x.Charset + " COLLATE " + x.Name
	}
	return " COLLATE " + x.Name
}

// tableCharset is what SHOW CREATE TABLE says of a table's.
func tableCharset(t *catalog.Table) string {
	c, _ := collate.MySQLCollationOf(mysqlCollationName(t.Collation))
	return "DEFAULT CHARSET=" + c.Charset + " COLLATE=" + c.Name
}
