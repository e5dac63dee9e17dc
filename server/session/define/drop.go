package define

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// drop is DROP of anything.
func (e *Env) drop(ctx context.Context, st *ast.Drop) error {
	if st.Concurrently && e.InBlock {
		return pgerr.New(pgerrcode.ActiveSQLTransaction, "DROP INDEX CONCURRENTLY cannot run inside a transaction block")
	}
	together := map[catalog.ID]bool{}
	if st.Kind == ast.ObjTable {
		for i := range st.Names {
			if t, err := e.table(&st.Names[i]); err == nil {
				together[t.ID] = true
			}
		}
	}
	for i := range st.Names {
		err := e.dropOne(ctx, st, &st.Names[i], together)
		if err == nil {
			continue
		}
		if !st.IfExists || !missing(err) {
			return err
		}
		kind := strings.ToLower(string(st.Kind))
		if pgerr.Code(err) == pgerrcode.InvalidSchemaName && st.Kind != ast.ObjSchema {
			e.notice("00000", "schema %q does not exist, skipping", st.Names[i].Schema)
			continue
		}
		e.notice("00000", "%s %q does not exist, skipping", kind, st.Names[i].Name)
	}
	return nil
}

func missing(err error) bool {
	switch pgerr.Code(err) {
	case pgerrcode.UndefinedTable, pgerrcode.UndefinedObject, pgerrcode.InvalidSchemaName, pgerrcode.UndefinedFunction:
		return true
	}
	return false
}

func (e *Env) dropOne(ctx context.Context, st *ast.Drop, n *ast.QName, together map[catalog.ID]bool) error {
	switch st.Kind {
	case ast.ObjTable, ast.ObjView:
		return e.dropTable(ctx, st, n, together)
	case ast.ObjIndex:
		return e.dropIndex(ctx, st, n)
	case ast.ObjSequence:
		return e.dropSequence(ctx, st, n)
	case ast.ObjSchema:
		return e.dropSchema(ctx, st, n)
	case ast.ObjExtension:
		return e.dropExtension(ctx, st, n)
	case ast.ObjRole:
		return e.dropRole(ctx, n.Name)
	case ast.ObjType, ast.ObjDomain, ast.ObjFunction, ast.ObjProcedure, ast.ObjMatView, ast.ObjCollation, ast.ObjTrigger:
		code := pgerrcode.UndefinedObject
		if st.Kind == ast.ObjFunction || st.Kind == ast.ObjProcedure {
			code = pgerrcode.UndefinedFunction
		}
		return pgerr.Newf(code, "%s %q does not exist", strings.ToLower(string(st.Kind)), n.Name)
	}
	return pgerr.NotSupported(int(st.Pos), "DROP %s is not supported", st.Kind)
}

// noObject is PostgreSQL's "does not exist" of DROP.
func noObject(kind ast.ObjectKind, n *ast.QName) error {
	name := n.Name
	if n.Schema != "" {
		name = n.Schema + "." + name
	}
	return pgerr.Newf(pgerrcode.UndefinedTable, "%s %q does not exist", strings.ToLower(string(kind)), name)
}

func (e *Env) dropTable(ctx context.Context, st *ast.Drop, n *ast.QName, together map[catalog.ID]bool) error {
	t, err := e.table(n)
	if err != nil {
		if pgerr.Code(err) == pgerrcode.UndefinedTable {
			return noObject(st.Kind, n)
		}
		return err
	}
	if (t.Kind == catalog.KindView) != (st.Kind == ast.ObjView) {
		e := pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a %s", t.Name, strings.ToLower(string(st.Kind)))
		if t.Kind == catalog.KindView {
			return e.WithHint("Use DROP VIEW to remove a view.")
		}
		return e.WithHint("Use DROP TABLE to remove a table.")
	}
	return e.removeTable(ctx, t, st.Cascade, together)
}

// removeTable drops a table with what belongs to it; foreign keys of other
// tables need CASCADE.
func (e *Env) removeTable(ctx context.Context, t *catalog.Table, cascade bool, together map[catalog.ID]bool) error {
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	if _, err := e.change(ctx); err != nil {
		return err
	}
	if err := e.dropDependentViews(ctx, t, cascade); err != nil {
		return err
	}
	for _, id := range append([]catalog.ID(nil), e.Catalog.Referrers(t.ID)...) {
		if id == t.ID {
			continue
		}
		child, ok := e.Catalog.TableByID(id)
		if !ok || together[id] && !cascade {
			continue
		}
		if err := e.dropForeignKeys(child, t, 0, cascade, "table "+t.Name); err != nil {
			return err
		}
	}
	for _, q := range e.Catalog.Sequences() {
		if q.OwnerTable == t.ID {
			if err := e.edit.RemoveSequence(q); err != nil {
				return err
			}
		}
	}
	return e.edit.RemoveTable(t)
}

// dropForeignKeys removes the child's foreign keys to the parent (those that use
// index, if it is not 0), or refuses.
func (e *Env) dropForeignKeys(child, parent *catalog.Table, index catalog.ID, cascade bool, what string) error {
	c := copyTable(child)
	for _, k := range child.Constraints {
		if k.Kind != catalog.ForeignConstraint || k.RefTable != parent.ID || index != 0 && k.Index != index {
			continue
		}
		dep := fmt.Sprintf("constraint %s on table %s", k.Name, child.Name)
		if !cascade {
			return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop %s because other objects depend on it", what).
				WithDetail("%s depends on %s", dep, what).
				WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
		}
		e.notice("00000", "drop cascades to %s", dep)
		removeConstraint(c, k.ID)
	}
	return e.edit.PutTable(c)
}

