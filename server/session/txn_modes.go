package session

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// Transaction modes: isolation level, read-only, deferrable. Each is a setting, too,
// that is local to the transaction, and has a default for later transactions.

// transactionModes are the settings of the running transaction's modes, with what
// SET … TO DEFAULT makes of them.
var transactionModes = map[string]string{
	"transaction_isolation": "read committed", "transaction_read_only": "off", "transaction_deferrable": "off",
}

// defaults takes the session's default transaction modes.
func (t *txState) defaults() error {
	s := t.session
	iso, _ := s.settings.get("default_transaction_isolation")
	if err := t.isolation(iso); err != nil {
		return err
	}
	if err := t.access(s.settings.bool("default_transaction_read_only")); err != nil {
		return err
	}
	if d := s.settings.bool("default_transaction_deferrable"); d != t.deferrable {
		return t.storeDeferrable(d)
	}
	return nil
}

func (t *txState) modes(x *ast.TxnStmt) error {
	if x == nil {
		return nil
	}
	if x.Snapshot != nil {
		return t.importSnapshot(*x.Snapshot)
	}
	if x.Isolation != "" {
		if err := t.isolation(x.Isolation); err != nil {
			return err
		}
	}
	if x.ReadOnly != nil {
		if err := t.access(*x.ReadOnly); err != nil {
			return err
		}
	}
	if x.Deferrable != nil {
		return t.deferring(*x.Deferrable)
	}
	return nil
}

// setMode sets a mode by its setting's name.
func (t *txState) setMode(name, value string) error {
	value, err := t.session.settings.canonical(byName[name], value)
	switch {
	case err != nil:
		return err
	case name == "transaction_isolation":
		return t.isolation(value)
	case name == "transaction_read_only":
		return t.access(value == "on")
	}
	return t.deferring(value == "on")
}

var isolationLevels = map[string]kv.Isolation{
	"read uncommitted": kv.ReadCommitted, "read committed": kv.ReadCommitted,
	"repeatable read": kv.RepeatableRead, "serializable": kv.Serializable,
}

func (t *txState) isolation(name string) error {
	want := isolationLevels[name]
	if want != t.iso {
		switch {
		case t.used:
			return errIsolationTooLate()
		case len(t.saves) > 0:
			return pgerr.New(pgerrcode.ActiveSQLTransaction, "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction")
		case t.txn != nil: // a savepoint that is gone again has begun it
			_ = t.txn.Close()
			t.txn, t.snapshot = nil, nil
		}
	}
	t.iso, t.isoName = want, name
	return t.session.settings.store("transaction_isolation", name, true, FromSession)
}

func (t *txState) access(readOnly bool) error {
	if t.readOnly && !readOnly {
		switch {
		case len(t.saves) > 0:
			return pgerr.New(pgerrcode.ActiveSQLTransaction, "cannot set transaction read-write mode inside a read-only transaction")
		case t.used:
			return errReadWriteTooLate()
		}
	}
	t.readOnly = readOnly
	return t.session.settings.store("transaction_read_only", onOff(readOnly), true, FromSession)
}

func (t *txState) deferring(deferrable bool) error {
	switch {
	case len(t.saves) > 0:
		return pgerr.New(pgerrcode.ActiveSQLTransaction, "SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction")
	case t.used:
		return errDeferrableTooLate()
	}
	return t.storeDeferrable(deferrable)
}

func (t *txState) storeDeferrable(deferrable bool) error {
	t.deferrable = deferrable
	return t.session.settings.store("transaction_deferrable", onOff(deferrable), true, FromSession)
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func errIsolationTooLate() error {
	return pgerr.New(pgerrcode.ActiveSQLTransaction, "SET TRANSACTION ISOLATION LEVEL must be called before any query")
}

func errReadWriteTooLate() error {
	return pgerr.New(pgerrcode.ActiveSQLTransaction, "transaction read-write mode must be set before any query")
}

func errDeferrableTooLate() error {
	return pgerr.New(pgerrcode.ActiveSQLTransaction, "SET TRANSACTION [NOT] DEFERRABLE must be called before any query")
}
