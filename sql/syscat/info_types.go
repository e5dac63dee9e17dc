package syscat

import (
	"strconv"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// relations are the relations that the standard knows: composite types are none.
func (r *rows) relations() []*catalog.Table {
	all := r.cat.Tables()
	l := make([]*catalog.Table, 0, len(all))
	for _, t := range all {
		if t.Kind != catalog.KindComposite {
			l = append(l, t)
		}
	}
	return l
}

// composites are the types made by CREATE TYPE … AS that the user may use.
func (r *rows) composites(each func(*catalog.Table)) {
	v := r.viewer()
	for _, t := range r.cat.Tables() {
		if t.Kind == catalog.KindComposite && v.object(catalog.TypeClass, t.TypeID, t.Owner, catalog.PrivUsage) {
			each(t)
		}
	}
}

func infoUserTypes(r *rows) {
	r.composites(func(t *catalog.Table) {
		r.text("user_defined_type_catalog", r.env.Database())
		r.text("user_defined_type_schema", r.cat.SchemaName(t.Schema))
		r.text("user_defined_type_name", t.Name)
		r.text("user_defined_type_category", "STRUCTURED")
		r.text("is_instantiable", "YES")
		r.emit()
	})
}

func infoAttributes(r *rows) {
	r.composites(func(t *catalog.Table) {
		for i := range t.Columns {
			if !t.Columns[i].Dropped {
				r.infoAttribute(t, i+1, &t.Columns[i])
			}
		}
	})
}

func (r *rows) infoAttribute(t *catalog.Table, num int, c *catalog.Column) {
	r.names("udt", r.cat.SchemaName(t.Schema), t.Name)
	r.text("attribute_name", c.Name)
	r.int("ordinal_position", int64(num))
	d, ok := r.cat.TypeByID(c.Domain)
	r.yes("is_nullable", !(ok && c.Domain != 0 && d.NotNull))
	r.text("is_derived_reference_attribute", "NO")
	r.text("dtd_identifier", strconv.Itoa(num))
	info := types.Lookup(c.Type.OID)
	schema, name := catalog.ID(0), ""
	if info != nil {
		schema, name = builtin.TypeSchema(r.cat, info), info.Name
	}
	if ok && c.Domain != 0 {
		schema, name = d.Schema, d.Name
		r.text("data_type", "USER-DEFINED")
	} else {
		r.dataType(c.Type)
	}
	r.names("attribute_udt", schemaName(r.cat, schema), name)
	if x, ok := r.cat.CollationByID(c.Collation); ok && c.Collation != 100 {
		r.names("collation", r.cat.SchemaName(x.Schema), x.Name)
	}
	r.lengths(c.Type)
	r.numericColumns(c.Type)
	r.datetimeColumns(c.Type)
	r.emit()
}
