package syscat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("information_schema", map[string]generator{
	"columns":            infoColumns,
	"element_types":      infoElementTypes,
	"attributes":         infoAttributes,
	"user_defined_types": infoUserTypes,
})

var systemColumnRows fixedRows

// updatableViews are the columns of system views that are plain columns of one table.
var updatableViews = map[string]bool{"pg_group.groname": true, "pg_group.grosysid": true,
	"pg_stat_database_conflicts.datid": true, "pg_stat_database_conflicts.datname": true}

func infoColumns(r *rows) {
	v := r.viewer()
	out := r.out
	if !v.super {
		r.out = r.visibleColumns(v)
	}
	r.fixed(&systemColumnRows, r.env.Database(), func(r *rows) {
		for _, t := range Tables() {
			for i := range t.Columns {
				c := &t.Columns[i]
				x := &catalog.Column{Name: c.Name, Type: c.Type, NotNull: c.NotNull, Collation: bornCollation(t.OID, i)}
				r.infoColumn(nil, t.Schema, t.Name, i+1, x, t.Kind == 'r' || updatableViews[t.Name+"."+c.Name], c.Shown)
			}
		}
	})
	r.out = out
	defs := r.printer()
	for _, t := range r.relations() {
		if r.done() {
			return
		}
		if t.Kind == catalog.KindMatView { // the standard has none
			continue
		}
		for i := range t.Columns {
			if !t.Columns[i].Dropped && v.column(t.ID, t.Owner, int16(i+1), columnRights) {
				r.infoColumn(defs, r.cat.SchemaName(t.Schema), t.Name, i+1, &t.Columns[i], t.Kind == catalog.KindTable || slices.Contains(t.Updatable, int16(i+1)), types.T{})
			}
		}
	}
}

// visibleColumns hands on the rows about the columns of system relations that the viewer
// has rights on.
func (r *rows) visibleColumns(v *viewer) func([]types.Datum) error {
	out, schema, table, num := r.out, r.t.attr["table_schema"], r.t.attr["table_name"], r.t.attr["ordinal_position"]
	return func(row []types.Datum) error {
		t, _ := Lookup(row[schema].Text(), row[table].Text())
		if t == nil || !v.column(t.OID, catalog.BootstrapRoleID, int16(row[num].Int()), columnRights) {
			return nil
		}
		return out(row)
	}
}

// updatableView reports a system view that rows can be written through.
func updatableView(t *Table) bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return updatableViews[t.Name+"."+c.Name] })
}

func (r *rows) infoColumn(defs *Printer, schema, table string, num int, c *catalog.Column, updatable bool, shown types.T) {
	r.names("table", schema, table)
	r.text("column_name", c.Name)
	r.int("ordinal_position", int64(num))
	d, ok := r.cat.TypeByID(c.Domain)
	r.yes("is_nullable", !c.NotNull && !(ok && d.NotNull))
	if ok && c.Domain != 0 {
		r.names("domain", r.cat.SchemaName(d.Schema), d.Name)
		r.domainBase(d)
		if k, ok := r.cat.CollationByID(c.Collation); ok && c.Collation != 100 {
			r.names("collation", r.cat.SchemaName(k.Schema), k.Name)
		}
	} else {
		r.typeColumns(c.Type, c.Collation)
		r.shownType(c, shown)
	}
	r.text("dtd_identifier", strconv.Itoa(num))
	r.text("is_self_referencing", "NO")
	r.yes("is_identity", c.Identity != 0)
	if c.Generated != 0 {
		r.text("is_generated", "ALWAYS")
		r.text("generation_expression", defs.expr(c.Default))
	} else {
		r.text("is_generated", "NEVER")
		if c.Default != "" {
			r.text("column_default", defs.expr(c.Default))
		}
	}
	r.text("identity_cycle", "NO")
	if c.Identity != 0 {
		r.identity(c)
	}
	r.yes("is_updatable", updatable)
	r.emit()
}

// shownType stores what a system relation's column has whose type is a domain, or one that
// has no values here.
func (r *rows) shownType(c *catalog.Column, shown types.T) {
	o, ok := ObjectByID(TypeClass, shown.OID)
	switch {
	case !ok || shown.OID == c.Type.OID:
	case o.Schema == catalog.InformationSchemaID:
		r.names("domain", "information_schema", o.Name)
	default:
		r.text("data_type", o.Name)
		if o.Elem != 0 {
			r.text("data_type", "ARRAY")
		}
		r.text("udt_name", o.Name)
		r.set("character_octet_length", types.Null)
	}
}

