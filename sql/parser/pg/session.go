package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// sessionStmt converts transactions, settings, prepared statements and
// notifications; nil when n is something else.
func (c *conv) sessionStmt(n *pgast.Node) ast.Stmt {
	switch v := n.Node.(type) {
	case *pgast.Node_TransactionStmt:
		return c.transaction(v.TransactionStmt)
	case *pgast.Node_VariableSetStmt:
		return c.set(v.VariableSetStmt)
	case *pgast.Node_VariableShowStmt:
		return &ast.Show{At: c.here(), Name: v.VariableShowStmt.Name}
	case *pgast.Node_PrepareStmt:
		p := v.PrepareStmt
		out := &ast.Prepare{At: c.here(), Name: p.Name, Stmt: c.dml(p.Query)}
		for _, t := range p.Argtypes {
			out.Types = append(out.Types, c.typeName(t.GetTypeName()))
		}
		return out
	case *pgast.Node_ExecuteStmt:
		return &ast.Execute{At: c.here(), Name: v.ExecuteStmt.Name, Args: c.exprs(v.ExecuteStmt.Params)}
	case *pgast.Node_DeallocateStmt:
		return &ast.Deallocate{At: c.here(), Name: v.DeallocateStmt.Name}
	case *pgast.Node_ListenStmt:
		return &ast.Listen{At: c.here(), Kind: "LISTEN", Channel: v.ListenStmt.Conditionname}
	case *pgast.Node_UnlistenStmt:
		return &ast.Listen{At: c.here(), Kind: "UNLISTEN", Channel: v.UnlistenStmt.Conditionname}
	case *pgast.Node_NotifyStmt:
		return &ast.Listen{At: c.here(), Kind: "NOTIFY", Channel: v.NotifyStmt.Conditionname, Payload: v.NotifyStmt.Payload}
	case *pgast.Node_ConstraintsSetStmt:
		s := v.ConstraintsSetStmt
		out := &ast.SetConstraints{At: c.here(), Deferred: s.Deferred}
		if len(s.Constraints) > 0 {
			out.Names = c.relnames(s.Constraints)
		}
		return out
	case *pgast.Node_DiscardStmt:
		return c.discard(v.DiscardStmt)
	case *pgast.Node_CheckPointStmt:
		return &ast.Checkpoint{At: c.here()}
	case *pgast.Node_SecLabelStmt:
		return &ast.SecurityLabel{At: c.here(), Provider: v.SecLabelStmt.Provider}
	case *pgast.Node_LoadStmt:
		return &ast.Load{At: c.here(), File: v.LoadStmt.Filename}
	}
	return nil
}

func (c *conv) discard(s *pgast.DiscardStmt) ast.Stmt {
	out := &ast.Discard{At: c.here()}
	switch s.Target {
	case pgast.DiscardMode_DISCARD_ALL:
		out.What = "ALL"
	case pgast.DiscardMode_DISCARD_PLANS:
		out.What = "PLANS"
	case pgast.DiscardMode_DISCARD_SEQUENCES:
		out.What = "SEQUENCES"
	case pgast.DiscardMode_DISCARD_TEMP:
		out.What = "TEMP"
	default:
		c.fail(int32(c.stmtPos), "unknown DISCARD target")
	}
	return out
}

var txnKinds = map[pgast.TransactionStmtKind]ast.TxnKind{
	pgast.TransactionStmtKind_TRANS_STMT_BEGIN:             ast.TxnBegin,
	pgast.TransactionStmtKind_TRANS_STMT_START:             ast.TxnStart,
	pgast.TransactionStmtKind_TRANS_STMT_COMMIT:            ast.TxnCommit,
	pgast.TransactionStmtKind_TRANS_STMT_ROLLBACK:          ast.TxnRollback,
	pgast.TransactionStmtKind_TRANS_STMT_SAVEPOINT:         ast.TxnSavepoint,
	pgast.TransactionStmtKind_TRANS_STMT_RELEASE:           ast.TxnRelease,
	pgast.TransactionStmtKind_TRANS_STMT_ROLLBACK_TO:       ast.TxnRollbackTo,
	pgast.TransactionStmtKind_TRANS_STMT_PREPARE:           ast.TxnPrepare,
	pgast.TransactionStmtKind_TRANS_STMT_COMMIT_PREPARED:   ast.TxnCommitPrepared,
	pgast.TransactionStmtKind_TRANS_STMT_ROLLBACK_PREPARED: ast.TxnRollbackPrepared,
}

func (c *conv) transaction(s *pgast.TransactionStmt) ast.Stmt {
	kind, ok := txnKinds[s.Kind]
	if !ok {
		c.fail(s.Location, "unknown transaction statement")
	}
	out := &ast.TxnStmt{At: c.here(), Kind: kind, Name: s.SavepointName, Chain: s.Chain}
	if s.Gid != "" {
		out.Name = s.Gid
	}
	c.txnModes(s.Options, out)
	return out
}

// txnModes reads ISOLATION LEVEL, READ ONLY and DEFERRABLE.
func (c *conv) txnModes(list []*pgast.Node, out *ast.TxnStmt) {
	for _, n := range list {
		d := n.GetDefElem()
		k := c.litOf(d.Arg, d.Location)
		on := k.Int != 0
		switch d.Defname {
		case "transaction_isolation":
			out.Isolation = k.Text
		case "transaction_read_only":
			out.ReadOnly = &on
		case "transaction_deferrable":
			out.Deferrable = &on
		default:
			c.fail(d.Location, "unknown transaction mode %s", d.Defname)
		}
	}
}

func (c *conv) set(s *pgast.VariableSetStmt) *ast.Set {
	out := &ast.Set{At: c.here(), Name: s.Name, Local: s.IsLocal}
	switch s.Kind {
	case pgast.VariableSetKind_VAR_SET_VALUE:
		out.Values = c.exprs(s.Args)
	case pgast.VariableSetKind_VAR_SET_DEFAULT:
	case pgast.VariableSetKind_VAR_RESET:
		out.Reset = true
	case pgast.VariableSetKind_VAR_RESET_ALL:
		out.Reset, out.Name = true, "all"
	case pgast.VariableSetKind_VAR_SET_MULTI:
		out.Txn = &ast.TxnStmt{At: c.here()}
		switch s.Name {
		case "TRANSACTION":
			out.Name = "transaction"
		case "TRANSACTION SNAPSHOT":
			out.Name = "transaction"
			id := c.litOf(s.Args[0], s.Location).Text
			out.Txn.Snapshot = &id
			return out
		case "SESSION CHARACTERISTICS":
			out.Name = "session characteristics"
		default:
			c.fail(s.Location, "SET %s is not supported", s.Name)
		}
		c.txnModes(s.Args, out.Txn)
	case pgast.VariableSetKind_VAR_SET_CURRENT:
		out.Current = true
	default:
		c.fail(s.Location, "unknown form of SET")
	}
	return out
}
