package syscat

import (
	"fmt"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
)

var _ = register("information_schema", map[string]generator{
	"table_constraints":       infoTableConstraints,
	"check_constraints":       infoCheckConstraints,
	"key_column_usage":        infoKeyColumns,
	"constraint_column_usage": infoConstraintColumns,
	"constraint_table_usage":  infoConstraintTables,
	"referential_constraints": infoReferential,
})

// eachConstraint calls f for every constraint of every table that the standard knows: it has
// none for exclusion.
func (r *rows) eachConstraint(f func(t *catalog.Table, schema string, c *catalog.Constraint)) {
	for _, t := range r.everyRelation() {
		if r.done() {
			return
		}
		for _, c := range r.cat.AllConstraints(t) {
			if c.Kind != catalog.ExcludeConstraint {
				f(t, schemaName(r.cat, t.Schema), c)
			}
		}
	}
}

// eachNotNull calls f for every NOT NULL column: the standard sees a CHECK,
// which PostgreSQL names after the OIDs.
func (r *rows) eachNotNull(f func(t *catalog.Table, schema, name, column string)) {
	for _, t := range r.everyRelation() {
		if t.Kind != catalog.KindTable || r.done() {
			continue
		}
		for i := range t.Columns {
			if c := &t.Columns[i]; c.NotNull && !c.Dropped {
				f(t, schemaName(r.cat, t.Schema), fmt.Sprintf("%d_%d_%d_not_null", t.Schema, t.ID, i+1), c.Name)
			}
		}
	}
}

var constraintTypes = map[catalog.ConstraintKind]string{catalog.CheckConstraint: "CHECK",
	catalog.PrimaryConstraint: "PRIMARY KEY", catalog.UniqueConstraint: "UNIQUE", catalog.ForeignConstraint: "FOREIGN KEY"}

func infoTableConstraints(r *rows) {
	v := r.viewer()
	r.eachConstraint(func(t *catalog.Table, schema string, c *catalog.Constraint) {
		if !v.relation(t.ID, t.Owner, changeRights) {
			return
		}
		r.names("constraint", schema, c.Name)
		r.names("table", schema, t.Name)
		r.text("constraint_type", constraintTypes[c.Kind])
		r.yes("is_deferrable", c.Deferrable)
		r.yes("initially_deferred", c.Deferred)
		r.text("enforced", "YES")
		if c.Kind == catalog.UniqueConstraint {
			x := t.Index(c.Index)
			r.yes("nulls_distinct", x == nil || !x.NullsNotDistinct)
		}
		r.emit()
	})
	r.eachNotNull(func(t *catalog.Table, schema, name, _ string) {
		if !v.relation(t.ID, t.Owner, changeRights) {
			return
		}
		r.names("constraint", schema, name)
		r.names("table", schema, t.Name)
		r.text("constraint_type", "CHECK")
		r.text("is_deferrable", "NO")
		r.text("initially_deferred", "NO")
		r.text("enforced", "YES")
		r.emit()
	})
}

func infoCheckConstraints(r *rows) {
	seen := map[[3]string]bool{} // children and domains may have alike ones, which are shown once
	put := func(schema string, c *catalog.Constraint, def string) {
		row := [3]string{schema, c.Name, strings.TrimPrefix(def, "CHECK ")}
		if seen[row] {
			return
		}
		seen[row] = true
		r.names("constraint", schema, c.Name)
		r.text("check_clause", row[2])
		r.emit()
	}
	v := r.viewer()
	defs := r.printer()
	r.eachConstraint(func(t *catalog.Table, schema string, c *catalog.Constraint) {
		if c.Kind == catalog.CheckConstraint && v.owns(t.Owner) {
			put(schema, c, defs.constraintText(t, c))
		}
	})
	for _, d := range r.domains() {
		if !v.owns(d.Owner) {
			continue
		}
		for _, c := range d.Checks {
			put(schemaName(r.cat, d.Schema), c, builtin.ValueWord(defs.constraintText(&catalog.Table{}, c)))
		}
	}
	r.eachNotNull(func(t *catalog.Table, schema, name, column string) {
		if !v.owns(t.Owner) {
			return
		}
		r.names("constraint", schema, name)
		r.text("check_clause", column+" IS NOT NULL")
		r.emit()
	})
}

