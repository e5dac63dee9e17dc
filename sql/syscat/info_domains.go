package syscat

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("information_schema", map[string]generator{
	"domains":            infoDomains,
	"domain_constraints": infoDomainConstraints,
})

func infoDomains(r *rows) {
	defs, v := r.printer(), r.viewer()
	for _, d := range r.domains() {
		if !v.object(catalog.TypeClass, d.ID, d.Owner, catalog.PrivUsage) {
			continue
		}
		r.names("domain", schemaName(r.cat, d.Schema), d.Name)
		r.domainBase(d)
		if info := types.Lookup(d.Base.OID); d.Over == 0 && d.Base.IsArray() && info != nil && info.Namespace == catalog.PgCatalogID {
			r.text("data_type", types.FormatType(d.Base))
		} else if d.Base.IsArray() {
			r.text("data_type", "USER-DEFINED")
		}
		if d.Default != "" {
			r.text("domain_default", defs.expr(d.Default))
		}
		r.text("dtd_identifier", "1")
		r.emit()
	}
}

// domainBase stores the type that a domain was made over.
func (r *rows) domainBase(d *catalog.Type) {
	over, ok := r.cat.TypeByID(d.Over)
	if !ok || d.Over == 0 {
		r.typeColumns(d.Base, d.Collation)
		return
	}
	r.text("data_type", "USER-DEFINED")
	r.text("udt_catalog", r.env.Database())
	r.text("udt_schema", r.cat.SchemaName(over.Schema))
	r.text("udt_name", over.Name)
}

func infoDomainConstraints(r *rows) {
	v := r.viewer()
	for _, d := range r.domains() {
		if !v.object(catalog.TypeClass, d.ID, d.Owner, catalog.PrivUsage) {
			continue
		}
		for _, c := range d.Checks {
			r.names("constraint", schemaName(r.cat, d.Schema), c.Name)
			r.names("domain", schemaName(r.cat, d.Schema), d.Name)
			r.text("is_deferrable", "NO")
			r.text("initially_deferred", "NO")
			r.emit()
		}
	}
}
