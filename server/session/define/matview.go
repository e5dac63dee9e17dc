package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// materialize makes a new table a materialized view. Whoever runs the statement fills
// it, unless it says WITH NO DATA.
func (e *Env) materialize(t *catalog.Table, st *ast.CreateTable) (err error) {
	if writesInWith(st.Query) {
		return pgerr.New(pgerrcode.FeatureNotSupported, "materialized views must not use data-modifying statements in WITH")
	}
	t.Kind, t.Unpopulated = catalog.KindMatView, st.WithNoData
	t.ViewSQL, err = e.qualified(st.Query, int(st.Pos))
	return err
}

func notMatView(t *catalog.Table) error {
	return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a materialized view", t.Name)
}

// refresh empties a materialized view and says whether it is populated; whoever runs
// the statement fills it. Who reads it goes on reading what was there until the commit,
// with or without CONCURRENTLY.
func (e *Env) refresh(ctx context.Context, st *ast.Refresh) error {
	t, err := e.table(&st.Name)
	if err != nil {
		if o := e.other(&st.Name); o != nil && o.kind != "" {
			return notKind(o.name, "a table or materialized view")
		}
		return err
	}
	switch {
	case t.Kind == catalog.KindView:
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a table or materialized view", t.Name)
	case t.Kind != catalog.KindMatView:
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "%q is not a materialized view", t.Name)
	case st.Concurrently && t.Unpopulated:
		return pgerr.New(pgerrcode.FeatureNotSupported, "CONCURRENTLY cannot be used when the materialized view is not populated")
	case st.Concurrently && st.WithNoData:
		return pgerr.New(pgerrcode.SyntaxError, "CONCURRENTLY and WITH NO DATA options cannot be used together")
	case st.Concurrently && !slices.ContainsFunc(t.Indexes, wholeUnique):
		return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "cannot refresh materialized view \"%s\" concurrently",
			ast.QuoteIdent(e.Catalog.SchemaName(t.Schema))+"."+ast.QuoteIdent(t.Name)).
			WithHint("Create a unique index with no WHERE clause on one or more columns of the materialized view.")
	}
	if err := e.settled(ctx, "REFRESH MATERIALIZED VIEW", t); err != nil {
		return err
	}
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	c := copyTable(t)
	c.Unpopulated = st.WithNoData
	e.Txn.Truncated(t)
	return e.emptied(ctx, t, c)
}

// wholeUnique reports a unique index over columns and all rows.
func wholeUnique(x *catalog.Index) bool {
	return x.Unique && x.Valid && x.Where == "" && !slices.ContainsFunc(x.Keys, func(k catalog.IndexKey) bool { return k.Attr == 0 })
}