func infoKeyColumns(r *rows) {
	v := r.viewer()
	r.eachConstraint(func(t *catalog.Table, schema string, c *catalog.Constraint) {
		if c.Kind == catalog.CheckConstraint {
			return
		}
		for i, a := range c.Columns {
			col := t.Column(a)
			if col == nil || !v.column(t.ID, t.Owner, a, columnRights) {
				continue
			}
			r.names("constraint", schema, c.Name)
			r.names("table", schema, t.Name)
			r.text("column_name", col.Name)
			r.int("ordinal_position", int64(i+1))
			if c.Kind == catalog.ForeignConstraint {
				r.uniquePosition(c, i)
			}
			r.emit()
		}
	})
}

// uniquePosition stores where the i-th referenced column stands in its key.
func (r *rows) uniquePosition(c *catalog.Constraint, i int) {
	ref, ok := r.cat.TableByID(c.RefTable)
	if !ok || i >= len(c.RefColumns) {
		return
	}
	x := ref.Index(c.Index)
	if x == nil {
		return
	}
	for k := range x.Keys {
		if x.Keys[k].Attr == c.RefColumns[i] {
			r.int("position_in_unique_constraint", int64(k+1))
		}
	}
}

// usage is the table and the columns a constraint is about: for a foreign key,
// those it refers to.
func (r *rows) usage(t *catalog.Table, c *catalog.Constraint) (*catalog.Table, []int16) {
	if c.Kind != catalog.ForeignConstraint {
		return t, c.Columns
	}
	ref, ok := r.cat.TableByID(c.RefTable)
	if !ok {
		return t, nil
	}
	return ref, c.RefColumns
}

func infoConstraintColumns(r *rows) {
	v := r.viewer()
	r.eachConstraint(func(t *catalog.Table, schema string, c *catalog.Constraint) {
		of, cols := r.usage(t, c)
		if !v.owns(of.Owner) {
			return
		}
		for _, a := range cols {
			if col := of.Column(a); col != nil {
				r.names("table", schemaName(r.cat, of.Schema), of.Name)
				r.text("column_name", col.Name)
				r.names("constraint", schema, c.Name)
				r.emit()
			}
		}
	})
}

func infoConstraintTables(r *rows) {
	v := r.viewer()
	r.eachConstraint(func(t *catalog.Table, schema string, c *catalog.Constraint) {
		if c.Kind == catalog.CheckConstraint {
			return
		}
		of, _ := r.usage(t, c)
		if !v.owns(of.Owner) {
			return
		}
		r.names("table", schemaName(r.cat, of.Schema), of.Name)
		r.names("constraint", schema, c.Name)
		r.emit()
	})
}

func ruleName(action byte) string {
	if n := actionNames[action]; n != "" {
		return n
	}
	return "NO ACTION"
}

func infoReferential(r *rows) {
	v := r.viewer()
	r.eachConstraint(func(t *catalog.Table, schema string, c *catalog.Constraint) {
		if c.Kind != catalog.ForeignConstraint || !v.relation(t.ID, t.Owner, changeRights) {
			return
		}
		r.names("constraint", schema, c.Name)
		if ref, ok := r.cat.TableByID(c.RefTable); ok {
			for _, k := range ref.Constraints {
				if k.Index == c.Index && k.Kind != catalog.ForeignConstraint && c.Index != 0 {
					r.names("unique_constraint", r.cat.SchemaName(ref.Schema), k.Name)
				}
			}
		}
		r.text("match_option", "NONE")
		if c.Match == 'f' {
			r.text("match_option", "FULL")
		}
		r.text("update_rule", ruleName(c.OnUpdate))
		r.text("delete_rule", ruleName(c.OnDelete))
		r.emit()
	})
}