// dropReferring is dropForeignKeys for every table that refers to an index.
func (e *Env) dropReferring(t *catalog.Table, index catalog.ID, cascade bool, what string) error {
	for _, id := range append([]catalog.ID(nil), e.Catalog.Referrers(t.ID)...) {
		child, ok := e.Catalog.TableByID(id)
		if !ok {
			continue
		}
		uses := false
		for _, k := range child.Constraints {
			uses = uses || k.Kind == catalog.ForeignConstraint && k.RefTable == t.ID && k.Index == index
		}
		if !uses {
			continue
		}
		if err := e.dropForeignKeys(child, t, index, cascade, what); err != nil {
			return err
		}
	}
	return nil
}

// dropDependentViews removes views that read the relation, or refuses.
func (e *Env) dropDependentViews(ctx context.Context, t *catalog.Table, cascade bool) error {
	for _, v := range e.Catalog.Tables() {
		if v.Kind != catalog.KindView || v.ID == t.ID || !e.viewReads(v, t) {
			continue
		}
		what := "table " + t.Name
		if t.Kind == catalog.KindView {
			what = "view " + t.Name
		}
		if !cascade {
			return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop %s because other objects depend on it", what).
				WithDetail("view %s depends on %s", v.Name, what).
				WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
		}
		e.notice("00000", "drop cascades to view %s", v.Name)
		if err := e.removeTable(ctx, v, true, nil); err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) viewReads(v, t *catalog.Table) bool {
	list, err := e.Parser.Parse(v.ViewSQL)
	if err != nil || len(list) != 1 {
		return false
	}
	found := false
	ast.Walk(list[0].Stmt, func(n ast.Node) bool {
		if r, ok := n.(*ast.TableRef); ok && r.Name.Name == t.Name {
			if got, err := e.table(&r.Name); err == nil && got.ID == t.ID {
				found = true
			}
		}
		return !found
	})
	return found
}

func (e *Env) dropIndex(ctx context.Context, st *ast.Drop, n *ast.QName) error {
	t, x, err := e.index(n)
	if err != nil {
		if pgerr.Code(err) == pgerrcode.UndefinedTable {
			return noObject(st.Kind, n)
		}
		return err
	}
	if x.Constraint != 0 {
		return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop index %s because constraint %s on table %s requires it", x.Name, x.Name, t.Name).
			WithHint("You can drop constraint %s on table %s instead.", x.Name, t.Name)
	}
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	if _, err := e.change(ctx); err != nil {
		return err
	}
	if x.Unique {
		if err := e.dropReferring(t, x.ID, st.Cascade, "index "+x.Name); err != nil {
			return err
		}
	}
	t, _ = e.Catalog.TableByID(t.ID)
	c := copyTable(t)
	if err := e.removeIndex(c, x.ID); err != nil {
		return err
	}
	return e.edit.PutTable(c)
}

// truncate is TRUNCATE: the tables get new, empty storage.
func (e *Env) truncate(ctx context.Context, st *ast.Truncate) error {
	var tables []*catalog.Table
	in := map[catalog.ID]bool{}
	for i := range st.Tables {
		t, err := e.baseTable(&st.Tables[i])
		if err != nil {
			return err
		}
		if !in[t.ID] {
			in[t.ID] = true
			tables = append(tables, t)
		}
	}
	for i := 0; i < len(tables); i++ {
		for _, id := range e.Catalog.Referrers(tables[i].ID) {
			child, ok := e.Catalog.TableByID(id)
			if !ok || in[id] {
				continue
			}
			if !st.Cascade {
				return pgerr.New(pgerrcode.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
					WithDetail("Table %q references %q.", child.Name, tables[i].Name).
					WithHint("Truncate table %q at the same time, or use TRUNCATE ... CASCADE.", child.Name)
			}
			e.notice("00000", "truncate cascades to table %q", child.Name)
			in[id] = true
			tables = append(tables, child)
		}
	}
	for _, t := range tables {
		if err := e.truncateTable(ctx, t, st.RestartIdentity); err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) truncateTable(ctx context.Context, t *catalog.Table, restart bool) error {
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	edit, err := e.change(ctx)
	if err != nil {
		return err
	}
	c := copyTable(t)
	if err := edit.DropTableStorage(t.Storage); err != nil {
		return err
	}
	if c.Storage, err = edit.NewID(ctx); err != nil {
		return err
	}
	for i, x := range t.Indexes {
		n := *x
		if err := edit.DropIndexStorage(x); err != nil {
			return err
		}
		if x.IsVector() {
			if n.ID, err = edit.NewID(ctx); err != nil {
				return err
			}
		}
		if n.Storage, err = edit.NewID(ctx); err != nil {
			return err
		}
		c.Indexes[i] = &n
	}
	if err := edit.PutTable(c); err != nil {
		return err
	}
	for _, x := range c.Indexes {
		if x.IsVector() {
			if err := e.Jobs.Build(ctx, e.Txn, e.Catalog, c, x); err != nil {
				return err
			}
		}
	}
	if !restart {
		return nil
	}
	for _, q := range e.Catalog.Sequences() {
		if q.OwnerTable == t.ID {
			if err := e.Seqs.Set(ctx, q, q.Start, false); err != nil {
				return err
			}
		}
	}
	return nil
}
