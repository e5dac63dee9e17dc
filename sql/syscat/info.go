package syscat

import (
	"strconv"

	"github.com/loxodb/loxodb/sql/catalog"
)

var _ = register("information_schema", map[string]generator{
	"information_schema_catalog_name": func(r *rows) { r.text("catalog_name", r.env.Database()); r.emit() },
	"schemata":                        infoSchemata,
	"tables":                          infoTables,
	"views":                           infoViews,
	"sequences":                       infoSequences,
	"character_sets":                  infoCharacterSets,
	"collations":                      infoCollations,
})

// names stores prefix_catalog, prefix_schema and prefix_name.
func (r *rows) names(prefix, schema, name string) {
	r.text(prefix+"_catalog", r.env.Database())
	r.text(prefix+"_schema", schema)
	r.text(prefix+"_name", name)
}

func infoSchemata(r *rows) {
	v := r.viewer()
	for _, s := range allSchemas(r.cat) {
		if !v.object(catalog.SchemaClass, s.ID, s.Owner, catalog.PrivCreate|catalog.PrivUsage) {
			continue
		}
		r.text("catalog_name", r.env.Database())
		r.text("schema_name", s.Name)
		r.text("schema_owner", roleName(r.cat, s.Owner))
		r.emit()
	}
}

func infoTables(r *rows) {
	put := func(schema, name, kind string, insertable bool) {
		r.names("table", schema, name)
		r.text("table_type", kind)
		r.yes("is_insertable_into", insertable)
		r.text("is_typed", "NO")
		r.emit()
	}
	v := r.viewer()
	typed := func(t *catalog.Table, kind string) {
		r.names("table", r.cat.SchemaName(t.Schema), t.Name)
		r.text("table_type", kind)
		r.yes("is_insertable_into", true)
		if of, ok := r.cat.RowType(t.OfType); ok {
			r.names("user_defined_type", r.cat.SchemaName(of.Table.Schema), of.Table.Name)
		}
		r.text("is_typed", "YES")
		r.emit()
	}
	for _, t := range Tables() {
		switch {
		case !v.table(t.OID, catalog.BootstrapRoleID):
		case t.Kind == 'v':
			put(t.Schema, t.Name, "VIEW", updatableView(t))
		default:
			put(t.Schema, t.Name, "BASE TABLE", true)
		}
	}
	for _, t := range r.relations() {
		schema := r.cat.SchemaName(t.Schema)
		switch {
		case !v.table(t.ID, t.Owner):
		case t.OfType != 0:
			typed(t, map[bool]string{true: "LOCAL TEMPORARY", false: "BASE TABLE"}[t.Temp])
		case t.Temp:
			put(schema, t.Name, "LOCAL TEMPORARY", t.Kind != catalog.KindView)
		case t.Kind == catalog.KindMatView: // the standard has none
		case t.Kind == catalog.KindView:
			put(schema, t.Name, "VIEW", len(t.Updatable) > 0) // whatever its triggers do
		default:
			put(schema, t.Name, "BASE TABLE", true)
		}
	}
}

func infoViews(r *rows) {
	defs := r.printer()
	put := func(schema, name, def string, check byte, writable bool, instead func(catalog.TriggerKind) bool) {
		r.names("table", schema, name)
		r.opt("view_definition", def)
		r.text("check_option", map[byte]string{0: "NONE", 'l': "LOCAL", 'c': "CASCADED"}[check])
		r.yes("is_updatable", writable)
		r.yes("is_insertable_into", writable)
		r.yes("is_trigger_updatable", instead(catalog.TriggerUpdate))
		r.yes("is_trigger_deletable", instead(catalog.TriggerDelete))
		r.yes("is_trigger_insertable_into", instead(catalog.TriggerInsert))
		r.emit()
	}
	v := r.viewer()
	for _, t := range Tables() {
		if t.Kind == 'v' && v.table(t.OID, catalog.BootstrapRoleID) {
			put(t.Schema, t.Name, "", 0, updatableView(t), func(catalog.TriggerKind) bool { return false })
		}
	}
	for _, t := range r.relations() {
		if t.Kind == catalog.KindView && v.table(t.ID, t.Owner) {
			def := ""
			if v.owns(t.Owner) {
				def, _ = defs.ViewDef(t.ID, 0)
			}
			put(r.cat.SchemaName(t.Schema), t.Name, def, t.CheckOption, len(t.Updatable) > 0,
				func(event catalog.TriggerKind) bool { return t.HasTrigger(catalog.TriggerInstead | event) })
		}
	}
}

func infoSequences(r *rows) {
	v := r.viewer()
	for _, s := range r.cat.Sequences() {
		// The view leaves out the sequences of identity columns.
		if s.Identity || !v.object(catalog.SequenceClass, s.ID, s.Owner, catalog.SequenceClass.All()) {
			continue
		}
		r.names("sequence", r.cat.SchemaName(s.Schema), s.Name)
		dataType, bits := "bigint", int64(64)
		switch s.Type {
		case 21:
			dataType, bits = "smallint", 16
		case 23:
			dataType, bits = "integer", 32
		}
		r.text("data_type", dataType)
		r.int("numeric_precision", bits)
		r.int("numeric_precision_radix", 2)
		r.int("numeric_scale", 0)
		r.text("start_value", strconv.FormatInt(s.Start, 10))
		r.text("minimum_value", strconv.FormatInt(s.Min, 10))
		r.text("maximum_value", strconv.FormatInt(s.Max, 10))
		r.text("increment", strconv.FormatInt(s.Increment, 10))
		r.yes("cycle_option", s.Cycle)
		r.emit()
	}
}

// infoCharacterSets is the one that there is, with the collation that orders as the
// database does: the one of the shortest name, if there is any.
func infoCharacterSets(r *rows) {
	r.text("character_set_name", "UTF8")
	r.text("character_repertoire", "UCS")
	r.text("form_of_use", "UTF8")
	r.text("default_collate_catalog", r.env.Database())
	for _, d := range r.cat.Databases() {
		if d.Name != r.env.Database() {
			continue
		}
		var best *catalog.Collation
		for _, c := range r.cat.Collations() {
			if c.Collate == d.Collate && c.Ctype == d.Ctype && (best == nil || len(c.Name) < len(best.Name)) {
				best = c
			}
		}
		if best != nil {
			r.text("default_collate_schema", schemaName(r.cat, best.Schema))
			r.text("default_collate_name", best.Name)
		}
	}
	r.emit()
}
