package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// setSchema is ALTER TABLE, VIEW or SEQUENCE … SET SCHEMA.
func (e *Env) setSchema(ctx context.Context, st *ast.AlterSchema) error {
	switch st.Kind {
	case ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjSequence:
	case ast.ObjCollation:
		return e.moveCollation(ctx, st)
	case ast.ObjStatistics:
		return e.moveStatistics(ctx, st)
	case ast.ObjExtension:
		return e.moveExtension(ctx, st)
	case ast.ObjType, ast.ObjDomain:
		return e.moveType(ctx, st)
	case ast.ObjFunction, ast.ObjProcedure, ast.ObjRoutine, ast.ObjAggregate:
		return e.moveFunction(ctx, st)
	default:
		if err := e.needed(&ast.Need{Kind: st.Kind, Name: st.Name}); err != nil {
			return err
		}
		return pgerr.NotSupported(int(st.Pos), "ALTER %s ... SET SCHEMA is not supported", st.Kind)
	}
	var t *catalog.Table
	var q *catalog.Sequence
	var err error
	if st.Kind == ast.ObjSequence {
		q, err = e.findSequence(&st.Name)
	} else {
		t, err = e.table(&st.Name)
	}
	if o := e.other(&st.Name); err != nil && o != nil && pgerr.Code(err) == pgerrcode.UndefinedTable {
		switch {
		case o.kind == "":
			return systemCatalog(o.name)
		case st.Kind == ast.ObjView:
			return notKind(o.name, "a view")
		case st.Kind == ast.ObjMatView:
			return notKind(o.name, "a materialized view")
		case o.kind == ast.ObjIndex:
			return pgerr.Newf(pgerrcode.WrongObjectType, "cannot change schema of index %q", o.name).
				WithHint("Change the schema of the table instead.")
		}
		q, err = e.findSequence(&st.Name) // ALTER TABLE moves sequences, too
	}
	if err != nil {
		if st.IfExists && missing(err) {
			e.notice("00000", "relation %q does not exist, skipping", st.Name.Name)
			return nil
		}
		return err
	}
	if t != nil && st.Kind == ast.ObjView && t.Kind != catalog.KindView {
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a view", t.Name)
	}
	if t != nil && st.Kind == ast.ObjMatView && t.Kind != catalog.KindMatView {
		return notMatView(t)
	}
	to, err := e.newHome(st.Schema)
	if err != nil {
		return err
	}
	if t != nil && t.Temp || q != nil && q.Temp {
		return movesTemporary()
	}
	if st.Schema == "pg_catalog" || st.Schema == "information_schema" {
		return pgerr.NotSupported(int(st.Pos), "moving relations into schema %q is not supported", st.Schema)
	}
	e.change(ctx)
	if q != nil {
		return e.moveSequence(q, to)
	}
	return e.moveTable(ctx, t, to)
}

// newHome is the schema that SET SCHEMA names.
func (e *Env) newHome(name string) (*catalog.Schema, error) {
	to, ok := e.Catalog.Schema(name)
	switch {
	case !ok && name != "pg_temp":
		return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", name)
	case !ok || to.Temp:
		return nil, movesTemporary()
	}
	return to, nil
}

func movesTemporary() error {
	return pgerr.New(pgerrcode.FeatureNotSupported, "cannot move objects into or out of temporary schemas")
}

// moveType takes a type into another schema.
func (e *Env) moveType(ctx context.Context, st *ast.AlterSchema) error {
	to, ok := e.Catalog.Schema(st.Schema)
	if c := e.compositeByName(&st.Name); c != nil && st.Kind == ast.ObjType {
		switch {
		case !ok:
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Schema)
		case to.Temp || c.Temp:
			return movesTemporary()
		case to.ID != c.Schema && e.Catalog.TypeExists(to.ID, c.Name):
			return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists in schema %q", c.Name, to.Name)
		}
		return e.renameComposite(ctx, c, to, c.Name)
	}
	t, err := e.alteredType(st.Kind, &st.Name)
	if err != nil {
		return err
	}
	if !ok {
		return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Schema)
	}
	if to.ID != t.Schema && e.Catalog.TypeExists(to.ID, t.Name) {
		return pgerr.Newf(pgerrcode.DuplicateObject, "type %q already exists in schema %q", t.Name, to.Name)
	}
	return e.renameType(ctx, t, to, t.Name)
}

func (e *Env) freeIn(to *catalog.Schema, name string) error {
	if e.Catalog.RelationExists(to.ID, name) {
		return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists in schema %q", name, to.Name)
	}
	return nil
}

// moveTable takes a table with its indexes and sequences into another schema.
func (e *Env) moveTable(ctx context.Context, t *catalog.Table, to *catalog.Schema) error {
	if t.Schema == to.ID {
		return nil
	}
	if err := e.freeIn(to, t.Name); err != nil {
		return err
	}
	for _, x := range t.Indexes {
		if err := e.freeIn(to, x.Name); err != nil {
			return err
		}
	}
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	if err := e.moveInViews(relationOf(t), to.Name, t.Name); err != nil {
		return err
	}
	if err := e.renameRowType(t, to, t.Name); err != nil {
		return err
	}
	t, _ = e.Catalog.TableByID(t.ID)
	n := copyTable(t)
	n.Schema = to.ID
	for _, q := range e.Catalog.Sequences() {
		if q.OwnerTable != t.ID {
			continue
		}
		if err := e.freeIn(to, q.Name); err != nil {
			return err
		}
		c := *q
		c.Schema = to.ID
		if err := e.edit.PutSequence(&c); err != nil {
			return err
		}
		e.nameSerial(n, &c)
	}
	return e.putTable(n)
}

func (e *Env) moveSequence(q *catalog.Sequence, to *catalog.Schema) error {
	if owner, ok := e.Catalog.TableByID(q.OwnerTable); ok {
		return pgerr.New(pgerrcode.FeatureNotSupported, "cannot move an owned sequence into another schema").
			WithDetail("Sequence %q is linked to table %q.", q.Name, owner.Name)
	}
	if q.Schema == to.ID {
		return nil
	}
	if err := e.freeIn(to, q.Name); err != nil {
		return err
	}
	if err := e.moveInViews(relation{q.ID, q.Schema, q.Name}, to.Name, q.Name); err != nil {
		return err
	}
	c := *q
	c.Schema = to.ID
	return e.edit.PutSequence(&c)
}

// nameSerial writes the present name of a sequence into the defaults of the
// serial columns (of a copy of its table) that draw from it.
func (e *Env) nameSerial(t *catalog.Table, q *catalog.Sequence) {
	for i := range t.Columns {
		if c := &t.Columns[i]; c.SequenceID == q.ID && c.Identity == 0 && c.Default != "" {
			c.Default = bind.SerialDefault(e.Catalog, q)
		}
	}
}
