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
	defs := r.printer()
	for _, d := range r.cat.Types() {
		if d.Kind != catalog.DomainType {
			continue
		}
		r.names("domain", r.cat.SchemaName(d.Schema), d.Name)
		r.domainBase(d)
		if d.Over == 0 && d.Base.IsArray() {
			r.text("data_type", types.FormatType(d.Base))
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
	for _, d := range r.cat.Types() {
		for _, c := range d.Checks {
			r.names("constraint", r.cat.SchemaName(d.Schema), c.Name)
			r.names("domain", r.cat.SchemaName(d.Schema), d.Name)
			r.text("is_deferrable", "NO")
			r.text("initially_deferred", "NO")
			r.emit()
		}
	}
}
