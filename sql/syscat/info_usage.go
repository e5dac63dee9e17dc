package syscat

import (
	"fmt"
	"strconv"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("information_schema", map[string]generator{
	"column_domain_usage":  infoColumnDomains,
	"column_udt_usage":     infoColumnTypes,
	"domain_udt_usage":     infoDomainTypes,
	"column_column_usage":  infoColumnColumns,
	"data_type_privileges": infoDataTypes,
	"view_table_usage":     func(r *rows) { r.viewUsage(false) },
	"view_column_usage":    func(r *rows) { r.viewUsage(true) },
})

// each calls f for every row of another relation of information_schema; get is a column of
// the row, the empty text for NULL.
func (r *rows) each(relation string, f func(get func(string) string)) {
	t, _ := Lookup("information_schema", relation)
	if t == nil || r.done() {
		return
	}
	err := t.Rows(r.ctx, r.env, func(row []types.Datum) error {
		f(func(col string) string {
			d := row[t.attr[col]]
			if d.IsNull() {
				return ""
			}
			return d.Text()
		})
		return r.err
	})
	if r.err == nil {
		r.err = err
	}
}

// ownType tells whether the user has the rights of the owner of a type, which is named as
// information_schema does.
func (r *rows) ownType(schema, name string) bool {
	owner := catalog.ID(catalog.BootstrapRoleID)
	if s, ok := r.cat.Schema(schema); ok {
		for _, t := range r.cat.Types() {
			if t.Schema == s.ID && (t.Name == name || t.ArrayName == name) {
				owner = t.Owner
			}
		}
		for _, t := range r.cat.Tables() {
			if t.Schema == s.ID && t.HasRowType() && (t.Name == name || t.ArrayName == name) {
				owner = t.Owner
			}
		}
	}
	return r.cat.HasPrivsOf(r.user(), owner)
}

// owned is ownType, which remembers the types that it was asked about.
func (r *rows) owned() func(schema, name string) bool {
	seen := map[[2]string]bool{}
	return func(schema, name string) bool {
		key := [2]string{schema, name}
		own, ok := seen[key]
		if !ok {
			own = r.ownType(schema, name)
			seen[key] = own
		}
		return own
	}
}

func infoColumnDomains(r *rows) {
	owned := r.owned()
	r.each("columns", func(get func(string) string) {
		schema, name := get("domain_schema"), get("domain_name")
		if name == "" || !owned(schema, name) {
			return
		}
		r.names("domain", schema, name)
		r.names("table", get("table_schema"), get("table_name"))
		r.text("column_name", get("column_name"))
		r.emit()
	})
}

func infoColumnTypes(r *rows) {
	owned := r.owned()
	r.each("columns", func(get func(string) string) {
		schema, name := get("udt_schema"), get("udt_name")
		if !owned(schema, name) {
			return
		}
		r.names("udt", schema, name)
		r.names("table", get("table_schema"), get("table_name"))
		r.text("column_name", get("column_name"))
		r.emit()
	})
}

func infoDomainTypes(r *rows) {
	owned := r.owned()
	r.each("domains", func(get func(string) string) {
		schema, name := get("udt_schema"), get("udt_name")
		if !owned(schema, name) {
			return
		}
		r.names("udt", schema, name)
		r.names("domain", get("domain_schema"), get("domain_name"))
		r.emit()
	})
}

// infoColumnColumns are the columns that generated columns are made from.
func infoColumnColumns(r *rows) {
	d, ok := r.env.(Definer)
	if !ok {
		return
	}
	for _, t := range r.relations() {
		if !r.cat.HasPrivsOf(r.user(), t.Owner) {
			continue
		}
		for i := range t.Columns {
			c := &t.Columns[i]
			if c.Dropped || c.Generated == 0 {
				continue
			}
			for _, a := range d.Columns(c.Default, t) {
				if from := t.Column(a); from != nil && from != c {
					r.names("table", r.cat.SchemaName(t.Schema), t.Name)
					r.text("column_name", from.Name)
					r.text("dependent_column", c.Name)
					r.emit()
				}
			}
		}
	}
}

// infoDataTypes are the descriptors of data types that the other relations have.
func infoDataTypes(r *rows) {
	for _, from := range []struct{ relation, schema, name, kind string }{
		{"attributes", "udt_schema", "udt_name", "USER-DEFINED TYPE"},
		{"columns", "table_schema", "table_name", "TABLE"},
		{"domains", "domain_schema", "domain_name", "DOMAIN"},
		{"parameters", "specific_schema", "specific_name", "ROUTINE"},
		{"routines", "specific_schema", "specific_name", "ROUTINE"},
	} {
		r.each(from.relation, func(get func(string) string) {
			r.names("object", get(from.schema), get(from.name))
			r.text("object_type", from.kind)
			r.opt("dtd_identifier", get("dtd_identifier"))
			r.emit()
		})
	}
}

// viewUsage are the tables and views that views read, or their columns.
func (r *rows) viewUsage(columns bool) {
	d, ok := r.env.(Definer)
	if !ok {
		return
	}
	for _, v := range r.relations() {
		if v.Kind != catalog.KindView || r.done() {
			continue
		}
		seen := map[Reading]bool{}
		for _, x := range d.ViewReads(v) {
			if !columns {
				x.Attr = 0
			}
			t, ok := r.cat.TableByID(x.Table)
			if !ok || seen[x] || x.Table == v.ID || t.Kind == catalog.KindMatView || !r.cat.HasPrivsOf(r.user(), t.Owner) {
				continue
			}
			seen[x] = true
			c := t.Column(x.Attr)
			if columns && c == nil {
				continue
			}
			r.names("view", r.cat.SchemaName(v.Schema), v.Name)
			r.names("table", r.cat.SchemaName(t.Schema), t.Name)
			if columns {
				r.text("column_name", c.Name)
			}
			r.emit()
		}
	}
}

var _ = register("information_schema", map[string]generator{
	"routine_privileges":  func(r *rows) { r.routinePrivileges(true) },
	"role_routine_grants": func(r *rows) { r.routinePrivileges(false) },
	"udt_privileges":      func(r *rows) { r.udtPrivileges(true) },
	"role_udt_grants":     func(r *rows) { r.udtPrivileges(false) },
})

func (r *rows) routinePrivileges(public bool) {
	put := func(schema, name string, id, owner catalog.ID) {
		l := r.cat.EffectiveACL(catalog.Object{Class: catalog.FunctionClass, ID: id}, owner)
		r.granted(l, owner, catalog.PrivExecute, public, func(grantor, grantee string, _ catalog.Priv, option bool) {
			r.text("grantor", grantor)
			r.text("grantee", grantee)
			r.names("specific", schema, fmt.Sprintf("%s_%d", name, id))
			r.names("routine", schema, name)
			r.text("privilege_type", "EXECUTE")
			r.yes("is_grantable", option)
			r.emit()
		})
	}
	r.everyRoutine(func(f *catalog.Function) { put(schemaName(r.cat, f.Schema), f.Name, f.ID, f.Owner) })
}

// udtPrivileges are those on the types of rows.
func (r *rows) udtPrivileges(public bool) {
	put := func(schema, name string, id, owner catalog.ID) {
		l := r.cat.EffectiveACL(catalog.Object{Class: catalog.TypeClass, ID: id}, owner)
		r.granted(l, owner, catalog.PrivUsage, public, func(grantor, grantee string, _ catalog.Priv, option bool) {
			r.text("grantor", grantor)
			r.text("grantee", grantee)
			r.names("udt", schema, name)
			r.text("privilege_type", "TYPE USAGE")
			r.yes("is_grantable", option)
			r.emit()
		})
	}
	for _, row := range bornRows("pg_type") {
		if o, ok := ObjectByID(TypeClass, number(row[0])); ok && row[bornTypeKind] == "c" {
			put(schemaName(r.cat, o.Schema), o.Name, number(row[0]), catalog.BootstrapRoleID)
		}
	}
	for _, t := range r.cat.Tables() {
		if t.HasRowType() {
			put(r.cat.SchemaName(t.Schema), t.Name, t.TypeID, t.Owner)
		}
	}
}

// bornTypeKind is where a row of pg_type has typtype.
const bornTypeKind = 6

// infoElementTypes describes the elements of the arrays that columns, attributes, domains
// and the arguments and results of functions are.
func infoElementTypes(r *rows) {
	put := func(schema catalog.ID, name, kind string, num int, array types.T, collation catalog.ID) {
		of := types.Lookup(array.OID)
		if of == nil || of.Elem == 0 || of.Len != -1 {
			return
		}
		elem := types.Lookup(of.Elem)
		if elem == nil {
			return
		}
		r.names("object", schemaName(r.cat, schema), name)
		r.text("object_type", kind)
		r.text("collection_type_identifier", strconv.Itoa(num))
		r.text("data_type", "USER-DEFINED")
		if elem.Namespace == catalog.PgCatalogID {
			r.text("data_type", types.TypeName(elem.OID))
		}
		if c, ok := r.cat.CollationByID(collation); ok && collation != 100 {
			r.names("collation", schemaName(r.cat, c.Schema), c.Name)
		}
		r.names("udt", schemaName(r.cat, builtin.TypeSchema(r.cat, elem)), elem.Name)
		r.text("dtd_identifier", "a"+strconv.Itoa(num))
		r.emit()
	}
	v := r.viewer()
	for _, t := range append(systemRelations(), r.cat.Tables()...) {
		kind := "TABLE"
		switch t.Kind {
		case catalog.KindMatView: // the standard has none
			continue
		case catalog.KindComposite:
			kind = "USER-DEFINED TYPE"
		}
		for i := range t.Columns {
			c := &t.Columns[i]
			sees := v.column(t.ID, t.Owner, c.Num, columnRights)
			if kind != "TABLE" {
				sees = v.object(catalog.TypeClass, t.TypeID, t.Owner, catalog.PrivUsage)
			}
			if !c.Dropped && c.Domain == 0 && sees {
				put(t.Schema, t.Name, kind, i+1, c.Type, c.Collation)
			}
		}
	}
	for _, d := range r.cat.Types() {
		if d.Kind == catalog.DomainType && d.Over == 0 && v.object(catalog.TypeClass, d.ID, d.Owner, catalog.PrivUsage) {
			put(d.Schema, d.Name, "DOMAIN", 1, d.Base, d.Collation)
		}
	}
	r.eachRoutine(func(_ *viewer, f *catalog.Function) {
		for i := range f.Args {
			put(f.Schema, specificName(f), "ROUTINE", i+1, types.Of(f.Args[i].TypeID()), 0)
		}
		if !f.IsProcedure() {
			put(f.Schema, specificName(f), "ROUTINE", 0, types.Of(f.RetID()), 0)
		}
	})
}
