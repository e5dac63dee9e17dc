package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// In MySQL's dialect a database has a collation that its tables take, and a table one that
// its columns take; both are remembered, as columns may come later.

// ownCollations gives a new table of the dialect the collation of its definition, or that of
// its schema.
func (e *Env) ownCollations(t *catalog.Table, s *catalog.Schema, st *ast.CreateTable) (err error) {
	if st.Declared {
		t.Collation, err = e.namedCollation(st.Collation, s.Collation)
	}
	return err
}

// takeCollation gives a new column of the dialect its table's collation, where it has none of
// its own.
func takeCollation(t *catalog.Table, c *catalog.Column, d *ast.ColumnDef) {
	if d.Declared != "" && d.Collation == nil && c.Collation != 0 && t.Collation != 0 {
		c.Collation = t.Collation
	}
}

// redefinedCollation is the collation of a column's new definition.
func (e *Env) redefinedCollation(t *catalog.Table, d *ast.ColumnDef) *ast.QName {
	if d.Collation != nil || t.Collation == 0 {
		return d.Collation
	}
	if to, err := bind.TypeName(&d.Type, e.options()); err != nil || typeCollation(to) == 0 {
		return nil
	}
	c, _ := e.Catalog.CollationByID(t.Collation)
	return &ast.QName{At: ast.At{Pos: ast.NoPos}, Schema: e.Catalog.SchemaName(c.Schema), Name: c.Name}
}

// tableCollation is ALTER TABLE … COLLATE and CONVERT TO of MySQL: t is a copy to change.
func (e *Env) tableCollation(ctx context.Context, old, t *catalog.Table, cmd *ast.AlterCmd) error {
	id, err := e.namedCollation(cmd.Collation, 0)
	if err != nil {
		return err
	}
	t.Collation = id
	changed := false
	for i := range t.Columns {
		c := &t.Columns[i]
		if !cmd.Convert || c.Dropped || c.Collation == 0 || c.Collation == id || c.Domain != 0 {
			continue
		}
		if err := e.typeRead(t, c.Num); err != nil {
			return err
		}
		was := c.Collation
		c.Collation, changed = id, true
		for k, x := range t.Indexes {
			if t.Indexes[k], err = e.retypedIndex(t, x, c, was); err != nil {
				return err
			}
		}
	}
	if err := e.putTable(t); err != nil || !changed {
		return err
	}
	_, err = e.rewrite(ctx, old, t, nil)
	return err
}

// namedCollation finds a collation, of = that of no name.
func (e *Env) namedCollation(n *ast.QName, of catalog.ID) (catalog.ID, error) {
	if n == nil {
		return of, nil
	}
	c, err := e.collationByName(n)
	if err != nil {
		return 0, err
	}
	return c.ID, nil
}

// sameCollation reports that a column's new definition leaves it its collation.
func (e *Env) sameCollation(c *catalog.Column, cmd *ast.AlterCmd) bool {
	id, err := e.namedCollation(cmd.Collation, typeCollation(c.Type))
	return err == nil && id == c.Collation
}

// presentSchema is a schema's name, that of the present one for none.
func (e *Env) presentSchema(name string) string {
	if name == "" && len(e.Targets) > 0 {
		return e.Targets[0]
	}
	return name
}

// schemaCollation is ALTER DATABASE … COLLATE of MySQL.
func (e *Env) schemaCollation(ctx context.Context, st *ast.SchemaCollation) error {
	name := e.presentSchema(st.Name)
	s, ok := e.Catalog.Schema(name)
	if !ok {
		return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", name)
	}
	id, err := e.namedCollation(st.Collation, 0)
	if err != nil {
		return err
	}
	x := *s
	x.Collation = id
	return e.change(ctx).PutSchema(&x)
}
