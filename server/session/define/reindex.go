package define

import (
	"context"
	"fmt"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
)

// reindex is REINDEX: vector indexes are built anew, ordered ones need nothing.
func (e *Env) reindex(ctx context.Context, st *ast.Reindex) error {
	for i := range st.Options {
		if o := &st.Options[i]; o.Name == "verbose" {
			if _, err := boolOption(o); err != nil {
				return err
			}
		}
	}
	if st.Concurrently {
		if err := e.Alone("REINDEX CONCURRENTLY"); err != nil {
			return err
		}
	}
	if !st.Concurrently && st.Kind != "INDEX" && st.Kind != "TABLE" {
		return e.reindexMany(ctx, st)
	}
	t, only, err := e.reindexed(st)
	if err != nil || t == nil {
		return err
	}
	if t.IsPartitioned() {
		if err := e.Alone("REINDEX " + st.Kind); err != nil {
			return whileReindexing(err, e.Catalog.SchemaName(t.Schema), t, only)
		}
	}
	if st.Kind == "TABLE" && !st.Concurrently && len(t.Indexes) == 0 && !t.IsPartitioned() && !syscat.HasToast(t) {
		e.notice("00000", "table %q has no indexes to reindex", t.Name)
	}
	return e.reindexTable(ctx, t, only)
}

// reindexMany is REINDEX of a schema, of the database, or of its system catalogs, which
// have no indexes.
func (e *Env) reindexMany(ctx context.Context, st *ast.Reindex) error {
	if err := e.Alone("REINDEX " + st.Kind); err != nil {
		return err
	}
	many, err := e.reindexedMany(st)
	for _, t := range many {
		if err == nil {
			err = e.reindexTable(ctx, t, 0)
		}
	}
	return err
}

// reindexedMany are the tables of a schema or of the database.
func (e *Env) reindexedMany(st *ast.Reindex) (many []*catalog.Table, err error) {
	schema := catalog.ID(0)
	if st.Kind == "SCHEMA" {
		s, ok := e.Catalog.Schema(st.Name.Name)
		if !ok {
			return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Name.Name)
		}
		schema = s.ID
	} else if st.Name.Name != "" && st.Name.Name != e.Database {
		return nil, pgerr.New(pgerrcode.FeatureNotSupported, "can only reindex the currently open database")
	}
	for _, t := range e.Catalog.Tables() {
		if t.IsStored() && !t.IsPartitioned() && (schema == 0 && !t.Temp || schema != 0 && t.Schema == schema) && st.Kind != "SYSTEM" {
			many = append(many, t)
		}
	}
	return many, nil
}

// whileReindexing says of an error about all parts of a table which it is.
func whileReindexing(err error, schema string, t *catalog.Table, only catalog.ID) error {
	x, ok := pgerr.As(err)
	if !ok {
		return err
	}
	what, name := "table", t.Name
	if only != 0 {
		what, name = "index", t.Index(only).Name
	}
	x.AddWhere(fmt.Sprintf("while reindexing partitioned %s \"%s.%s\"", what, schema, name))
	return x
}

// reindexTable builds a table's vector indexes anew, or only one of them.
func (e *Env) reindexTable(ctx context.Context, t *catalog.Table, only catalog.ID) error {
	if t.IsPartitioned() { // its indexes are in the partitions
		for _, id := range t.Children {
			c, _ := e.Catalog.TableByID(id)
			part := catalog.ID(0)
			for _, x := range c.Indexes {
				if only != 0 && x.Parent == only {
					part = x.ID
				}
			}
			if only != 0 && part == 0 {
				continue
			}
			if err := e.reindexTable(ctx, c, part); err != nil {
				return err
			}
		}
		return nil
	}
	if err := e.own(ctx, t); err != nil {
		return err
	}
	for i, x := range t.Indexes {
		if !x.IsVector() || only != 0 && x.ID != only {
			continue
		}
		if err := e.rebuild(ctx, t, i); err != nil {
			return err
		}
		t, _ = e.Catalog.TableByID(t.ID)
	}
	return nil
}

// reindexed is the table that REINDEX INDEX or TABLE is about, nil if it is the system's, and
// the one index, 0 = all.
func (e *Env) reindexed(st *ast.Reindex) (t *catalog.Table, only catalog.ID, err error) {
	if st.Kind == "INDEX" {
		t, x, err := e.index(&st.Name)
		if err != nil {
			return nil, 0, err
		}
		return t, x.ID, nil
	}
	t, err = e.table(&st.Name)
	switch {
	case bind.IsSystemRelation(&st.Name):
		return nil, 0, nil
	case err == nil && !t.IsStored(), err != nil && e.anyRelation(&st.Name):
		return nil, 0, notKind(st.Name.Name, "a table or materialized view")
	}
	return t, 0, err
}

// rebuild replaces a vector index by a new one of the same name.
func (e *Env) rebuild(ctx context.Context, t *catalog.Table, i int) error {
	edit := e.change(ctx)
	old := t.Indexes[i]
	x, err := e.successor(ctx, old)
	if err != nil {
		return err
	}
	t = copyTable(t)
	t.Indexes[i] = x
	if err := edit.DropIndexStorage(old); err != nil {
		return err
	}
	if err := e.putTable(t); err != nil {
		return err
	}
	e.Jobs.Command = "REINDEX"
	return e.Jobs.Build(ctx, e.Txn, e.Catalog, t, x)
}

// successor is a valid index like old with storage of its own.
func (e *Env) successor(ctx context.Context, old *catalog.Index) (*catalog.Index, error) {
	if old.IsVector() {
		if err := checkVectorKey(old.Method, &old.Keys[0]); err != nil {
			return nil, err
		}
	}
	if err := checkOptions(old); err != nil {
		return nil, err
	}
	x := *old
	var err error
	if x.ID, err = e.edit.NewID(ctx); err != nil {
		return nil, err
	}
	x.Storage, x.Ready, x.Valid = x.ID, true, true
	return &x, nil
}
