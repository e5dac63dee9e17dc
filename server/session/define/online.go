package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Online is a vector index that is built while its table is written: Start… in a
// transaction of its own, Fill outside of any, Finish in another. What goes wrong
// after the first leaves an invalid index, as in PostgreSQL: it is not searched,
// until it is dropped or built anew.
type Online struct {
	Table, Index catalog.ID
	Replaces     catalog.ID // the index that REINDEX builds anew, 0 = none
	Command      string     // for pg_stat_progress_create_index
}

// IsOnline reports a statement that is run in several transactions.
func IsOnline(stmt ast.Stmt) bool {
	switch st := stmt.(type) {
	case *ast.CreateIndex:
		_, ok := opclass.MethodByName(st.Method)
		return st.Concurrently && ok
	case *ast.Reindex:
		return st.Concurrently
	}
	return false
}

// StartIndex stores the descriptor of a new index that nobody searches yet and has
// it get the table's changes; nil if there is such an index and may be.
func (e *Env) StartIndex(ctx context.Context, st *ast.CreateIndex) (*Online, error) {
	t, x, err := e.addIndex(ctx, st, false)
	if err != nil || x == nil {
		return nil, err
	}
	o := &Online{Table: t.ID, Index: x.ID, Command: "CREATE INDEX CONCURRENTLY"}
	return o, e.Jobs.Attach(ctx, e.Txn, e.Catalog, t, x)
}

// StartReplacement is StartIndex for an index that will take another's place.
func (e *Env) StartReplacement(ctx context.Context, table, index catalog.ID) (*Online, error) {
	t, old, err := e.ownIndex(ctx, table, index)
	if err != nil {
		return nil, err
	}
	e.change(ctx)
	x, err := e.successor(ctx, old)
	if err != nil {
		return nil, err
	}
	x.Name, x.Valid, x.Replaces = e.relationName(t.Schema, nil, old.Name, "", "ccnew"), false, old.ID
	t = copyTable(t)
	t.Indexes = append(t.Indexes, x)
	if err := e.putTable(t); err != nil {
		return nil, err
	}
	o := &Online{Table: t.ID, Index: x.ID, Replaces: old.ID, Command: "REINDEX CONCURRENTLY"}
	return o, e.Jobs.Attach(ctx, e.Txn, e.Catalog, t, x)
}

// Interrupted are the builds that the server's last run did not finish, nor give up.
func Interrupted(snap *catalog.Snapshot) (out []*Online) {
	for _, t := range snap.Tables() {
		for _, x := range t.Indexes {
			if !x.IsVector() || x.Valid || !x.Ready || t.IsPartitioned() {
				continue
			}
			o := &Online{Table: t.ID, Index: x.ID, Replaces: x.Replaces, Command: "CREATE INDEX CONCURRENTLY"}
			if o.Replaces != 0 {
				o.Command = "REINDEX CONCURRENTLY"
			}
			out = append(out, o)
		}
	}
	return out
}

// Fill builds the index; the transaction of Start has committed.
func (e *Env) Fill(ctx context.Context, o *Online) error {
	t, x, err := e.present(o.Table, o.Index)
	if err != nil {
		return err
	}
	e.Jobs.Command = o.Command
	return e.Jobs.Fill(ctx, e.Catalog, t, x)
}

// Finish lets searches use the index, in the place of the one that it replaces.
func (e *Env) Finish(ctx context.Context, o *Online) error {
	t, x, err := e.ownIndex(ctx, o.Table, o.Index)
	if err != nil {
		return err
	}
	e.change(ctx)
	t = copyTable(t)
	valid := *x
	valid.Valid, valid.Replaces = true, 0
	if o.Replaces != 0 {
		old := t.Index(o.Replaces)
		if old == nil {
			return gone()
		}
		valid.Name, valid.Comment = old.Name, old.Comment
		if err := e.removeIndex(t, old.ID); err != nil {
			return err
		}
	}
	replaceIndex(t, &valid)
	return e.putTable(t)
}

// Abandon leaves an index that could not be filled invalid, and has writers
// forget it: what an expression refuses must not be refused for its sake.
func (e *Env) Abandon(ctx context.Context, o *Online) error {
	t, x, err := e.ownIndex(ctx, o.Table, o.Index)
	if err != nil {
		return err
	}
	e.change(ctx)
	t = copyTable(t)
	idle := *x
	idle.Ready, idle.Replaces = false, 0
	replaceIndex(t, &idle)
	return e.putTable(t)
}

// replaceIndex puts an index in the place of that with its ID.
func replaceIndex(t *catalog.Table, x *catalog.Index) {
	for i := range t.Indexes {
		if t.Indexes[i].ID == x.ID {
			t.Indexes[i] = x
		}
	}
}

// ownIndex finds an index with its table's lock held exclusively.
func (e *Env) ownIndex(ctx context.Context, table, index catalog.ID) (*catalog.Table, *catalog.Index, error) {
	t, ok := e.Catalog.TableByID(table)
	if !ok {
		return nil, nil, gone()
	}
	if err := e.Txn.OwnTable(ctx, table, t.Storage); err != nil {
		return nil, nil, err
	}
	return e.present(table, index)
}

// present finds an index that may have been dropped meanwhile.
func (e *Env) present(table, index catalog.ID) (*catalog.Table, *catalog.Index, error) {
	if t, ok := e.Catalog.TableByID(table); ok {
		if x := t.Index(index); x != nil {
			return t, x, nil
		}
	}
	return nil, nil, gone()
}

func gone() error {
	return pgerr.New(pgerrcode.UndefinedObject, "the index was dropped while it was built")
}
