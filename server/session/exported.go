package session

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// exportedViews are the views that transactions have lent to others, by the names that
// pg_export_snapshot() gave them. Each is held open until its transaction ends.
type exportedViews struct {
	mu    sync.Mutex
	count uint32
	open  map[string]exportedView
}

type exportedView struct {
	snap         kv.Snapshot
	serializable bool
}

// exportSnapshot lends the running statement's view and names it.
func (t *txState) exportSnapshot() (string, error) {
	if len(t.saves) > 0 {
		return "", pgerr.New(pgerrcode.ActiveSQLTransaction, "cannot export a snapshot from a subtransaction")
	}
	d := t.session.db
	at := kv.TS(0)
	switch {
	case t.txn != nil:
		at = t.txn.At()
	case t.view != nil:
		at = t.view.At()
	}
	snap, err := d.eng.Snapshot(context.Background(), at)
	if err != nil {
		return "", err
	}
	v := &d.exported
	v.mu.Lock()
	defer v.mu.Unlock()
	v.count++
	name := fmt.Sprintf("%08X-%08X-1", t.session.pid, v.count)
	if v.open == nil {
		v.open = map[string]exportedView{}
	}
	v.open[name] = exportedView{snap, t.iso == kv.Serializable}
	t.exports = append(t.exports, name)
	return name, nil
}

// dropExports ends what the transaction has lent; who has begun with it keeps it.
func (t *txState) dropExports() {
	if t.exports == nil {
		return
	}
	v := &t.session.db.exported
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, name := range t.exports {
		_ = v.open[name].snap.Close()
		delete(v.open, name)
	}
	t.exports = nil
}

// importSnapshot begins the transaction with a view that another has lent.
func (t *txState) importSnapshot(name string) error {
	switch {
	case t.used || t.txn != nil:
		return pgerr.New(pgerrcode.ActiveSQLTransaction, "SET TRANSACTION SNAPSHOT must be called before any query")
	case t.iso == kv.ReadCommitted:
		return pgerr.New(pgerrcode.FeatureNotSupported, "a snapshot-importing transaction must have isolation level SERIALIZABLE or REPEATABLE READ")
	}
	if t.session.db.lentElsewhere(name) {
		return pgerr.New(pgerrcode.FeatureNotSupported, "cannot import a snapshot from a different database")
	}
	v := &t.session.db.exported
	v.mu.Lock()
	defer v.mu.Unlock()
	x, ok := v.open[name]
	switch {
	case !ok:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid snapshot identifier: \"%s\"", name)
	case t.iso == kv.Serializable && !x.serializable:
		return pgerr.New(pgerrcode.FeatureNotSupported, "a serializable transaction cannot import a snapshot from a non-serializable transaction")
	case t.iso == kv.Serializable:
		return pgerr.NotSupported(-1, "SET TRANSACTION SNAPSHOT is not supported at SERIALIZABLE")
	}
	t.used = true
	return t.beginAt(context.Background(), x.snap.At())
}

// lentElsewhere reports that a transaction in another database has lent the view.
func (d *Database) lentElsewhere(name string) bool {
	for _, o := range d.c.opened() {
		o.exported.mu.Lock()
		_, ok := o.exported.open[name]
		o.exported.mu.Unlock()
		if ok && o != d {
			return true
		}
	}
	return false
}

// beginAt begins the kv transaction with a view; 0: now.
func (t *txState) beginAt(ctx context.Context, view kv.TS) error {
	t.dropView()
	txn, err := table.Begin(ctx, t.session.db.eng, kv.TxnOptions{
		Isolation: t.iso, ReadOnly: t.readOnly && t.session.temp.layer == nil, NoSync: t.noSync(), By: &t.session.waiting,
		Deferrable: t.deferrable && t.readOnly, View: view,
	}, t.session.db.vectors)
	if err != nil {
		return err
	}
	txn.UseCache(t.session.db.rows)
	txn.UseColumns(t.session.db.columns)
	txn.CountChanges(&t.session.db.activity)
	txn.CountUse(&t.session.db.usage)
	txn.NumberBy(t.xid)
	txn.Follow(t.follow)
	t.txn, t.origin = txn, txn.Savepoint()
	t.start()
	if t.iso == kv.ReadCommitted {
		return nil
	}
	if shown, err := t.session.db.xids.snapshot(ctx, txn.At(), t.number); err == nil { // who asks is told of an error
		t.snapshot = &shown
	}
	return nil
}