// bornCollation is the collation of a column of a relation that a database is born with.
func bornCollation(rel catalog.ID, at int) catalog.ID {
	if t := bornTables()[rel]; t != nil && at < len(t.Columns) {
		return t.Columns[at].Collation
	}
	return 0
}

func (r *rows) identity(c *catalog.Column) {
	if c.Identity == 'a' {
		r.text("identity_generation", "ALWAYS")
	} else {
		r.text("identity_generation", "BY DEFAULT")
	}
	if s, ok := r.cat.SequenceByID(c.SequenceID); ok {
		r.text("identity_start", strconv.FormatInt(s.Start, 10))
		r.text("identity_increment", strconv.FormatInt(s.Increment, 10))
		r.text("identity_maximum", strconv.FormatInt(s.Max, 10))
		r.text("identity_minimum", strconv.FormatInt(s.Min, 10))
		r.yes("identity_cycle", s.Cycle)
	}
}

// typeColumns stores data_type and what belongs to it, as information_schema.sql
// computes them from the type and its modifier.
func (r *rows) typeColumns(t types.T, collation catalog.ID) {
	info := types.Lookup(t.OID)
	r.dataType(t)
	r.text("udt_catalog", r.env.Database())
	if info != nil {
		r.text("udt_schema", schemaName(r.cat, builtin.TypeSchema(r.cat, info)))
		r.text("udt_name", info.Name)
	}
	if collation == 0 && info != nil {
		collation = info.Collation // a view's column may have just its type's
	}
	if c, ok := r.cat.CollationByID(collation); ok && collation != 100 {
		r.names("collation", r.cat.SchemaName(c.Schema), c.Name)
	}
	r.lengths(t)
	r.numericColumns(t)
	r.datetimeColumns(t)
}

// dataType is a type's name, or what kind of type it is.
func (r *rows) dataType(t types.T) {
	info := types.Lookup(t.OID)
	switch {
	case info == nil:
		r.text("data_type", "USER-DEFINED")
	case info.IsArray || info.Elem != 0 && info.Len == -1 && info.Category == 'A':
		r.text("data_type", "ARRAY")
	case info.Namespace == catalog.PgCatalogID:
		r.text("data_type", types.TypeName(t.OID))
	default:
		r.text("data_type", "USER-DEFINED")
	}
}

// maxTextOctets is what the view shows for texts without a length limit.
const maxTextOctets = 1 << 30

func (r *rows) lengths(t types.T) {
	const header, maxCharBytes = 4, 4
	switch t.OID {
	case types.VarcharOID, types.BpcharOID:
		if t.Mod >= 0 {
			r.int("character_maximum_length", int64(t.Mod-header))
			r.int("character_octet_length", int64(t.Mod-header)*maxCharBytes)
			return
		}
		r.int("character_octet_length", maxTextOctets)
	case types.TextOID:
		r.int("character_octet_length", maxTextOctets)
	case types.BitOID, types.VarbitOID:
		if t.Mod >= 0 {
			r.int("character_maximum_length", int64(t.Mod))
		}
	}
}

func (r *rows) numericColumns(t types.T) {
	put := func(bits, radix int64) {
		r.int("numeric_precision", bits)
		r.int("numeric_precision_radix", radix)
	}
	switch t.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		put(map[types.OID]int64{types.Int2OID: 16, types.Int4OID: 32, types.Int8OID: 64}[t.OID], 2)
		r.int("numeric_scale", 0)
	case types.Float4OID:
		put(24, 2)
	case types.Float8OID:
		put(53, 2)
	case types.NumericOID:
		r.int("numeric_precision_radix", 10)
		if t.Mod >= 0 {
			r.int("numeric_precision", int64((t.Mod-4)>>16&0xffff))
			r.int("numeric_scale", int64((t.Mod-4)&0xffff))
		}
	}
}

func (r *rows) datetimeColumns(t types.T) {
	const full = 6
	switch t.OID {
	case types.DateOID:
		r.int("datetime_precision", 0)
	case types.TimeOID, types.TimetzOID, types.TimestampOID, types.TimestamptzOID:
		r.int("datetime_precision", full)
		if t.Mod >= 0 {
			r.int("datetime_precision", int64(t.Mod))
		}
	case types.IntervalOID:
		r.int("datetime_precision", full)
		if t.Mod >= 0 && t.Mod&0xffff != 0xffff {
			r.int("datetime_precision", int64(t.Mod&0xffff))
		}
		if _, fields, ok := strings.Cut(types.FormatType(t), " "); ok {
			r.text("interval_type", strings.ToUpper(fields))
		}
	}
}
