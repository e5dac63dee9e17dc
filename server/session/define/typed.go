package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// A typed table has the attributes of a composite type for columns, and changes with it.
// Columns are the table's own in all other respects: it can give them defaults and constraints.

// typeOfTable finds the composite type that OF names.
func (e *Env) typeOfTable(n *ast.QName) (*catalog.Table, error) {
	if c := e.compositeByName(n); c != nil {
		return c, e.mayUseType(types.Of(c.TypeID))
	}
	if _, ok := e.Catalog.Schema(n.Schema); n.Schema != "" && n.Schema != "pg_catalog" && !ok {
		return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
	}
	id := bind.UserTypeID(&ast.TypeName{Name: *n}, e.options())
	if i := types.ByName(n.Name); id == 0 && i != nil && (n.Schema == "" || n.Schema == "pg_catalog") {
		id = i.OID
	}
	if id == 0 {
		return nil, pgerr.Newf(pgerrcode.UndefinedObject, "type \"%s\" does not exist", dotted(n))
	}
	return nil, pgerr.Newf(pgerrcode.WrongObjectType, "type %s is not a composite type", types.TypeName(id))
}

// columnsOfType gives a new table the columns of the type that OF names, if it names one.
func (e *Env) columnsOfType(t *catalog.Table, n *ast.QName) error {
	if n == nil {
		return nil
	}
	of, err := e.typeOfTable(n)
	if err != nil {
		return err
	}
	t.OfType = of.TypeID
	for _, a := range of.Listed() {
		t.Columns = append(t.Columns, catalog.Column{Num: int16(len(t.Columns) + 1), Name: a.Name, Type: a.Type, Domain: a.Domain, NDims: a.NDims, Collation: a.Collation})
	}
	return nil
}

// optionsOfTyped takes what CREATE TABLE … OF says of a column, which is the table's at the
// place that is returned. before are the columns that were said something of already.
func (e *Env) optionsOfTyped(t *catalog.Table, d *ast.ColumnDef, before []ast.ColumnDef) (at int, err error) {
	c := t.ColumnByName(d.Name)
	switch {
	case c == nil:
		return 0, pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", d.Name)
	case slices.ContainsFunc(before, func(b ast.ColumnDef) bool { return b.Name == d.Name }):
		return 0, pgerr.Newf(pgerrcode.DuplicateColumn, "column %q specified more than once", d.Name)
	}
	given, _, err := e.newColumn(anyTyped(d), nil)
	c.NotNull = given.NotNull
	return int(c.Num) - 1, err
}

// refuseOfTyped refuses what would make the columns of a typed table other than its type's.
func refuseOfTyped(t *catalog.Table, cmd *ast.AlterCmd) error {
	if t.OfType == 0 {
		return nil
	}
	what := ""
	switch cmd.Kind {
	case ast.AddColumn:
		what = "cannot add column to typed table"
	case ast.DropColumn:
		what = "cannot drop column from typed table"
	case ast.ColumnType, ast.RedefineColumn:
		what = "cannot alter column type of typed table"
	case ast.AddInherit:
		what = "cannot change inheritance of typed table"
	default:
		return nil
	}
	return pgerr.New(pgerrcode.WrongObjectType, what)
}

// alterTyped is ALTER TABLE … OF and NOT OF; t is a copy.
func (e *Env) alterTyped(t *catalog.Table, cmd *ast.AlterCmd) error {
	if cmd.Kind == ast.DropTyped {
		if t.OfType == 0 {
			return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a typed table", t.Name)
		}
		t.OfType = 0
		return e.putTable(t)
	}
	of, err := e.typeOfTable(&cmd.Type.Name)
	if err != nil {
		return err
	}
	if len(t.Parents) > 0 {
		return pgerr.New(pgerrcode.WrongObjectType, "typed tables cannot inherit")
	}
	mismatch := func(format string, args ...any) error {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, format, args...)
	}
	columns := t.Listed()
	for _, a := range of.Listed() {
		if len(columns) == 0 {
			return mismatch("table is missing column %q", a.Name)
		}
		c := columns[0]
		switch columns = columns[1:]; {
		case c.Name != a.Name:
			return mismatch("table has column %q where type requires %q", c.Name, a.Name)
		case c.Type != a.Type || c.Domain != a.Domain || c.Collation != a.Collation:
			return mismatch("table %q has different type for column %q", t.Name, a.Name)
		}
	}
	if len(columns) > 0 {
		return mismatch("table has extra column %q", columns[0].Name)
	}
	t.OfType = of.TypeID
	return e.putTable(t)
}

// typedTables are the tables of a composite type; without CASCADE there must be none.
func (e *Env) typedTables(t *catalog.Table, cascade bool) (out []*catalog.Table, err error) {
	for _, u := range e.Catalog.Tables() {
		if u.OfType != 0 && u.OfType == t.TypeID {
			out = append(out, u)
		}
	}
	if len(out) > 0 && !cascade {
		return nil, pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot alter type %q because it is the type of a typed table", t.Name).
			WithHint("Use ALTER ... CASCADE to alter the typed tables too.")
	}
	return out, nil
}

// alterTypedTables does to the tables of a type what was done to the type.
func (e *Env) alterTypedTables(ctx context.Context, tables []*catalog.Table, cmd *ast.AlterCmd, first *catalog.Snapshot) error {
	for _, u := range tables {
		if err := e.own(ctx, u); err != nil {
			return err
		}
		if err := e.settled(ctx, "ALTER TABLE", u); err != nil {
			return err
		}
		if err := e.runAlter(ctx, u, []ast.AlterCmd{*cmd}, alterRun{first: first, ofType: true}); err != nil {
			return err
		}
	}
	return nil
}

// renameInTyped renames an attribute of a composite type in the tables that are of it.
func (e *Env) renameInTyped(ctx context.Context, t *catalog.Table, st *ast.Rename) error {
	tables, err := e.typedTables(t, st.Cascade)
	for _, u := range tables {
		if err := e.own(ctx, u); err != nil {
			return err
		}
		if err := e.renameIn(ctx, u, st); err != nil {
			return err
		}
	}
	return err
}
