package session

import (
	"context"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/catalogstore"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// txState is a session's transaction: none, an implicit one that ends with the
// query message (or Sync), or a block.
type txState struct {
	session *Session
	held    map[catalog.ID]bool // databases: see databases.Hold
	block   bool                // between BEGIN and COMMIT
	failed  bool
	txn     *table.Txn  // begun by the first statement that needs it
	origin  table.Mark  // of txn, before it did anything
	view    kv.Snapshot // of read-only statements outside a block
	// catalog is as changed by the transaction; nil = the committed one. Its shared part
	// counts only if it is what was changed: see Session.Catalog.
	catalog    *catalog.Snapshot
	defining   int // definitions that are running
	iso        kv.Isolation
	isoName    string
	readOnly   bool
	deferrable bool
	began      time.Time
	saves      []savepoint
	used       bool // a statement has run
	// implicit is set while a simple query of several statements runs: much that needs a
	// block is content with it.
	implicit    bool
	opened      bool // see open
	executes    int  // of the extended protocol since the transaction began
	now         bool // commit when the statement ends: see alone
	notifies    []notification
	constraints constraintModes
	atCommit    []func()        // session state that changes with the commit
	number      uint64          // see xid; 0: nobody has asked
	auto        bool            // begun because autocommit is off, see autoBegin
	statement   *savepoint      // before the running statement, see markStatement
	exports     []string        // see exportSnapshot
	snapshot    *types.Snapshot // of the one view of REPEATABLE READ
}

type savepoint struct {
	name        string
	mark        table.Mark
	catalog     *catalog.Snapshot
	settings    int
	notifies    int
	portals     int64 // those made later end with what the savepoint undoes
	constraints constraintModes
	readOnly    bool
}

// inBlock reports whether what a statement does can be seen by a later one of the
// same transaction.
func (t *txState) inBlock() bool { return t.block || t.implicit }

// alone refuses a statement that cannot share its transaction with others, and has
// that transaction end with it.
func (t *txState) alone(statement string) error {
	switch {
	case t.inBlock():
		return pgerr.Newf(pgerrcode.ActiveSQLTransaction, "%s cannot run inside a transaction block", statement)
	case t.executes > 1:
		return pgerr.Newf(pgerrcode.ActiveSQLTransaction, "%s cannot be executed within a pipeline", statement)
	}
	t.now = true
	return nil
}

// open gives a transaction that no BEGIN opened the session's default modes, when they
// are not the usual ones.
func (t *txState) open() error {
	if t.block || t.opened || !t.session.settings.modes {
		return nil
	}
	t.opened = true
	return t.defaults()
}

// ensure begins the kv transaction if there is none.
func (t *txState) ensure(ctx context.Context) error {
	if t.txn != nil {
		return nil
	}
	return t.beginAt(ctx, 0)
}

// xid is the transaction's number, taken when it is first asked for: by the first row
// that is written, or by pg_current_xact_id().
func (t *txState) xid(ctx context.Context) (uint64, error) {
	if t.number != 0 {
		return t.number, nil
	}
	n, err := t.session.db.xids.begin(ctx, t.session)
	t.number = n
	return n, err
}

func (t *txState) noSync() bool {
	v, _ := t.session.settings.get("synchronous_commit")
	return v == "off"
}

func (t *txState) start() {
	if t.began.IsZero() {
		t.began = time.Now()
	}
}

// statementView readies the view for a statement: the transaction's, moved to now
// at READ COMMITTED; or, for a read-only statement outside a transaction, a snapshot,
// unless what it reads counts.
func (t *txState) statementView(ctx context.Context, write bool) (kv.Reader, error) {
	t.start()
	if t.txn == nil && !t.block && !write && t.iso != kv.Serializable {
		now, err := t.session.db.eng.Now(ctx)
		if err != nil {
			return nil, err
		}
		if t.view != nil && t.view.At() == now {
			return t.view, nil
		}
		t.dropView()
		t.view, err = t.session.db.eng.Snapshot(ctx, now)
		return t.view, err
	}
	fresh := t.txn == nil
	if err := t.ensure(ctx); err != nil {
		return nil, err
	}
	if !fresh && t.iso == kv.ReadCommitted && t.session.pinned == 0 && t.defining == 0 {
		if err := t.txn.Refresh(ctx); err != nil {
			return nil, err
		}
	}
	return t.txn, nil
}

// planView moves the view of an open READ COMMITTED transaction before a statement
// is planned, so that it finds what others have made since the last one.
func (t *txState) planView(ctx context.Context) error {
	if t.txn == nil || t.failed || t.iso != kv.ReadCommitted || t.session.pinned > 0 || t.defining > 0 {
		return nil
	}
	return t.txn.Refresh(ctx)
}

// follow puts the transaction's changes of the catalog on top of what others have changed
// since, as its view has it. A definition that is going on keeps to what it began with.
func (t *txState) follow() {
	if c := t.catalog; c != nil && catalogstore.Uncommitted(c.Version) && t.defining == 0 {
		t.catalog = catalogstore.Follow(c, t.session.sharedCatalog())
	}
}

func (t *txState) dropView() {
	if t.view != nil {
		_ = t.view.Close()
		t.view = nil
	}
}

// begin opens a block.
func (t *txState) begin(x *ast.TxnStmt) error {
	if t.block { // its modes count nevertheless
		t.session.warn(pgerrcode.ActiveSQLTransaction, "there is already a transaction in progress")
		return t.modes(x)
	}
	t.block = true
	t.start()
	err := t.defaults()
	if err == nil {
		err = t.modes(t.session.next)
	}
	if err == nil {
		err = t.modes(x)
	}
	t.session.next = nil
	if err != nil {
		t.block = false // no block was opened: the error ends what there was
	}
	return err
}

// refusesWrites reports a read-only transaction: one that was begun so, or that of
// a single statement where the session's default is so.
func (t *txState) refusesWrites() bool {
	return t.readOnly || !t.block && t.session.settings.bool("default_transaction_read_only")
}

// mayWrite refuses what a read-only transaction cannot do.
func (t *txState) mayWrite(what string) error {
	if t.refusesWrites() {
		return pgerr.Newf(pgerrcode.ReadOnlySQLTransaction, "cannot execute %s in a read-only transaction", what)
	}
	return nil
}

// mayWriteTo is mayWrite for a relation: temporary ones can be written always.
func (t *txState) mayWriteTo(temp bool, what string) error {
	if temp {
		return nil
	}
	return t.mayWrite(what)
}

// commit ends the transaction, block or implicit. A failed block rolls back; the
// tag tells which happened.
func (t *txState) commit(ctx context.Context) (tag string, err error) {
	if t.failed {
		t.rollback()
		return "ROLLBACK", nil
	}
	if err := t.session.checkPutOff(ctx, func(*catalog.Constraint) bool { return true }); err != nil {
		t.rollback()
		return "", err
	}
	read, err := t.session.endCursors(ctx)
	if err == nil && read {
		err = t.session.checkPutOff(ctx, func(*catalog.Constraint) bool { return true })
	}
	if err != nil {
		t.rollback()
		return "", err
	}
	if err := t.session.endTempTables(ctx); err != nil {
		t.rollback()
		return "", err
	}
	if t.txn != nil {
		if n := t.number; n != 0 {
			t.txn.AtCommit(func(at kv.TS) { t.session.db.xids.end(n, true, at) })
		}
		if _, err := t.txn.Commit(ctx); err != nil {
			t.rollback()
			return "", err
		}
	}
	t.session.keepTemp(t.catalog)
	hooks, notes := t.atCommit, t.notifies
	t.finish(true)
	for _, fn := range hooks {
		fn()
	}
	t.session.db.notify.send(notes)
	return "COMMIT", nil
}

// examine tells at the end of a statement of a serializable transaction that it cannot
// be committed any more. What a statement alone has to fear its commit tells.
func (t *txState) examine() error {
	if t.iso != kv.Serializable || t.txn == nil || !t.block {
		return nil
	}
	return t.txn.Check()
}

func (t *txState) rollback() { t.finish(false) }

// finish ends the transaction's state either way.
func (t *txState) finish(committed bool) {
	s := t.session
	s.closeTxnPortals(committed)
	t.dropView()
	t.dropExports()
	if t.txn != nil {
		_ = t.txn.Close()
	}
	if t.number != 0 {
		s.db.xids.end(t.number, committed, 0)
	}
	t.count(committed)
	s.settings.end(committed)
	s.forgetLockModes()
	s.db.advisory.releaseXact(s)
	*t = txState{session: s}
}

// fail records an error: in a block only ROLLBACK is accepted from now on; an
// implicit transaction is rolled back when its message ends.
func (t *txState) fail() {
	if t.block && !t.failed {
		to := 0
		if n := len(t.saves); n > 0 {
			to = t.saves[n-1].settings
		}
		t.session.settings.rollbackTo(min(to, len(t.session.settings.undo))) // the client's encoding is used before its end
		if t.txn != nil {
			t.giveBack()
		}
	}
	t.failed = true
}

// giveBack takes a block back to its last savepoint, or its beginning, when it fails: what
// it holds beyond that is lost whatever comes, and others need not wait until the client
// has said so.
func (t *txState) giveBack() {
	to := t.origin
	if n := len(t.saves); n > 0 {
		to = t.saves[n-1].mark
	} else {
		t.session.db.advisory.releaseXact(t.session)
	}
	_ = t.txn.RollbackTo(to) // it cannot fail; the end of the block gives back the rest
}

// savepoint sets a savepoint.
func (t *txState) savepoint(ctx context.Context, name string) error {
	if err := t.ensure(ctx); err != nil {
		return err
	}
	t.saves = append(t.saves, t.here(name))
	return nil
}

// here is a savepoint of the present state.
func (t *txState) here(name string) savepoint {
	return savepoint{
		name: name, mark: t.txn.Savepoint(), catalog: t.catalog,
		settings: len(t.session.settings.undo), notifies: len(t.notifies), portals: t.session.portalCount,
		constraints: t.constraints, readOnly: t.readOnly,
	}
}

// find returns the innermost savepoint of the name.
func (t *txState) find(name string) (int, error) {
	for i := len(t.saves) - 1; i >= 0; i-- {
		if t.saves[i].name == name {
			return i, nil
		}
	}
	return 0, pgerr.Newf(pgerrcode.InvalidSavepointSpecification, "savepoint %q does not exist", name)
}

func (t *txState) release(name string) error {
	i, err := t.find(name)
	if err != nil {
		return err
	}
	was := t.saves[i].readOnly
	t.saves = t.saves[:i]
	if t.readOnly == was {
		return nil
	}
	t.readOnly = was // as PostgreSQL: it is a subtransaction's own
	return t.session.settings.store("transaction_read_only", onOff(was), true, FromSession)
}

// rollbackTo undoes what happened since the savepoint and heals a failed block.
func (t *txState) rollbackTo(name string) error {
	i, err := t.find(name)
	if err != nil {
		return err
	}
	t.saves = t.saves[:i+1]
	return t.backTo(&t.saves[i])
}

// backTo takes the state back to a savepoint's.
func (t *txState) backTo(p *savepoint) error {
	if err := t.txn.RollbackTo(p.mark); err != nil {
		return err
	}
	t.session.closePortalsAfter(p.portals)
	t.catalog, t.failed = p.catalog, false
	t.notifies = t.notifies[:p.notifies]
	t.constraints, t.readOnly = p.constraints, p.readOnly
	t.follow()
	t.session.settings.rollbackTo(p.settings)
	return nil
}

// transaction runs BEGIN, COMMIT and the like.
func (s *Session) transaction(ctx context.Context, x *ast.TxnStmt) (tag string, err error) {
	t := &s.tx
	switch x.Kind {
	case ast.TxnBegin, ast.TxnStart:
		tag = "BEGIN"
		if x.Kind == ast.TxnStart {
			tag = "START TRANSACTION"
		}
		return tag, t.begin(x)
	case ast.TxnCommit, ast.TxnRollback:
		return s.endBlock(ctx, x)
	case ast.TxnPrepare, ast.TxnCommitPrepared, ast.TxnRollbackPrepared:
		return s.twoPhase(x)
	}
	name := map[ast.TxnKind]string{ast.TxnSavepoint: "SAVEPOINT", ast.TxnRelease: "RELEASE SAVEPOINT", ast.TxnRollbackTo: "ROLLBACK TO SAVEPOINT"}[x.Kind]
	if !t.block {
		return "", pgerr.Newf(pgerrcode.NoActiveSQLTransaction, "%s can only be used in transaction blocks", name)
	}
	switch x.Kind {
	case ast.TxnSavepoint:
		return "SAVEPOINT", t.savepoint(ctx, x.Name)
	case ast.TxnRelease:
		return "RELEASE", t.release(x.Name)
	default:
		return "ROLLBACK", t.rollbackTo(x.Name)
	}
}

func (s *Session) endBlock(ctx context.Context, x *ast.TxnStmt) (tag string, err error) {
	t := &s.tx
	if !t.block {
		if x.Chain {
			return "", pgerr.Newf(pgerrcode.NoActiveSQLTransaction, "%s AND CHAIN can only be used in transaction blocks", map[bool]string{true: "COMMIT", false: "ROLLBACK"}[x.Kind == ast.TxnCommit])
		}
		if !s.mysql() {
			s.warn(pgerrcode.NoActiveSQLTransaction, "there is no transaction in progress")
		}
	}
	iso, readOnly, deferrable := t.isoName, t.readOnly, t.deferrable
	if x.Kind == ast.TxnRollback {
		tag = "ROLLBACK"
		t.rollback()
	} else if tag, err = t.commit(ctx); err != nil {
		return "", err
	}
	if x.Chain {
		if err := t.begin(&ast.TxnStmt{Isolation: iso, ReadOnly: &readOnly, Deferrable: &deferrable}); err != nil {
			return "", err
		}
	}
	return tag, nil
}

// errFailedBlock is the answer to every statement of a failed block.
func errFailedBlock() error {
	return pgerr.New(pgerrcode.InFailedSQLTransaction,
		"current transaction is aborted, commands ignored until end of transaction block")
}
