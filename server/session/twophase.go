package session

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// twoPhase answers as a server with max_prepared_transactions = 0: transactions cannot be
// prepared, so none is. Who tries has the transaction ended.
func (s *Session) twoPhase(x *ast.TxnStmt) (tag string, err error) {
	t := &s.tx
	switch x.Kind {
	case ast.TxnCommitPrepared:
		err = t.alone("COMMIT PREPARED")
	case ast.TxnRollbackPrepared:
		err = t.alone("ROLLBACK PREPARED")
	default:
		if !t.block {
			s.warn(pgerrcode.NoActiveSQLTransaction, "there is no transaction in progress")
			return "ROLLBACK", nil
		}
		failed := t.failed
		t.rollback()
		if failed {
			return "ROLLBACK", nil
		}
		return "", pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "prepared transactions are disabled").
			WithHint("Set max_prepared_transactions to a nonzero value.")
	}
	if err != nil {
		return "", err
	}
	return "", pgerr.Newf(pgerrcode.UndefinedObject, "prepared transaction with identifier \"%s\" does not exist", x.Name)
}
